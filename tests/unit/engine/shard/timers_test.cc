// The wheel against a sorted list, deadlines coming and going.
#include "engine/shard/timers.h"

#include <cstdint>
#include <limits>
#include <random>
#include <set>
#include <tuple>

#include "gtest/gtest.h"

namespace tocsin {
namespace {

constexpr std::int64_t kLongAgo = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

using Order = std::tuple<std::int64_t, std::int64_t, Timer::What, std::uint64_t,
                         std::uint32_t, std::uint64_t>;

Order OrderOf(const Timer& timer) {
  return {timer.due_us, timer.deadline_us, timer.what,
          timer.setter, timer.rule,        timer.key};
}

Timer Due(std::int64_t due, std::uint64_t key) {
  return {due, due, 0, Timer::What::kHold, 0, key};
}

TEST(TimersTest, GivesThemInTheirOrderWhateverIsSetMeanwhile) {
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    std::mt19937_64 random(seed);
    Timers timers;
    std::multiset<Order> expected;
    std::int64_t now = static_cast<std::int64_t>(random() >> 20) - (1LL << 43);
    for (int i = 0; i < 3'000; ++i) {
      if (!expected.empty() && random() % 5 < 2) {
        ASSERT_EQ(timers.next_us(), std::get<0>(*expected.begin()));
        const Timer timer = timers.Take();
        ASSERT_EQ(OrderOf(timer), *expected.begin()) << "seed " << seed;
        expected.erase(expected.begin());
        now = std::max(now, timer.due_us);
      } else {
        // Near and far ones, equal ones, and some for a time that has passed.
        const std::int64_t away =
            static_cast<std::int64_t>(random() % (1ull << random() % 45)) - 8;
        const Timer timer{now + away,
                          now,
                          random() % 3,
                          static_cast<Timer::What>(random() % 3),
                          static_cast<std::uint32_t>(random() % 3),
                          random() % 3};
        timers.Set(timer);
        expected.insert(OrderOf(timer));
      }
      ASSERT_EQ(timers.size(), expected.size());
    }
    while (!expected.empty()) {
      ASSERT_EQ(OrderOf(timers.Take()), *expected.begin());
      expected.erase(expected.begin());
    }
    EXPECT_EQ(timers.next_us(), kNever);
  }
}

TEST(TimersTest, TheEndsOfTimeAreTimesToo) {
  Timers timers;
  for (const std::int64_t due :
       {kNever, std::int64_t{0}, kLongAgo, std::int64_t{-1}, kNever - 1}) {
    timers.Set(Due(due, 1));
  }
  for (const std::int64_t due :
       {kLongAgo, std::int64_t{-1}, std::int64_t{0}, kNever - 1, kNever}) {
    EXPECT_EQ(timers.next_us(), due);
    EXPECT_EQ(timers.Take().due_us, due);
  }
}

TEST(TimersTest, ForgetsWhatIsNotCurrentAndKeepsTheRest) {
  Timers timers;
  for (std::int64_t i = 0; i < 1'000; ++i) {
    timers.Set(Due(i * 1'000'003, static_cast<std::uint64_t>(i)));
  }
  timers.Take();
  timers.Compact([](const Timer& timer) { return timer.key % 10 == 7; });
  EXPECT_EQ(timers.size(), 100u);
  for (std::uint64_t key = 7; key < 1'000; key += 10) {
    EXPECT_EQ(timers.Take().key, key);
  }
  EXPECT_EQ(timers.size(), 0u);
}

}  // namespace
}  // namespace tocsin
