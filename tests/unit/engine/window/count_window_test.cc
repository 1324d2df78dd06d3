#include "engine/window/count_window.h"

#include <algorithm>
#include <random>

#include "engine/base/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/engine/window/brute_window.h"

namespace tocsin {
namespace {

using testing::BruteWindow;

constexpr std::int64_t kSecond = 1'000'000;

WindowSpec Count(std::uint64_t threshold, std::int64_t span) {
  WindowSpec spec;
  spec.aggregates.push_back({false, threshold});
  spec.span_us = span;
  return spec;
}

// One key fed in order of arrival; its clock is the latest time less lateness.
class OneKey {
 public:
  OneKey(std::uint64_t threshold, std::int64_t span, std::int64_t lateness)
      : window_(Count(threshold, span)), lateness_(lateness) {}

  bool Arrive(std::int64_t time) {
    latest_ = std::max(latest_, time);
    return window_.Arrive(time, latest_ - lateness_, &word_, &pool_,
                          &evidence_);
  }
  // Times at which the events that complete arrive.
  std::vector<std::int64_t> Fired(const std::vector<std::int64_t>& times) {
    std::vector<std::int64_t> fired;
    for (const std::int64_t time : times) {
      if (Arrive(time)) fired.push_back(time);
    }
    return fired;
  }
  const Evidence& evidence() const { return evidence_; }
  std::size_t kept() { return window_.Kept(word_, &pool_).size(); }
  std::int64_t clock() const { return latest_ - lateness_; }

  // Through the bytes of a checkpoint.
  void Restart() {
    std::string bytes;
    window_.Save(word_, &pool_, &bytes);
    window_.Free(word_, &pool_);
    std::string_view rest = bytes;
    ASSERT_TRUE(window_.Load(&rest, &pool_, &word_));
    ASSERT_TRUE(rest.empty());
  }

 private:
  CountWindow window_;
  std::int64_t lateness_;
  std::int64_t latest_ = INT64_MIN / 2;
  std::uint64_t word_ = 0;
  BlockPool pool_;
  Evidence evidence_;
};

TEST(CountWindowTest, FiresAtBothEndsOfAGapThatALastEventRingWouldForget) {
  OneKey key(2, 3 * kSecond, 10 * kSecond);

  EXPECT_THAT(key.Fired({0, 5 * kSecond, 7 * kSecond, 0}),
              ::testing::ElementsAre(7 * kSecond, 0));
}

// The same with a block that is full and so has been thinned.
TEST(CountWindowTest, FiresAtBothEndsOfAGapAfterThinning) {
  OneKey key(2, 3 * kSecond, 10 * kSecond);

  EXPECT_THAT(key.Fired({-8 * kSecond, 0, 5 * kSecond, 7 * kSecond, 0}),
              ::testing::ElementsAre(7 * kSecond, 0));
}

TEST(CountWindowTest, SpansAreClosed) {
  OneKey inside(2, 3 * kSecond, 0);
  OneKey outside(2, 3 * kSecond, 0);

  EXPECT_THAT(inside.Fired({0, 3 * kSecond}),
              ::testing::ElementsAre(3 * kSecond));
  EXPECT_THAT(outside.Fired({0, 3 * kSecond + 1}), ::testing::IsEmpty());
}

TEST(CountWindowTest, EvidenceInTimeOrderIsTheLatestN) {
  OneKey key(3, 60 * kSecond, 5 * kSecond);

  key.Fired({0, 10 * kSecond, 20 * kSecond, 30 * kSecond});

  EXPECT_EQ(key.evidence().first_us, 10 * kSecond);
  EXPECT_EQ(key.evidence().last_us, 30 * kSecond);
  EXPECT_EQ(key.evidence().count, 3u);
}

TEST(CountWindowTest, EvidenceOfALateArrivalEndsAsEarlyAsItCan) {
  OneKey key(3, 10 * kSecond, 60 * kSecond);

  EXPECT_THAT(key.Fired({0, 8 * kSecond, 9 * kSecond, 10 * kSecond}),
              ::testing::ElementsAre(9 * kSecond, 10 * kSecond));
  EXPECT_TRUE(key.Arrive(1 * kSecond));
  EXPECT_EQ(key.evidence().first_us, 0);
  EXPECT_EQ(key.evidence().last_us, 8 * kSecond);
}

TEST(CountWindowTest, EveryEventCompletesACountOfOne) {
  OneKey key(1, 0, 0);

  EXPECT_THAT(key.Fired({5, 5, 7}), ::testing::ElementsAre(5, 5, 7));
}

TEST(CountWindowTest, TimesBefore1970AndFarApartAreKeptExactly) {
  constexpr std::int64_t kYear = 365LL * 86'400 * kSecond;
  OneKey key(3, 400 * kYear, 0);

  EXPECT_THAT(key.Fired({-300 * kYear, -1, 90 * kYear}),
              ::testing::ElementsAre(90 * kYear));
  EXPECT_EQ(key.evidence().first_us, -300 * kYear);
}

// 12,000 random streams: every decision and, in time order, the evidence are
// those of a window that keeps everything; also through restarts.
TEST(CountWindowTest, DecidesAsIfItKeptEverythingForAnyOrderWithinLateness) {
  std::mt19937_64 random(11);
  std::size_t decisions = 0;
  for (int stream = 0; stream < 12'000; ++stream) {
    SCOPED_TRACE(stream);
    const testing::Disorder disorder = testing::RandomDisorder(random);
    const std::uint64_t threshold = 2 + random() % 4;
    OneKey key(threshold, disorder.span, disorder.lateness);
    BruteWindow brute(Count(threshold, disorder.span));
    std::int64_t latest = INT64_MIN;
    for (const std::int64_t time : testing::RandomArrivals(
             random, disorder.lateness, 10 + random() % 50)) {
      const bool in_order = time >= latest;
      latest = std::max(latest, time);
      const std::optional<Evidence> expected = brute.Arrive(time, {{0, 0}});
      ASSERT_EQ(key.Arrive(time), expected.has_value()) << time;
      if (expected && in_order) {
        ASSERT_EQ(key.evidence().first_us, expected->first_us);
        ASSERT_EQ(key.evidence().last_us, expected->last_us);
      }
      if (random() % 16 == 0) key.Restart();
      ++decisions;
    }
  }
  EXPECT_GT(decisions, 300'000u);
}

TEST(CountWindowTest, KeepsAtMostAThirdMoreThanTheBound) {
  std::mt19937_64 random(5);
  for (int stream = 0; stream < 2'000; ++stream) {
    const testing::Disorder disorder = testing::RandomDisorder(random);
    const std::uint64_t threshold = 2 + random() % 20;
    OneKey key(threshold, disorder.span, disorder.lateness);
    std::size_t peak = 0;
    for (const std::int64_t time :
         testing::RandomArrivals(random, disorder.lateness, 400)) {
      key.Arrive(time);
      peak = std::max(peak, key.kept());
    }
    const std::size_t cells =
        disorder.lateness <= disorder.span
            ? 1
            : 1 + (disorder.lateness + disorder.span - 1) / disorder.span;
    const std::size_t bound = (threshold - 1) * (1 + 2 * cells);
    EXPECT_LE(peak, bound * 2 + 8) << threshold;
  }
}

TEST(CountWindowTest, AKeySeenOnceNeedsNoBlock) {
  CountWindow window(Count(10, 60 * kSecond));
  BlockPool pool;
  std::uint64_t word = 0;
  Evidence evidence;

  EXPECT_FALSE(window.Arrive(7, 0, &word, &pool, &evidence));

  EXPECT_EQ(pool.bytes(), 0u);
  EXPECT_EQ(window.Newest(word, &pool), 7);
  EXPECT_EQ(window.Progress(word, &pool), 1u);
}

// At the limit nothing is settled early, one past it something is.
class ZoneLimitTest : public ::testing::TestWithParam<std::size_t> {};

TEST_P(ZoneLimitTest, PastItTheOldestAreSettledEarlyAndCounted) {
  CountWindow window(Count(2, 1));
  BlockPool pool;
  std::uint64_t word = 0;
  Evidence evidence;
  // Too far apart to combine or to be thinned, all above the clock.
  for (std::size_t i = 0; i < 4 * GetParam(); ++i) {
    window.Arrive(static_cast<std::int64_t>(10 * i), -1, &word, &pool,
                  &evidence);
  }

  EXPECT_EQ(window.settled_early() > 0, GetParam() > limits::kZoneEvents / 4);
}

INSTANTIATE_TEST_SUITE_P(AtAndPast, ZoneLimitTest,
                         ::testing::Values(limits::kZoneEvents / 4,
                                           limits::kZoneEvents / 2));

TEST(CountWindowTest, DamagedBytesAreRefused) {
  CountWindow window(Count(3, 10));
  BlockPool pool;
  std::uint64_t word = 0;
  Evidence evidence;
  for (const std::int64_t time : {1, 2, 3, 4}) {
    window.Arrive(time, 0, &word, &pool, &evidence);
  }
  std::string bytes;
  window.Save(word, &pool, &bytes);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    std::string_view rest = std::string_view(bytes).substr(0, size);
    std::uint64_t loaded = 0;
    EXPECT_FALSE(window.Load(&rest, &pool, &loaded)) << size;
  }
}

}  // namespace
}  // namespace tocsin
