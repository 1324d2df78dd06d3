// What happens after firing: holds, incidents, collected values, samples,
// duplicates, reloads. tests/unit/engine/shard/limits_test.cc has the limits.
#include "engine/shard/shard.h"

#include <algorithm>
#include <random>

#include "engine/base/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/engine/shard/hand_fed.h"

namespace tocsin {
namespace {

// Records without their order, which is that of a hash table.
std::vector<std::string> SortedRecords(std::string_view records) {
  std::vector<std::string> sorted;
  std::string rule;
  while (!records.empty()) {
    const auto kind = static_cast<RecordKind>(records[0]);
    std::size_t fixed = 1;
    if (kind == RecordKind::kRule) fixed = 17;
    if (kind == RecordKind::kEntry) fixed = 10;
    if (kind == RecordKind::kDuplicates || kind == RecordKind::kSamples) {
      fixed = 2;
    }
    std::string record(records.substr(0, fixed));
    records.remove_prefix(fixed);
    std::string_view bytes;
    if (kind == RecordKind::kRule) {
      rule = record;
      continue;
    }
    if (TakeBytes(&records, &bytes)) record += bytes;
    sorted.push_back(rule + record);
  }
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

using testing::At;
using testing::CountRule;
using ::testing::ElementsAre;
using testing::FilterRule;
using testing::HandEvent;
using testing::HandFed;
using ::testing::IsEmpty;
using testing::kMinute;
using testing::kSecond;
using testing::Seconds;
using ::testing::SizeIs;
using testing::Texts;

TEST(ShardTest, EveryFiresAtEachEventThatCompletesAndRemembersNoIncident) {
  HandFed shard({CountRule("r", 2, 10 * kSecond)}, 0);

  const std::vector<Detection> alerts = shard.Feed(At({0, 5, 6, 30}));

  EXPECT_THAT(Seconds(alerts), ElementsAre(5, 6));
  EXPECT_EQ(alerts[1].folded, 0u);
  EXPECT_EQ(alerts[1].total, 1u);
  EXPECT_EQ(alerts[1].count, 2u);
}

TEST(ShardTest, AHoldEndsExactlyAfterItsDuration) {
  HandFed shard({FilterRule("r", 60 * kSecond)}, 5 * kSecond);

  EXPECT_THAT(Seconds(shard.Feed(At({0, 59, 60}))), ElementsAre(0, 60));
  EXPECT_THAT(Seconds(shard.Feed(At({119, 120}))), ElementsAre(120));
}

TEST(ShardTest, AnIncidentGoesOnWhileAlertsFollowEachHold) {
  HandFed shard({FilterRule("r", 60 * kSecond)}, 5 * kSecond);

  const std::vector<Detection> alerts =
      shard.Feed(At({0, 10, 20, 61, 70, 121}));

  ASSERT_THAT(Seconds(alerts), ElementsAre(0, 61, 121));
  EXPECT_EQ(alerts[1].folded, 2u);
  EXPECT_EQ(alerts[1].total, 4u);
  EXPECT_EQ(alerts[2].folded, 1u);
  EXPECT_EQ(alerts[2].total, 6u);
}

TEST(ShardTest, AHoldWithFoldedDetectionsAndNoNewAlertCloses) {
  HandFed shard({FilterRule("r", 60 * kSecond)}, 5 * kSecond);

  const std::vector<Detection> all = shard.Feed(At({0, 10, 20, 200, 210}));

  ASSERT_THAT(Seconds(all), ElementsAre(0, 200));
  ASSERT_THAT(Seconds(all, AlertKind::kClosed), ElementsAre(60));
  const Detection& closed = all[1];
  EXPECT_EQ(closed.kind, AlertKind::kClosed);
  EXPECT_EQ(closed.id, all[0].id);
  EXPECT_EQ(closed.folded, 2u);
  EXPECT_EQ(closed.total, 3u);
  EXPECT_EQ(closed.first_us, 10 * kSecond);
  EXPECT_EQ(closed.last_us, 20 * kSecond);
  EXPECT_EQ(closed.position, 4u);  // Before the event that moved the clock.
  EXPECT_THAT(closed.events, SizeIs(2));
  // A new incident.
  EXPECT_EQ(all[2].folded, 0u);
  EXPECT_EQ(all[2].total, 1u);
}

TEST(ShardTest, AHoldThatHeldNothingEndsWithoutAWord) {
  HandFed shard({FilterRule("r", 60 * kSecond)}, 5 * kSecond);

  EXPECT_THAT(Seconds(shard.Feed(At({0, 200})), AlertKind::kClosed), IsEmpty());
  EXPECT_EQ(shard.totals().keys, 1);
}

TEST(ShardTest, AnEventBeforeTheAlertIsHeldToo) {
  HandFed shard({FilterRule("r", 60 * kSecond)}, 50 * kSecond);

  EXPECT_THAT(Seconds(shard.Feed(At({40, 10}))), ElementsAre(40));
  EXPECT_EQ(shard.totals().folded, 1u);
}

// Behind the clock the hold of a late alert stays until the clock moves, so
// late events do not fire one by one.
TEST(ShardTest, LateEventsAreHeldLikeOthers) {
  HandFed shard({FilterRule("r", 60 * kSecond)}, 5 * kSecond);

  EXPECT_THAT(Seconds(shard.Feed(At({5'000, 100, 110, 120, 170}))),
              ElementsAre(5'000));
  shard.Feed({{9'000 * kSecond, "other", {}, 0, 0}});
  EXPECT_THAT(Seconds(shard.Feed(At({100, 110, 120, 170}))),
              ElementsAre(100, 170));
  EXPECT_EQ(shard.totals().late, 8u);
}

TEST(ShardTest, WindowsStayAsTheyAreWhileAHoldIsOn) {
  HandFed shard({CountRule("r", 3, 60 * kSecond, 10 * kSecond)}, 0);

  const std::vector<Detection> alerts = shard.Feed(At({0, 1, 2, 3, 4, 12, 13}));

  ASSERT_THAT(Seconds(alerts), ElementsAre(2, 12));
  EXPECT_EQ(alerts[1].first_us, 3 * kSecond);
  EXPECT_EQ(alerts[1].folded, 2u);
}

TEST(ShardTest, KeysAreIndependent) {
  HandFed shard({CountRule("r", 2, 60 * kSecond, kMinute)}, 0);

  const std::vector<Detection> alerts =
      shard.Feed({{0, "a", {}, 0, 0}, {1, "b", {}, 0, 0}, {2, "a", {}, 0, 0}});

  ASSERT_THAT(alerts, SizeIs(1));
  EXPECT_THAT(Texts(alerts[0].key), ElementsAre("a"));
}

TEST(ShardTest, ChunkBordersChangeNothing) {
  const std::vector<std::int64_t> times = {0,   3,   10,  61,  62,  64,  70,
                                           140, 141, 142, 300, 301, 302, 500};
  HandFed whole({CountRule("r", 2, 10 * kSecond, kMinute)}, 5 * kSecond);
  const std::vector<Detection> expected = whole.Feed(At(times));

  HandFed pieces({CountRule("r", 2, 10 * kSecond, kMinute)}, 5 * kSecond);
  std::vector<Detection> got;
  for (const std::int64_t time : times) {
    for (Detection& detection : pieces.Feed(At({time}))) {
      got.push_back(std::move(detection));
    }
  }

  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i].id, expected[i].id);
    EXPECT_EQ(got[i].position, expected[i].position);
    EXPECT_EQ(got[i].kind, expected[i].kind);
    EXPECT_EQ(got[i].total, expected[i].total);
  }
}

RuleProgram Collecting(RuleProgram rule, std::size_t up_to) {
  rule.collects.push_back({"agents", kNoExpr, up_to});
  return rule;
}

std::vector<HandEvent> Agents(
    const std::vector<std::pair<std::int64_t, std::string>>& agents) {
  std::vector<HandEvent> events;
  for (const auto& [s, agent] : agents) {
    events.push_back({s * kSecond, "k", agent, 0, 0});
  }
  return events;
}

TEST(ShardTest, CollectsTheDistinctValuesOfTheWindowByWhenTheyWereLastSeen) {
  HandFed shard({Collecting(CountRule("r", 3, 10 * kSecond), 10)}, 0);

  const std::vector<Detection> alerts = shard.Feed(
      Agents({{0, "old"}, {5, "a"}, {11, "b"}, {12, "a"}, {13, ""}}));

  ASSERT_THAT(Seconds(alerts), ElementsAre(12, 13));
  EXPECT_THAT(Texts(alerts[0].collected[0]), ElementsAre("b", "a"));
  EXPECT_EQ(alerts[0].more, 0u);
}

TEST(ShardTest, OfMoreValuesTheLastSeenAreKeptAndItSaysSo) {
  HandFed shard({Collecting(CountRule("r", 4, 10 * kSecond), 2)}, 0);

  const std::vector<Detection> alerts =
      shard.Feed(Agents({{0, "a"}, {1, "b"}, {2, "c"}, {3, "b"}}));

  ASSERT_THAT(alerts, SizeIs(1));
  EXPECT_THAT(Texts(alerts[0].collected[0]), ElementsAre("c", "b"));
  EXPECT_EQ(alerts[0].more, 1u);
}

// A late value from before the window pushes out none that lies within it.
TEST(ShardTest, AValueFromBeforeTheWindowGoesFirst) {
  HandFed shard({Collecting(CountRule("r", 2, 3 * kSecond), 1)}, 10 * kSecond);

  const std::vector<Detection> alerts =
      shard.Feed(Agents({{10, "a"}, {6, "b"}, {12, ""}}));

  ASSERT_THAT(Seconds(alerts), ElementsAre(12));
  EXPECT_THAT(Texts(alerts[0].collected[0]), ElementsAre("a"));
  EXPECT_EQ(alerts[0].more, 0u);
}

TEST(ShardTest, ValuesSeenInAHoldGoToTheNextAlert) {
  HandFed shard({Collecting(CountRule("r", 1, 10 * kSecond, 60 * kSecond), 10)},
                5 * kSecond);

  const std::vector<Detection> alerts =
      shard.Feed(Agents({{0, "a"}, {20, "b"}, {60, "c"}, {125, "d"}}));

  ASSERT_THAT(Seconds(alerts), ElementsAre(0, 60, 125));
  EXPECT_THAT(Texts(alerts[1].collected[0]), ElementsAre("b", "c"));
  EXPECT_THAT(Texts(alerts[2].collected[0]), ElementsAre("d"));
}

TEST(ShardTest, AFilterCollectsOfItsOwnEventAndOfItsHold) {
  HandFed every({Collecting(FilterRule("r"), 10)}, 0);
  HandFed once({Collecting(FilterRule("r", 60 * kSecond), 10)}, 5 * kSecond);
  const std::vector<HandEvent> events =
      Agents({{0, "a"}, {20, "b"}, {60, "c"}, {200, "d"}});

  const std::vector<Detection> each = every.Feed(events);
  const std::vector<Detection> held = once.Feed(events);

  EXPECT_THAT(Texts(each[2].collected[0]), ElementsAre("c"));
  ASSERT_THAT(Seconds(held), ElementsAre(0, 60, 200));
  EXPECT_THAT(Texts(held[1].collected[0]), ElementsAre("b", "c"));
  EXPECT_THAT(Texts(held[2].collected[0]), ElementsAre("d"));
}

std::vector<std::uint64_t> Positions(const Detection& detection) {
  std::vector<std::uint64_t> positions;
  for (const EventRef& event : detection.events) {
    positions.push_back(event.position);
  }
  return positions;
}

TEST(ShardTest, SamplesAreTheFirstAndTheLastNineOfTheEvidence) {
  HandFed shard({CountRule("r", 12, 100 * kSecond)}, 0);

  const std::vector<Detection> alerts =
      shard.Feed(At({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}));

  ASSERT_THAT(alerts, SizeIs(2));
  EXPECT_THAT(Positions(alerts[0]),
              ElementsAre(1, 4, 5, 6, 7, 8, 9, 10, 11, 12));
  EXPECT_THAT(Positions(alerts[1]),
              ElementsAre(2, 5, 6, 7, 8, 9, 10, 11, 12, 13));
}

TEST(ShardTest, SamplesOfEqualTimesAreOnlyThoseOfTheRun) {
  HandFed shard({CountRule("r", 2, 100 * kSecond)}, 0);

  const std::vector<Detection> alerts = shard.Feed(At({7, 7, 7}));

  ASSERT_THAT(alerts, SizeIs(2));
  EXPECT_THAT(Positions(alerts[1]), ElementsAre(2, 3));
}

TEST(ShardTest, TheSameEventWithinFifteenMinutesCountsOnce) {
  HandFed shard({CountRule("r", 2, 3'600 * kSecond)}, 0);
  const auto event = [](std::int64_t s) {
    return HandEvent{s * kSecond, "k", {}, 77, 0};
  };

  EXPECT_THAT(shard.Feed({event(0), event(0), event(899)}), IsEmpty());
  EXPECT_EQ(shard.totals().duplicates, 2u);
  EXPECT_THAT(Seconds(shard.Feed({event(901)})), ElementsAre(901));
}

TEST(ShardTest, WithIdentityByPositionTwoEqualLinesAreTwoEvents) {
  HandFed shard({CountRule("r", 2, 3'600 * kSecond)}, 0);
  shard.set().schemas[0].identity_position = true;

  EXPECT_THAT(shard.Feed({{0, "k", {}, 77, 0}, {0, "k", {}, 77, 0}}),
              SizeIs(1));
}

TEST(ShardTest, TheIdentityWithinOneKeyOnlyIsADuplicate) {
  HandFed shard({FilterRule("r")}, 0);

  EXPECT_THAT(shard.Feed({{0, "a", {}, 77, 0}, {0, "b", {}, 77, 0}}),
              SizeIs(2));
}

TEST(ShardTest, AlertIdsFollowRuleKeyAndEventAlone) {
  HandFed one({FilterRule("r")}, 0);
  HandFed other({FilterRule("zzz"), FilterRule("r")}, 0);

  const std::vector<Detection> a = one.Feed({{5, "k", {}, 9, 0}});
  other.Feed({{1, "x", {}, 8, 0}});
  const std::vector<Detection> b = other.Feed({{5, "k", {}, 9, 1}});

  EXPECT_EQ(a[0].id, b[0].id);
  EXPECT_NE(a[0].id, one.Feed({{6, "k2", {}, 10, 0}})[0].id);
}

TEST(ShardTest, AReloadKeepsTheStateOfRulesWhoseMeaningIsUnchanged) {
  const RuleProgram kept = CountRule("kept", 3, 60 * kSecond, kMinute);
  const RuleProgram gone = CountRule("gone", 3, 60 * kSecond, kMinute);
  HandFed shard({gone, kept}, 0);
  shard.Feed({{0, "k", {}, 0, 1},
              {1, "k", {}, 0, 1},
              {2, "k", {}, 0, 0},
              {3, "k", {}, 0, 0}});

  RuleProgram changed = CountRule("gone", 3, 61 * kSecond, kMinute);
  changed.uid = HashWide("another meaning");
  shard.Publish({kept, changed});

  EXPECT_THAT(shard.Feed({{4, "k", {}, 0, 0}}), SizeIs(1));
  EXPECT_THAT(shard.Feed({{5, "k", {}, 0, 1}}), IsEmpty());
}

RuleProgram CollectingAs(RuleProgram rule, std::vector<std::uint64_t> hashes) {
  for (const std::uint64_t hash : hashes) {
    rule.collects.push_back({"v", kNoExpr, 10, hash});
  }
  return rule;
}

TEST(ShardTest, AReloadKeepsCollectedValuesOfUnchangedCollectsAlone) {
  const RuleProgram rule = CountRule("r", 3, 60 * kSecond, kMinute);
  const RuleProgram filter = FilterRule("f", kMinute);
  HandFed shard({CollectingAs(rule, {7}), CollectingAs(filter, {7})}, 0);
  shard.Feed({{0, "k", "old", 0, 0}, {0, "k", "old", 0, 0}});
  shard.Feed({{1, "k", "told", 0, 1}, {2, "k", "old", 0, 1}});

  shard.Publish({CollectingAs(rule, {8}), CollectingAs(filter, {8})});
  std::vector<Detection> alerts = shard.Feed({{3, "k", "new", 0, 0}});
  ASSERT_THAT(alerts, SizeIs(1));
  EXPECT_THAT(Texts(alerts[0].collected[0]), ElementsAre("new"));
  alerts = shard.Feed({{kMinute + 1, "k", "new", 0, 1}});
  ASSERT_THAT(alerts, SizeIs(1));
  EXPECT_THAT(Texts(alerts[0].collected[0]), ElementsAre("new"));
}

TEST(ShardTest, CollectedValuesMoveWithTheirCollectOverReloadAndRestart) {
  const RuleProgram rule = CountRule("r", 3, 60 * kSecond);
  for (const bool restart : {false, true}) {
    HandFed shard({CollectingAs(rule, {7})}, 0);
    shard.Feed({{0, "k", "a", 0, 0}, {1, "k", "b", 0, 0}});
    const std::vector<RuleProgram> changed = {CollectingAs(rule, {9, 7})};
    if (restart) {
      ASSERT_TRUE(shard.Restart(changed));
    } else {
      shard.Publish(changed);
    }
    const std::vector<Detection> alerts = shard.Feed({{2, "k", "c", 0, 0}});
    ASSERT_THAT(alerts, SizeIs(1));
    EXPECT_THAT(Texts(alerts[0].collected[0]), ElementsAre("c"));
    EXPECT_THAT(Texts(alerts[0].collected[1]), ElementsAre("a", "b", "c"));
  }
}

TEST(ShardTest, ADeadlineIsDecidedWhenOnlyTheClockMoves) {
  HandFed shard({FilterRule("r", 60 * kSecond)}, 5 * kSecond);
  shard.Feed(At({0, 1}));

  EXPECT_THAT(shard.MoveClock(60 * kSecond), IsEmpty());
  EXPECT_THAT(Seconds(shard.MoveClock(60 * kSecond + 1), AlertKind::kClosed),
              ElementsAre(60));
}

TEST(ShardTest, DamagedStateIsRefused) {
  HandFed shard({CountRule("r", 3, 60 * kSecond, kMinute)}, 0);
  shard.Feed(At({0, 1, 2, 3}));
  const std::string bytes = shard.Records();
  // What is cut is damaged, but for between two records: the checkpoint has a
  // sum for that.
  std::size_t whole = 0;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    Shard loaded;
    loaded.Adopt(&shard.set());
    std::string_view rest = std::string_view(bytes).substr(0, size);
    whole += loaded.Load(&rest);
  }
  EXPECT_LE(whole, 8u);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string flipped = bytes;
    flipped[i] ^= 0x55;
    Shard loaded;
    loaded.Adopt(&shard.set());
    std::string_view rest = flipped;
    if (loaded.Load(&rest)) loaded.EndLoad();
  }
}

// Whatever is saved when, a shard that is restored from the records of all
// markers is the shard that was saved.
TEST(ShardTest, ChangesSinceTheMarkersAddUp) {
  std::mt19937_64 random(3);
  for (int run = 0; run < 200; ++run) {
    SCOPED_TRACE(run);
    RuleProgram counts = CountRule("r", 3, 60 * kSecond, kMinute);
    counts.keys = run % 3 == 0 ? 5 : 100;
    RuleProgram collects = CountRule("c", 2, 30 * kSecond);
    collects.collects.emplace_back().name = "seen";
    RuleProgram filter = FilterRule("f", 20 * kSecond);
    filter.keys = 7;
    HandFed shard({counts, collects, filter}, 5 * kSecond);
    shard.shard().TurnSavingOn();
    std::string saved;
    std::int64_t now = 0;
    for (int step = 0; step < 60; ++step) {
      std::vector<HandEvent> events;
      for (std::uint64_t n = random() % 6; n > 0; --n) {
        now += static_cast<std::int64_t>(random() % (5 * kSecond));
        events.push_back({now, "key " + std::to_string(random() % 12),
                          "v" + std::to_string(random() % 4), 0,
                          static_cast<std::uint32_t>(random() % 3)});
      }
      shard.Feed(events);
      // The marker's entries are written some at a time, while others come.
      if (!shard.shard().saved()) shard.shard().SaveSome(random() % 4, &saved);
      if (shard.shard().saved() && random() % 4 == 0) {
        const bool whole = random() % 5 == 0;
        if (whole) saved.clear();
        shard.shard().BeginSave(shard.shard().marker() + 1, whole);
      }
    }
    while (!shard.shard().saved()) shard.shard().SaveSome(2, &saved);
    shard.shard().BeginSave(shard.shard().marker() + 1, false);
    while (!shard.shard().saved()) shard.shard().SaveSome(2, &saved);

    HandFed other({counts, collects, filter}, 5 * kSecond);
    ASSERT_TRUE(other.Load(saved));
    ASSERT_EQ(SortedRecords(other.Records()), SortedRecords(shard.Records()));
  }
}

}  // namespace
}  // namespace tocsin
