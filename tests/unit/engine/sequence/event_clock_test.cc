#include "engine/sequence/event_clock.h"

#include "engine/sequence/clock_stage.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tocsin {
namespace {

TEST(EventClockTest, IsTheLatestTimeLessTheLatenessAndNeverFalls) {
  EventClock clock(5, 100, 1);
  EXPECT_EQ(clock.clock_us(), EventClock::kNone);

  clock.Show(0, 50);
  EXPECT_EQ(clock.clock_us(), EventClock::kNone);
  clock.Show(0, 50);
  EXPECT_EQ(clock.clock_us(), 45);
  clock.Show(0, 40);
  EXPECT_EQ(clock.clock_us(), 45);
  clock.Show(0, 150);  // Exactly max_skew ahead.
  EXPECT_EQ(clock.clock_us(), 145);
}

TEST(EventClockTest, AFirstEventFarAheadOfTheSecondWasAnOutlier) {
  EventClock clock(5, 100, 1);
  EXPECT_FALSE(clock.Show(0, 1'101));
  EXPECT_TRUE(clock.Show(0, 1'000));  // One past max_skew.
  EXPECT_EQ(clock.clock_us(), 995);
  EXPECT_FALSE(clock.Show(0, 1'001));
  EXPECT_EQ(clock.clock_us(), 996);

  EventClock within(5, 100, 1);
  EXPECT_FALSE(within.Show(0, 1'100));
  EXPECT_FALSE(within.Show(0, 1'000));
  EXPECT_EQ(within.clock_us(), 1'095);
}

TEST(EventClockTest, WhatASourceHasPassedNeedsNoConfirmation) {
  EventClock clock(5, 100, 2);
  clock.Pass(0, 1'000);
  EXPECT_EQ(clock.clock_us(), EventClock::kNone);  // The other holds it.
  clock.SetIdle(1);
  EXPECT_EQ(clock.clock_us(), 995);
  clock.Pass(0, 900);
  EXPECT_EQ(clock.clock_us(), 995);
  clock.Show(0, 1'200);  // In doubt, until the source says more.
  clock.Pass(0, 1'300);
  EXPECT_EQ(clock.clock_us(), 1'295);
}

TEST(EventClockTest, ASecondEventFarAheadOfTheFirstIsInDoubtItself) {
  EventClock clock(0, 100, 1);
  clock.Show(0, 10);
  EXPECT_FALSE(clock.Show(0, 1'000));
  EXPECT_EQ(clock.clock_us(), 10);
  EXPECT_TRUE(clock.Show(0, 11));
  EXPECT_EQ(clock.clock_us(), 11);
}

TEST(EventClockTest, TheOnlyEventOfASourceCountsAtTheEnd) {
  EventClock clock(5, 100, 2);
  clock.Show(0, 70);
  EXPECT_EQ(clock.latest_us(0), EventClock::kNone);
  EXPECT_EQ(clock.assumed_us(0), 70);
  clock.SetIdle(0);
  EXPECT_EQ(clock.clock_us(), EventClock::kNone);
  clock.End(false);
  EXPECT_EQ(clock.clock_us(), 71);
}

TEST(EventClockTest, AJumpThatTheNextEventConfirmsMovesTheClock) {
  EventClock clock(0, 100, 1);
  clock.Show(0, 0);
  clock.Show(0, 0);

  EXPECT_FALSE(clock.Show(0, 1'000));
  EXPECT_EQ(clock.clock_us(), 0);
  EXPECT_FALSE(clock.Show(0, 1'002));
  EXPECT_EQ(clock.clock_us(), 1'002);
}

TEST(EventClockTest, AJumpThatTheNextEventIsBehindWasAnOutlier) {
  EventClock clock(0, 100, 1);
  clock.Show(0, 0);
  clock.Show(0, 0);
  clock.Show(0, 1'000);

  EXPECT_TRUE(clock.Show(0, 1));
  EXPECT_EQ(clock.clock_us(), 1);
  EXPECT_FALSE(clock.Show(0, 2));
}

// A bad clock right before a real gap confirms the gap, not itself.
TEST(EventClockTest, OfTwoJumpsTheNearerIsConfirmed) {
  EventClock clock(0, 100, 1);
  clock.Show(0, 0);
  clock.Show(0, 0);
  clock.Show(0, 1'000'000);

  EXPECT_FALSE(clock.Show(0, 500));
  EXPECT_EQ(clock.clock_us(), 500);
  EXPECT_TRUE(clock.Show(0, 501));
  EXPECT_EQ(clock.clock_us(), 501);
}

TEST(EventClockTest, IsTheLeastOfTheRunningSources) {
  EventClock clock(0, 1'000, 2);
  clock.Show(0, 99);
  clock.Show(0, 100);
  EXPECT_EQ(clock.clock_us(), EventClock::kNone);
  clock.Show(1, 49);
  clock.Show(1, 50);
  EXPECT_EQ(clock.clock_us(), 50);

  clock.SetIdle(1);
  EXPECT_EQ(clock.clock_us(), 100);
  clock.Advance(500);  // One runs.
  EXPECT_EQ(clock.clock_us(), 100);
  clock.SetIdle(0);
  clock.Advance(500);
  EXPECT_EQ(clock.clock_us(), 500);
  clock.Show(1, 60);
  EXPECT_EQ(clock.clock_us(), 500);
}

TEST(EventClockTest, TheEndMakesDueWhatIsDueByTheLatestTime) {
  EventClock clock(5, 100, 2);
  clock.Show(0, 10);
  clock.Show(1, 30);

  clock.End(false);
  EXPECT_EQ(clock.clock_us(), 31);
  clock.End(true);
  EXPECT_EQ(clock.clock_us(), INT64_MAX);
}

TEST(EventClockTest, ExtremeTimesDoNotOverflow) {
  EventClock clock(5, 100, 1);
  clock.Show(0, INT64_MIN + 1);
  clock.Show(0, INT64_MIN + 1);
  EXPECT_EQ(clock.clock_us(), EventClock::kNone);
  clock.Show(0, INT64_MAX);
  clock.Show(0, INT64_MAX);
  EXPECT_EQ(clock.clock_us(), INT64_MAX - 5);
}

// ---- the stage ----

EventBatch Rows(const std::vector<std::int64_t>& times) {
  EventBatch batch;
  for (const std::int64_t time : times) {
    Row row;
    row.time_us = time;
    row.fate = time == -1 ? Fate::kMalformed : Fate::kEvent;
    batch.rows.push_back(row);
  }
  return batch;
}

MatchResult MatchedAt(const std::vector<std::uint32_t>& rows) {
  MatchResult matched;
  for (const std::uint32_t row : rows) {
    matched.events.emplace_back();
    matched.events.back().row = row;
  }
  return matched;
}

RuleSet OneSchema(bool position) {
  RuleSet set;
  set.schemas.emplace_back();
  set.schemas[0].identity_position = position;
  return set;
}

TEST(ClockStageTest, PositionsCountEventsAndOthersHaveNone) {
  ClockStage stage(5, 1'000, {"a"});
  EventBatch batch = Rows({100, -1, 110, 101, kNoTime});
  MatchResult matched = MatchedAt({0, 2, 3, 4});
  Stamped stamped;
  std::size_t event = 0;

  stage.Stamp(0, OneSchema(false), 0, 5, &batch, &matched, &event, &stamped);

  EXPECT_EQ(stamped.first_position, 1u);
  EXPECT_THAT(stamped.clocks,
              ::testing::ElementsAre(EventClock::kNone, 105, 105, 105));
  EXPECT_EQ(stamped.late, 1u);
  EXPECT_EQ(matched.events[1].position, 2u);
  EXPECT_TRUE(matched.events[2].late);
  EXPECT_EQ(matched.events[3].time_us, 110);  // The source's latest.
  EXPECT_EQ(stamped.first_us, 100);
  EXPECT_EQ(stamped.last_us, 110);
  EXPECT_EQ(stage.next_position(), 5u);
}

TEST(ClockStageTest, AnEventWithoutATimeBehindTheFirstTakesThatTime) {
  ClockStage stage(5, 1'000, {"a"});
  EventBatch batch = Rows({kNoTime, 100, kNoTime, 90});
  MatchResult matched = MatchedAt({0, 1, 2, 3});
  Stamped stamped;
  std::size_t event = 0;
  stage.Stamp(0, OneSchema(false), 0, 4, &batch, &matched, &event, &stamped);
  EXPECT_EQ(matched.events[0].time_us, 0);
  EXPECT_EQ(matched.events[2].time_us, 100);
  EXPECT_EQ(stamped.clock_us, 95);
}

TEST(ClockStageTest, IdentityByPositionIsTheOrdinalInItsSource) {
  const auto identities = [](std::vector<std::string> names,
                             std::size_t source) {
    ClockStage stage(5, 1'000, std::move(names));
    EventBatch batch = Rows({1, 2});
    MatchResult matched = MatchedAt({0, 1});
    Stamped stamped;
    std::size_t event = 0;
    stage.Stamp(source, OneSchema(true), 0, 2, &batch, &matched, &event,
                &stamped);
    return std::make_pair(matched.events[0].identity,
                          matched.events[1].identity);
  };

  EXPECT_NE(identities({"a"}, 0).first, identities({"a"}, 0).second);
  EXPECT_EQ(identities({"a"}, 0), identities({"b"}, 0));
  EXPECT_NE(identities({"a", "b"}, 0), identities({"a", "b"}, 1));
}

TEST(ClockStageTest, GoesOnFromItsSavedBytes) {
  ClockStage stage(5, 100, {"a", "b"});
  stage.clock().Show(0, 10);
  stage.clock().Show(0, 10);
  stage.clock().Show(0, 1'000);
  stage.clock().Show(1, 20);
  stage.clock().Show(1, 20);
  std::string bytes;
  stage.Save(&bytes);
  stage.SaveSource(0, &bytes);
  stage.SaveSource(1, &bytes);
  const auto load = [](std::string_view rest, ClockStage* into) {
    return into->Load(&rest) && into->LoadSource(0, &rest) &&
           into->LoadSource(1, &rest) && rest.empty();
  };

  ClockStage loaded(5, 100, {"a", "b"});
  ASSERT_TRUE(load(bytes, &loaded));
  EXPECT_EQ(loaded.clock().clock_us(), 5);
  EXPECT_TRUE(loaded.clock().Show(0, 11));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(load(std::string_view(bytes).substr(0, size), &loaded));
  }
}

TEST(EventClockTest, EachSourceHasItsLateness) {
  EventClock clock(5, 1'000, 2);
  clock.SetLateness(1, 35);
  for (const std::int64_t time : {100, 101}) {
    clock.Show(0, time);
    clock.Show(1, time);
  }
  EXPECT_EQ(clock.clock_us(), 66);
  clock.SetIdle(1);
  EXPECT_EQ(clock.clock_us(), 96);
}

}  // namespace
}  // namespace tocsin
