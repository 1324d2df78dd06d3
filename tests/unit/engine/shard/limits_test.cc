// A shard at its limits: who goes, that it is counted, and that a flood of new
// keys cannot flush one that has come further.
#include "engine/base/limits.h"

#include <cmath>
#include <random>

#include "engine/shard/dedup.h"
#include "engine/shard/sample_ring.h"
#include "engine/shard/shard.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/engine/shard/hand_fed.h"

namespace tocsin {
namespace {

using testing::At;
using testing::CountRule;
using ::testing::ElementsAre;
using testing::FilterRule;
using testing::HandEvent;
using testing::HandFed;
using ::testing::IsEmpty;
using testing::kSecond;
using testing::Seconds;
using ::testing::SizeIs;

RuleProgram WithKeys(RuleProgram rule, std::uint64_t keys) {
  rule.keys = keys;
  return rule;
}

HandEvent Of(std::int64_t s, const std::string& key) {
  return {s * kSecond, key, {}, 0, 0};
}

TEST(KeysLimitTest, AtTheLimitNothingIsForgottenAndOnePastItOneKeyIs) {
  HandFed shard({WithKeys(CountRule("r", 2, 1'000 * kSecond), 3)}, 0);

  shard.Feed({Of(0, "a"), Of(1, "b"), Of(2, "c")});
  EXPECT_EQ(shard.totals().evictions, 0u);
  EXPECT_EQ(shard.totals().keys, 3);

  shard.Feed({Of(3, "d")});
  EXPECT_EQ(shard.totals().evictions, 1u);
  EXPECT_EQ(shard.totals().keys, 3);
  ASSERT_THAT(shard.output().evictions, SizeIs(1));
  EXPECT_EQ(shard.output().evictions[0].position, 4u);
  // The least recently active went.
  EXPECT_THAT(shard.Feed({Of(4, "b"), Of(5, "c"), Of(6, "d")}), SizeIs(3));
  EXPECT_THAT(shard.Feed({Of(7, "a")}), IsEmpty());
}

TEST(KeysLimitTest, AFloodOfNewKeysCannotFlushAKeyThatHasComeFurther) {
  HandFed shard({WithKeys(CountRule("r", 3, 100'000 * kSecond), 50)}, 0);
  shard.Feed(At({0, 1}, "victim"));

  for (int i = 0; i < 5'000; ++i) {
    shard.Feed({Of(2 + i, "flood " + std::to_string(i))});
  }

  EXPECT_THAT(shard.Feed(At({6'000}, "victim")), SizeIs(1));
  EXPECT_EQ(shard.totals().evictions, 5'000u - 49u);
}

// Each of the flood is seen twice, so it has come as far as the victim: then
// the least recently active goes first.
TEST(KeysLimitTest, AmongEqualsTheLeastRecentlyActiveGoes) {
  HandFed shard({WithKeys(CountRule("r", 3, 100'000 * kSecond), 10)}, 0);
  shard.Feed(At({0, 1}, "victim"));
  for (int i = 0; i < 9; ++i) {
    shard.Feed(At({10 + i, 10 + i}, "early " + std::to_string(i)));
  }
  shard.Feed(At({30, 30}, "late"));

  EXPECT_THAT(shard.Feed(At({40}, "early 0")), SizeIs(1));
  EXPECT_THAT(shard.Feed(At({41}, "victim")), IsEmpty());
}

TEST(KeysLimitTest, AnExpiredKeyGoesFirstAndWithoutAWord) {
  HandFed shard({WithKeys(CountRule("r", 3, 100 * kSecond), 3)}, 0);
  shard.Feed(At({0, 1}, "expired"));
  shard.Feed({Of(90, "b"), Of(95, "c")});

  shard.Feed({Of(150, "d")});

  EXPECT_EQ(shard.totals().evictions, 0u);
  EXPECT_THAT(shard.Feed({Of(151, "b"), Of(152, "b")}), SizeIs(1));
}

TEST(KeysLimitTest, HoldsAreBoundedToo) {
  HandFed shard({WithKeys(FilterRule("r", 1'000 * kSecond), 2)}, 0);

  shard.Feed({Of(0, "a"), Of(1, "b"), Of(2, "c")});

  EXPECT_EQ(shard.totals().evictions, 1u);
  EXPECT_THAT(shard.Feed({Of(3, "b"), Of(3, "c")}), IsEmpty());
  EXPECT_THAT(shard.Feed({Of(4, "a")}), SizeIs(1));
}

TEST(KeysLimitTest, ATableWhoseLimitWasLoweredComesDownToIt) {
  const RuleProgram counts = CountRule("r", 3, 10'000 * kSecond);
  const RuleProgram holds = FilterRule("h", 10'000 * kSecond);
  HandFed shard({WithKeys(counts, 100), WithKeys(holds, 100)}, 0);
  const auto feed = [&shard](int i) {
    const std::string key = "key " + std::to_string(i);
    shard.Feed({{i * kSecond, key, {}, 0, 0}, {i * kSecond, key, {}, 0, 1}});
  };
  for (int i = 0; i < 100; ++i) feed(i);
  EXPECT_EQ(shard.shard().keys(0), 100u);

  shard.Publish({WithKeys(counts, 10), WithKeys(holds, 10)});
  for (int i = 100; i < 140; ++i) feed(i);
  EXPECT_EQ(shard.shard().keys(0), 10u);
  EXPECT_EQ(shard.shard().keys(1), 10u);
  EXPECT_EQ(shard.totals(0).evictions, 130u);
}

TEST(KeysLimitTest, DeadlinesOfEvictedHoldsDoNotPileUp) {
  HandFed shard({WithKeys(FilterRule("r", 1'000'000 * kSecond), 10)}, 0);
  for (int i = 0; i < 5'000; ++i) {
    shard.Feed({Of(i, "key " + std::to_string(i))});
    ASSERT_LE(shard.shard().timers(), 2u * 10u + 64u);
  }
  // Those of the holds that are on are still there.
  EXPECT_THAT(shard.Feed({Of(5'000, "key 4999")}), IsEmpty());
  EXPECT_THAT(Seconds(shard.MoveClock(INT64_MAX), AlertKind::kClosed),
              ElementsAre(1'004'999));
}

TEST(TimersTest, AfterManyWereDueFewMayPileUpAgain) {
  Timers timers;
  for (std::int64_t i = 0; i < 10'000; ++i)
    timers.Set({i, i, 0, Timer::What::kHold, 0, 1});
  timers.Compact([](const Timer&) { return true; });
  while (timers.size() > 10) timers.Take();
  for (std::int64_t i = 0; i < 10'000; ++i) {
    timers.Set({20'000 + i, 0, 1, Timer::What::kHold, 0, 2});
    timers.Compact([](const Timer& timer) { return timer.key == 1; });
    ASSERT_LE(timers.size(), 2u * 10u + 64u);
  }
  EXPECT_EQ(timers.next_us(), 9'990);
}

TEST(KeysLimitTest, AShardOfALargeRuleHasItsShareAndSixSigmas) {
  RuleProgram rule;
  rule.keys = limits::kWholeRuleKeys;
  EXPECT_EQ(KeysOfShard(rule), limits::kWholeRuleKeys);
  rule.keys = 1'024'000;
  const std::uint64_t share = KeysOfShard(rule);
  EXPECT_EQ(share, 1'000u + static_cast<std::uint64_t>(
                                std::ceil(6 * std::sqrt(1'000.0))));
}

TEST(KeysLimitTest, ARuleOfFewKeysLivesWholeInOneShard) {
  const RuleProgram few =
      WithKeys(CountRule("r", 2, 1), limits::kWholeRuleKeys);
  const RuleProgram many =
      WithKeys(CountRule("r", 2, 1), limits::kWholeRuleKeys + 1);

  EXPECT_EQ(ShardOf(few, 0), ShardOf(few, ~std::uint64_t{0}));
  EXPECT_EQ(ShardOf(many, 0), 0u);
  EXPECT_EQ(ShardOf(many, ~std::uint64_t{0}), limits::kShards - 1);
}

// Evictions, holds and windows: a restart at any place changes nothing.
TEST(KeysLimitTest, RestartsChangeNothingInAFullTable) {
  std::mt19937_64 random(3);
  for (int run = 0; run < 200; ++run) {
    SCOPED_TRACE(run);
    const std::vector<RuleProgram> rules = {
        WithKeys(CountRule("r", 2 + run % 3, 20 * kSecond, 7 * kSecond), 5)};
    HandFed steady(rules, 4 * kSecond);
    HandFed restarted(rules, 4 * kSecond);
    std::int64_t time = 100;
    for (int i = 0; i < 300; ++i) {
      time += static_cast<std::int64_t>(random() % 3);
      const HandEvent event = Of(time - static_cast<std::int64_t>(random() % 5),
                                 "key " + std::to_string(random() % 12));
      const std::vector<Detection> a = steady.Feed({event});
      const std::vector<Detection> b = restarted.Feed({event});
      ASSERT_EQ(a.size(), b.size()) << i;
      for (std::size_t d = 0; d < a.size(); ++d) {
        ASSERT_EQ(a[d].id, b[d].id);
        ASSERT_EQ(a[d].folded, b[d].folded);
        ASSERT_EQ(a[d].first_us, b[d].first_us);
        ASSERT_EQ(a[d].events.size(), b[d].events.size());
      }
      ASSERT_EQ(steady.totals().evictions, restarted.totals().evictions);
      if (random() % 10 == 0) {
        ASSERT_TRUE(restarted.Restart());
      }
    }
    EXPECT_GT(steady.totals().evictions, 0u);
  }
}

Hash128 Identity(std::size_t i) { return HashWide(std::to_string(i)); }

TEST(DedupTest, RemembersAsManyAsItsLimitAndOnePastItForgetsTheOldest) {
  Dedup dedup;
  for (std::size_t i = 0; i < limits::kDedupEntries; ++i) {
    ASSERT_FALSE(dedup.Seen(Identity(i), 1, 0, 0));
  }
  EXPECT_TRUE(dedup.Seen(Identity(0), 1, 0, 0));
  EXPECT_EQ(dedup.TakeForgotten(), 0u);
  EXPECT_FALSE(dedup.Seen(Identity(limits::kDedupEntries), 1, 0, 0));
  EXPECT_EQ(dedup.size(), limits::kDedupEntries);
  EXPECT_EQ(dedup.TakeForgotten(), 1u);
  EXPECT_EQ(dedup.TakeForgotten(), 0u);
  EXPECT_FALSE(dedup.Seen(Identity(0), 1, 0, 0));
}

TEST(DedupTest, ShrinksWhenTheTimeOfItsEntriesHasPassed) {
  Dedup dedup;
  for (std::size_t i = 0; i < 20'000; ++i) dedup.Seen(Identity(i), 1, 0, 0);
  EXPECT_EQ(dedup.capacity(), 32'768u);

  const std::int64_t later = limits::kDedupMicros + 1;
  for (std::size_t i = 0; i < 6; ++i) dedup.Seen(Identity(i), 2, later, later);
  EXPECT_LE(dedup.capacity(), 64u);
  EXPECT_TRUE(dedup.Seen(Identity(0), 2, later, later));
}

// Behind an event from the future nothing leaves at the front.
TEST(DedupTest, AnEventFromTheFutureDoesNotKeepWhatIsOver) {
  Dedup dedup;
  dedup.Seen(Identity(0), 1, INT64_MAX, 0);
  for (std::int64_t i = 1; i < 10'000; ++i) {
    const std::int64_t time = i * (limits::kDedupMicros / 100);
    dedup.Seen(Identity(static_cast<std::size_t>(i)), 1, time, time);
  }
  EXPECT_LE(dedup.capacity(), 512u);
  // A late event does not meet what is over but still there.
  const std::int64_t clock = 10'000 * (limits::kDedupMicros / 100);
  EXPECT_FALSE(dedup.Seen(Identity(9'890), 1,
                          9'890 * (limits::kDedupMicros / 100), clock));
}

TEST(DedupTest, GoesOnFromItsSavedBytes) {
  std::mt19937_64 random(11);
  Dedup steady, restarted, copy;
  std::int64_t clock = 0;
  for (int i = 0; i < 20'000; ++i) {
    clock += static_cast<std::int64_t>(random() % (9 * kSecond));
    const std::int64_t ahead =
        random() % 50 == 0 ? 40 * limits::kDedupMicros : 0;
    const std::size_t id = random() % 400;
    ASSERT_EQ(steady.Seen(Identity(id), 0, clock + ahead, clock),
              restarted.Seen(Identity(id), 0, clock + ahead, clock));
    if (random() % 100 != 0) continue;
    std::string bytes, again, whole;
    restarted.Save(random() % 4 == 0, &bytes);
    std::string_view rest = bytes;
    ASSERT_TRUE(copy.Load(&rest));
    ASSERT_TRUE(rest.empty());
    copy.Save(/*whole=*/true, &again);
    restarted.Save(/*whole=*/true, &whole);
    ASSERT_EQ(whole, again);
    ASSERT_EQ(steady.capacity(), copy.capacity());
    std::swap(restarted, copy);
  }
}

TEST(DedupTest, AShardTellsNothingOfADeliveryThatIsRepeated) {
  HandFed shard({FilterRule("r")}, 0);
  for (int delivery = 0; delivery < 2; ++delivery) {
    std::size_t alerts = 0;
    for (int part = 0; part < 20; ++part) {
      std::vector<HandEvent> events;
      for (int i = 0; i < 1'000; ++i) {
        const std::uint64_t id = 1'000 * part + i + 1;
        events.push_back(
            {static_cast<std::int64_t>(id) * 30'000, "k", {}, id, 0});
      }
      alerts += shard.Feed(events).size();
    }
    EXPECT_EQ(alerts, delivery == 0 ? 20'000u : 0u);
  }
  EXPECT_EQ(shard.output().forgotten, 0u);
}

TEST(DedupTest, AgreesWithAListThatForgetsNothingOnRandomStreams) {
  std::mt19937_64 random(7);
  Dedup dedup;
  std::vector<std::pair<std::uint64_t, std::int64_t>> all;
  std::int64_t clock = 0;
  for (int i = 0; i < 20'000; ++i) {
    clock += static_cast<std::int64_t>(random() % (10 * kSecond));
    const std::uint64_t id = random() % 500;
    const std::int64_t time = clock + 5 * kSecond;
    bool expected = false;
    for (const auto& [seen, at] : all) {
      expected = expected || (seen == id && time - at <= limits::kDedupMicros &&
                              clock - at <= limits::kDedupMicros);
    }
    ASSERT_EQ(dedup.Seen(HashWide(std::to_string(id)), 0, time, clock),
              expected);
    if (!expected) all.emplace_back(id, time);
    if (all.size() > 600) all.erase(all.begin());
  }
}

TEST(SampleRingTest, RemembersAsManyAsItsLimit) {
  SampleRing ring;
  for (std::size_t i = 0; i <= limits::kSampleRing; ++i) {
    ring.Add(i == 0 ? 1 : 2, 0, i + 1, 0, "");
    if (i + 1 == limits::kSampleRing) {
      EXPECT_THAT(ring.Of(1, 0, 0, 1, true, 1), SizeIs(1));
    }
  }
  EXPECT_THAT(ring.Of(1, 0, 0, 1, true, 1), IsEmpty());
}

TEST(SampleRingTest, IdentitiesAreBoundedInBytes) {
  SampleRing ring;
  const std::string identity(SampleRing::kSampleBytes / 4, 'x');
  for (std::uint64_t i = 1; i <= 5; ++i) ring.Add(i, 0, i, 0, identity);

  EXPECT_THAT(ring.Of(1, 0, 0, 1, true, 1), IsEmpty());
  ASSERT_THAT(ring.Of(2, 0, 0, 1, true, 2), SizeIs(1));
  EXPECT_EQ(ring.Of(2, 0, 0, 1, true, 2)[0].identity, identity);
}

}  // namespace
}  // namespace tocsin
