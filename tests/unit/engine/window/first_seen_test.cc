#include "engine/window/first_seen.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <vector>

#include "tests/testing/random.h"

namespace tocsin {
namespace {

TEST(FirstSeenTest, IsNewAgainOneMicrosecondBeyondTheSpan) {
  FirstSeen window(10);
  BlockPool pool;
  std::uint64_t word = 0;
  EXPECT_TRUE(window.Arrive(100, 100, &word, &pool));
  EXPECT_FALSE(window.Arrive(110, 110, &word, &pool));
  EXPECT_TRUE(window.Arrive(121, 121, &word, &pool));
}

TEST(FirstSeenTest, LooksBothWaysInTime) {
  FirstSeen window(10);
  BlockPool pool;
  std::uint64_t word = 0;
  EXPECT_TRUE(window.Arrive(100, 50, &word, &pool));
  EXPECT_FALSE(window.Arrive(90, 50, &word, &pool));
  EXPECT_TRUE(window.Arrive(79, 50, &word, &pool));
  EXPECT_FALSE(window.Arrive(69, 50, &word, &pool));
}

// Against every occurrence that arrived, in any order within the lateness.
TEST(FirstSeenTest, AgreesWithKeepingEverything) {
  testing::Random random(7);
  for (int run = 0; run < 2'000; ++run) {
    const std::int64_t span = 1 + random.Below(8);
    const std::int64_t lateness = random.Below(20);
    FirstSeen window(span);
    BlockPool pool;
    std::uint64_t word = 0;
    std::vector<std::int64_t> seen;
    std::int64_t latest = 100;
    for (int i = 0; i < 40; ++i) {
      const std::int64_t clock = latest - lateness;
      const std::int64_t time =
          clock + static_cast<std::int64_t>(random.Below(lateness + 12));
      latest = std::max(latest, time);
      const std::int64_t now = std::max(clock, latest - lateness);
      bool expected = true;
      for (const std::int64_t other : seen) {
        if (std::abs(other - time) <= span) expected = false;
      }
      seen.push_back(time);
      ASSERT_EQ(window.Arrive(time, now, &word, &pool), expected)
          << "run " << run << " event " << i << " at " << time << " span "
          << span << " lateness " << lateness;
      std::string bytes;
      window.Save(word, &pool, &bytes);
      std::string_view rest = bytes;
      std::uint64_t again = 0;
      ASSERT_TRUE(window.Load(&rest, &pool, &again));
      window.Free(word, &pool);
      word = again;
    }
  }
}

}  // namespace
}  // namespace tocsin
