#include "engine/window/joint_window.h"

#include <algorithm>
#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/engine/window/brute_window.h"

namespace tocsin {
namespace {

using testing::BruteWindow;

constexpr std::int64_t kSecond = 1'000'000;

std::uint64_t Value(std::uint64_t v) { return (v + 1) << 40; }

// One key fed in order of arrival.
class OneKey {
 public:
  OneKey(WindowSpec spec, std::int64_t lateness)
      : window_(std::move(spec)), lateness_(lateness) {}

  bool Arrive(std::int64_t time, const std::vector<Contribution>& adds) {
    latest_ = std::max(latest_, time);
    return window_.Arrive(time, latest_ - lateness_, adds, &word_, &pool_,
                          &evidence_);
  }
  const Evidence& evidence() const { return evidence_; }
  std::size_t kept() { return window_.Size(word_, &pool_); }
  void Restart() {
    std::string bytes;
    window_.Save(word_, &pool_, &bytes);
    window_.Free(word_, &pool_);
    std::string_view rest = bytes;
    ASSERT_TRUE(window_.Load(&rest, &pool_, &word_));
  }

 private:
  JointWindow window_;
  std::int64_t lateness_;
  std::int64_t latest_ = INT64_MIN / 2;
  std::uint64_t word_ = 0;
  BlockPool pool_;
  Evidence evidence_;
};

TEST(JointWindowTest, CountsDifferentValuesOnly) {
  OneKey key({{{true, 3}}, 10 * kSecond}, 0);

  EXPECT_FALSE(key.Arrive(0, {{0, Value(1)}}));
  EXPECT_FALSE(key.Arrive(1 * kSecond, {{0, Value(1)}}));
  EXPECT_FALSE(key.Arrive(2 * kSecond, {{0, Value(2)}}));
  EXPECT_TRUE(key.Arrive(11 * kSecond, {{0, Value(3)}}));

  EXPECT_EQ(key.evidence().first_us, 1 * kSecond);
  EXPECT_EQ(key.evidence().count, 3u);
}

TEST(JointWindowTest, AListCountsEachElementAndTheEventIsWholeInTheEvidence) {
  OneKey key({{{true, 3}}, 10 * kSecond}, 0);

  EXPECT_TRUE(key.Arrive(
      0, {{0, Value(1)}, {0, Value(2)}, {0, Value(3)}, {0, Value(4)}}));

  EXPECT_EQ(key.evidence().count, 4u);
  EXPECT_EQ(key.evidence().events, 1u);
}

TEST(JointWindowTest, JoinedAggregatesMustStandInOneSpan) {
  const WindowSpec spec{{{false, 3}, {true, 2}}, 10 * kSecond};
  OneKey apart(spec, 0);
  EXPECT_FALSE(apart.Arrive(0, {{0, 0}, {1, Value(1)}}));
  EXPECT_FALSE(apart.Arrive(8 * kSecond, {{0, 0}, {1, Value(2)}}));
  EXPECT_FALSE(apart.Arrive(12 * kSecond, {{0, 0}, {1, Value(2)}}));

  EXPECT_FALSE(apart.Arrive(13 * kSecond, {{0, 0}, {1, Value(2)}}));
  EXPECT_TRUE(apart.Arrive(14 * kSecond, {{0, 0}, {1, Value(1)}}));
  EXPECT_EQ(apart.evidence().count, 3u);  // N of the first aggregate.
}

// An event that counts for one aggregate only completes by the other's events.
TEST(JointWindowTest, AnArrivalMayAddToOneAggregateOnly) {
  OneKey key({{{false, 2}, {false, 2}}, 10 * kSecond}, 0);

  EXPECT_FALSE(key.Arrive(0, {{0, 0}}));
  EXPECT_FALSE(key.Arrive(1 * kSecond, {{0, 0}}));
  EXPECT_FALSE(key.Arrive(2 * kSecond, {{1, 0}}));
  EXPECT_TRUE(key.Arrive(3 * kSecond, {{1, 0}}));
}

struct Shape {
  const char* name;
  WindowSpec spec;
};

// What a random event adds under a spec: most count, values are few, lists
// rare.
std::vector<Contribution> RandomAdds(std::mt19937_64& random,
                                     const WindowSpec& spec) {
  std::vector<Contribution> adds;
  for (std::uint8_t i = 0; i < spec.aggregates.size(); ++i) {
    const bool last_chance = adds.empty() && i + 1u == spec.aggregates.size();
    if (!last_chance && random() % 3 == 0) continue;
    if (!spec.aggregates[i].distinct) {
      adds.push_back({i, 0});
      continue;
    }
    for (std::size_t n = random() % 8 == 0 ? 3 : 1; n > 0; --n) {
      adds.push_back({i, Value(random() % 5)});
    }
  }
  return adds;
}

class ExactTest : public ::testing::TestWithParam<std::size_t> {};

WindowSpec RandomSpec(std::mt19937_64& random, std::size_t kind,
                      std::int64_t span) {
  const auto n = [&random] { return 2 + random() % 3; };
  switch (kind) {
    case 0:
      return {{{true, n()}}, span};
    case 1:
      return {{{false, n()}, {true, n()}}, span};
    case 2:
      return {{{false, n()}, {false, n()}}, span};
    default:
      return {{{true, n()}, {false, n()}, {true, n()}}, span};
  }
}

// Every decision is that of a window that keeps everything, for any order
// within the lateness; in time order the evidence, too.
TEST_P(ExactTest, DecidesAsIfItKeptEverythingForAnyOrderWithinLateness) {
  std::mt19937_64 random(17 + GetParam());
  for (int stream = 0; stream < 4'000; ++stream) {
    SCOPED_TRACE(stream);
    const testing::Disorder disorder = testing::RandomDisorder(random);
    const WindowSpec spec = RandomSpec(random, GetParam(), disorder.span);
    OneKey key(spec, disorder.lateness);
    BruteWindow brute(spec);
    std::int64_t latest = INT64_MIN;
    for (const std::int64_t time : testing::RandomArrivals(
             random, disorder.lateness, 10 + random() % 50)) {
      const bool in_order = time >= latest;
      latest = std::max(latest, time);
      const std::vector<Contribution> adds = RandomAdds(random, spec);
      const std::optional<Evidence> expected = brute.Arrive(time, adds);
      ASSERT_EQ(key.Arrive(time, adds), expected.has_value()) << time;
      if (expected && in_order) {
        ASSERT_EQ(key.evidence().first_us, expected->first_us);
        ASSERT_EQ(key.evidence().last_us, expected->last_us);
        // With a filtered count in front, events of the run that no aggregate
        // needs may be gone.
        if (spec.aggregates.size() == 1) {
          ASSERT_EQ(key.evidence().count, expected->count);
        }
      }
      if (random() % 16 == 0) key.Restart();
    }
  }
}

// Where values are many, not every arrival looks at all of them.
TEST(JointWindowTest, ManyValuesAreDecidedAsFew) {
  std::mt19937_64 random(5);
  int stood = 0, arrivals = 0;
  for (int stream = 0; stream < 4; ++stream) {
    SCOPED_TRACE(stream);
    const std::int64_t lateness = 20, span = 100 + stream * 20;
    const WindowSpec spec{{{true, 66 + random() % 8}}, span};
    OneKey key(spec, lateness);
    BruteWindow brute(spec);
    std::int64_t now = 1'000;
    for (int i = 0; i < 300; ++i, ++arrivals) {
      now += static_cast<std::int64_t>(random() % 2);
      const bool late = random() % 8 == 0;
      const std::int64_t time =
          late ? now - static_cast<std::int64_t>(random() % lateness) : now;
      // One after the other, where each counts; or any.
      const std::uint64_t value = stream % 2 == 0 ? i % 90 : random() % 80;
      const std::vector<Contribution> adds = {{0, Value(value)}};
      const bool expected = brute.Arrive(time, adds).has_value();
      ASSERT_EQ(key.Arrive(time, adds), expected) << i;
      stood += expected ? 1 : 0;
    }
  }
  EXPECT_GT(stood, arrivals / 10);
  EXPECT_LT(stood, arrivals * 9 / 10);
}

INSTANTIATE_TEST_SUITE_P(Shapes, ExactTest,
                         ::testing::Range<std::size_t>(0, 4));

// When all events count, the values of a joined run are exact as well.
TEST(JointWindowTest, DifferentValuesOfAJoinedRunAreCountedExactlyInTimeOrder) {
  std::mt19937_64 random(23);
  for (int stream = 0; stream < 2'000; ++stream) {
    const testing::Disorder disorder = testing::RandomDisorder(random);
    const WindowSpec spec{{{true, 2}, {false, 6}}, disorder.span};
    OneKey key(spec, disorder.lateness);
    BruteWindow brute(spec);
    std::int64_t time = 0;
    for (int i = 0; i < 60; ++i) {
      time += static_cast<std::int64_t>(random() % 3);
      const std::vector<Contribution> adds{{0, Value(random() % 6)}, {1, 0}};
      const std::optional<Evidence> expected = brute.Arrive(time, adds);
      ASSERT_EQ(key.Arrive(time, adds), expected.has_value());
      if (expected) {
        ASSERT_EQ(key.evidence().count, expected->count);
        ASSERT_EQ(key.evidence().events, expected->events);
      }
    }
  }
}

TEST(JointWindowTest, WhatIsKeptIsBounded) {
  std::mt19937_64 random(29);
  for (int stream = 0; stream < 500; ++stream) {
    const testing::Disorder disorder = testing::RandomDisorder(random);
    OneKey key({{{true, 4}}, disorder.span}, disorder.lateness);
    std::size_t peak = 0;
    for (const std::int64_t time :
         testing::RandomArrivals(random, disorder.lateness, 500)) {
      key.Arrive(time, {{0, Value(random() % 50)}});
      peak = std::max(peak, key.kept());
    }
    const std::size_t cells =
        1 + (disorder.lateness + disorder.span - 1) / disorder.span;
    EXPECT_LE(peak, 2 * 4 * (1 + 2 * cells) + 8);
  }
}

}  // namespace
}  // namespace tocsin
