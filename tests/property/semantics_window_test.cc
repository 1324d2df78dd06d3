// The sentences of the language's sections on conditions, holds and time, by
// hand; engine and reference evaluator must both say what stands here.
//
// A line reads: time [first,last] n count, f folded, t total, key.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/property/exact_case.h"

namespace tocsin::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<CaseEvent> At(const std::vector<double>& seconds) {
  std::vector<CaseEvent> out;
  for (const double second : seconds) out.push_back({second, ""});
  return out;
}

std::vector<std::string> Count(const std::string& when_then,
                               const std::vector<double>& seconds,
                               double lateness = 5) {
  PipelineOptions options;
  options.lateness_us = static_cast<std::int64_t>(lateness * 1e6);
  return Told("rule r {\n  when " + when_then + "\n}\n", At(seconds), options);
}

TEST(WindowSemanticsTest, SpansAreInclusiveToTheMicrosecond) {
  EXPECT_THAT(Count("count() >= 2 within 3s", {0, 3}),
              ElementsAre("3 [0,3] n2 f0 t1"));
  EXPECT_THAT(Count("count() >= 2 within 3s", {0, 3.000001}), IsEmpty());
}

TEST(WindowSemanticsTest, WindowsSlideAndAreNotAligned) {
  EXPECT_THAT(Count("count() >= 3 within 1m", {59, 60, 61}),
              ElementsAre("61 [59,61] n3 f0 t1"));
  EXPECT_THAT(Count("count() >= 3 within 10s", {9, 19, 28}), IsEmpty());
}

TEST(WindowSemanticsTest, ALateArrivalCompletesASpanOnEitherSide) {
  EXPECT_THAT(Count("count() >= 2 within 3s then every", {0, 5, 7, 0}, 10),
              ElementsAre("7 [5,7] n2 f0 t1", "0 [0,0] n2 f0 t1"));
  EXPECT_THAT(Count("count() >= 3 within 4s then every", {0, 4, 2}, 10),
              ElementsAre("2 [0,4] n3 f0 t1"));
}

TEST(WindowSemanticsTest, EvidenceOfALateArrivalIsTheRunThatEndsEarliest) {
  EXPECT_THAT(
      Count("count() >= 2 within 9s then every", {5, 8, 4, 6}, 10),
      ElementsAre("8 [5,8] n2 f0 t1", "4 [4,5] n2 f0 t1", "6 [5,6] n2 f0 t1"));
}

TEST(WindowSemanticsTest, InTimeOrderTheEvidenceIsTheLatestN) {
  EXPECT_THAT(
      Count("count() >= 2 within 9s then every", {0, 1, 2, 3}),
      ElementsAre("1 [0,1] n2 f0 t1", "2 [1,2] n2 f0 t1", "3 [2,3] n2 f0 t1"));
}

TEST(WindowSemanticsTest, EqualTimesAreDifferentEvents) {
  EXPECT_THAT(Count("count() >= 3 within 1s", {5, 5, 5}),
              ElementsAre("5 [5,5] n3 f0 t1"));
}

TEST(WindowSemanticsTest, OnceFiredTheKeyIsHeldForTheWindowByDefault) {
  EXPECT_THAT(Count("count() >= 2 within 10s", {0, 1, 2, 3, 10.999999, 11}),
              ElementsAre("1 [0,1] n2 f0 t1", "11 [10.999999,11] n2 f3 t5"));
}

TEST(WindowSemanticsTest, AnEventAtExactlyFiredPlusDCanFireAgain) {
  EXPECT_THAT(
      Count("count() >= 1 within 1s then once per 5s", {0, 4.999999, 5}),
      ElementsAre("0 [0,0] n1 f0 t1", "5 [5,5] n1 f1 t3"));
  EXPECT_THAT(Count("count() >= 1 within 1s then once per 5s", {0, 4.999999}),
              ElementsAre("0 [0,0] n1 f0 t1"));
}

TEST(WindowSemanticsTest, AHoldShorterThanTheWindowFiresAgainWithWhatStands) {
  EXPECT_THAT(Count("count() >= 3 within 1m then once per 2s", {0, 1, 2, 3, 4}),
              ElementsAre("2 [0,2] n3 f0 t1", "4 [2,4] n3 f1 t3"));
}

TEST(WindowSemanticsTest, AnEndedIncidentStartsFoldedAndTotalOver) {
  // The hold of 0 ends at 5; the clock is past it when 20 arrives.
  EXPECT_THAT(Count("count() >= 1 within 1s then once per 5s", {0, 1, 2, 20}),
              ElementsAre("0 [0,0] n1 f0 t1", "20 [20,20] n1 f0 t1"));
}

TEST(WindowSemanticsTest, AFilterFiresPerMatch) {
  EXPECT_THAT(Told("rule r { where k == \"a\" }",
                   {{0, R"("k":"a")"}, {1, R"("k":"b")"}, {2, R"("k":"a")"}}),
              ElementsAre("0 [0,0] n1 f0 t1", "2 [2,2] n1 f0 t1"));
}

TEST(WindowSemanticsTest, AFilterCanBeHeldByKey) {
  EXPECT_THAT(Told("rule r { where n == 1 by k then once per 10s }",
                   {{0, R"("n":1,"k":"a")"},
                    {1, R"("n":1,"k":"b")"},
                    {2, R"("n":1,"k":"a")"},
                    {10, R"("n":1,"k":"a")"}}),
              ElementsAre("0 [0,0] n1 f0 t1 k=a", "1 [1,1] n1 f0 t1 k=b",
                          "10 [10,10] n1 f1 t3 k=a"));
}

TEST(WindowSemanticsTest, CountOfAnExpressionTakesOnlyItsEvents) {
  EXPECT_THAT(
      Told(
          "rule r { when count(n > 3) >= 2 within 10s then every }",
          {{0, R"("n":5)"}, {1, R"("n":1)"}, {2, R"("n":9)"}, {3, R"("n":1)"}}),
      ElementsAre("2 [0,2] n2 f0 t1"));
}

TEST(WindowSemanticsTest, GreaterReadsAsOneMoreAndSidesTurnRound) {
  EXPECT_THAT(Count("count() > 2 within 10s", {0, 1, 2}),
              ElementsAre("2 [0,2] n3 f0 t1"));
  EXPECT_THAT(Count("2 <= count() within 10s", {0, 1}),
              ElementsAre("1 [0,1] n2 f0 t1"));
}

TEST(WindowSemanticsTest, DistinctCountsDifferentValues) {
  EXPECT_THAT(Told("rule r { when distinct(s) >= 2 within 10s then every }",
                   {{0, R"("s":"a")"},
                    {1, R"("s":"a")"},
                    {2, R"("s":"b")"},
                    {3, R"("s":"b")"}}),
              ElementsAre("2 [1,2] n2 f0 t1", "3 [1,3] n2 f0 t1"));
}

TEST(WindowSemanticsTest, DistinctWindowsAreInclusive) {
  EXPECT_THAT(Told("rule r { when distinct(s) >= 2 within 3s }",
                   {{0, R"("s":"a")"}, {3, R"("s":"b")"}}),
              ElementsAre("3 [0,3] n2 f0 t1"));
  EXPECT_THAT(Told("rule r { when distinct(s) >= 2 within 3s }",
                   {{0, R"("s":"a")"}, {3.000001, R"("s":"b")"}}),
              IsEmpty());
}

TEST(WindowSemanticsTest, AnEventWithoutTheValueAddsNothingToDistinct) {
  EXPECT_THAT(Told("rule r { when distinct(s) >= 2 within 10s then every }",
                   {{0, R"("s":"a")"}, {1, R"("s":null)"}, {2, ""}}),
              IsEmpty());
  EXPECT_THAT(Told("rule r { when distinct(s, n) >= 2 within 10s then every }",
                   {{0, R"("s":"a","n":1)"},
                    {1, R"("s":"b")"},
                    {2, R"("s":"a","n":2)"}}),
              ElementsAre("2 [0,2] n2 f0 t1"));
}

TEST(WindowSemanticsTest, AListInDistinctCountsEachElement) {
  EXPECT_THAT(Told("rule r { when distinct(l) >= 3 within 10s then every }",
                   {{0, R"("l":["a","b"])"}, {1, R"("l":["b","c"])"}}),
              ElementsAre("1 [0,1] n3 f0 t1"));
  EXPECT_THAT(Told("rule r { when distinct(l) >= 2 within 10s then every }",
                   {{0, R"("l":["a","b"])"}}),
              ElementsAre("0 [0,0] n2 f0 t1"));
}

TEST(WindowSemanticsTest, TuplesDifferWhenAnyPartDoes) {
  EXPECT_THAT(Told("rule r { when distinct(s, t) >= 3 within 10s }",
                   {{0, R"("s":"a","t":"x")"},
                    {1, R"("s":"a","t":"y")"},
                    {2, R"("s":"a","t":"x")"},
                    {3, R"("s":"b","t":"x")"}}),
              ElementsAre("3 [1,3] n3 f0 t1"));
}

TEST(WindowSemanticsTest, AnIntAndAnEqualFloatAreOneValue) {
  EXPECT_THAT(Told("rule r { when distinct(x) >= 2 within 10s }",
                   {{0, R"("x":1)"}, {1, R"("x":1.0)"}, {2, R"("x":"1")"}}),
              ElementsAre("2 [1,2] n2 f0 t1"));
}

TEST(WindowSemanticsTest, AggregatesJoinedByAndShareTheWindow) {
  const std::string rule =
      "rule r { when count() >= 3 and distinct(s) >= 2 within 10s then every }";
  EXPECT_THAT(
      Told(rule, {{0, R"("s":"a")"}, {1, R"("s":"a")"}, {2, R"("s":"a")"}}),
      IsEmpty());
  EXPECT_THAT(
      Told(rule, {{0, R"("s":"a")"}, {1, R"("s":"a")"}, {2, R"("s":"b")"}}),
      ElementsAre("2 [0,2] n3 f0 t1"));
  EXPECT_THAT(Told(rule, {{0, R"("s":"b")"},
                          {8, R"("s":"a")"},
                          {10.5, R"("s":"a")"},
                          {11, R"("s":"a")"}}),
              IsEmpty());
}

TEST(WindowSemanticsTest, AnEventPastTheLatenessIsStillLookedAt) {
  // 20 puts the clock at 15; the event at 14 is late and meets what is kept.
  EXPECT_THAT(Count("count() >= 2 within 6s then every", {13, 20, 14}),
              ElementsAre("14 [13,14] n2 f0 t1"));
}

TEST(WindowSemanticsTest, OneClockFarAheadMovesNothing) {
  // 4000 is more than max_skew ahead and alone: 1 and 2 are not late, and the
  // hold of 0 is not ended by it.
  EXPECT_THAT(
      Count("count() >= 1 within 1s then once per 5s", {0, 4000, 1, 2, 5}),
      ElementsAre("0 [0,0] n1 f0 t1", "4000 [4000,4000] n1 f0 t2"));
}

TEST(WindowSemanticsTest, AFirstClockFarAheadMovesNothing) {
  EXPECT_THAT(Count("count() >= 2 within 5s then every", {4000, 1, 2, 5}),
              ElementsAre("2 [1,2] n2 f0 t1", "5 [2,5] n2 f0 t1"));
}

TEST(WindowSemanticsTest, ARepeatedEventCountsOnceWithinFifteenMinutes) {
  std::vector<std::string> lines = Lines(At({0, 1}));
  lines.insert(lines.begin() + 1, lines[0]);
  EXPECT_THAT(
      ToldLines("rule r { when count() >= 2 within 10s then every }", lines),
      ElementsAre("1 [0,1] n2 f0 t1"));
}

TEST(WindowSemanticsTest, ALineAndAnItemOfAnEnvelopeAreOneEvent) {
  std::vector<std::string> lines = Lines(At({0, 1}));
  lines.push_back("{\"records\":[" + lines[0] + "," + lines[1] + "]}");
  EXPECT_THAT(
      ToldLines("rule r { when count() >= 1 within 10s then every }", lines),
      ElementsAre("0 [0,0] n1 f0 t1", "1 [1,1] n1 f0 t1"));
}

TEST(WindowSemanticsTest, WithIdentityPositionEqualLinesAreTwoEvents) {
  const std::string schema = R"(
schema plain.lines {
  time at as epoch_s
  identity position
  fields { at int }
}
use plain.lines
rule r { when count() >= 2 within 10s then every }
)";
  EXPECT_THAT(ToldAlone(schema, {"{\"at\":1767225600}", "{\"at\":1767225600}"}),
              ElementsAre("0 [0,0] n2 f0 t1"));
}

}  // namespace
}  // namespace tocsin::testing
