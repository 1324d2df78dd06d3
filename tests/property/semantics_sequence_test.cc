// The sentences of the language on sequences, absence and parts, by hand;
// engine and reference evaluator must both say what stands here.
//
// A line reads: time [first,last] n count, f folded, t total, key. In the
// texts of events each letter names an event of the rule: "ab" is both.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/property/exact_case.h"

namespace tocsin::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(SequenceSemanticsTest, SpansAreInclusiveToTheMicrosecond) {
  const std::string rule = "when A then B within 3s then every";
  EXPECT_THAT(Steps(rule, {{0, "a"}, {3, "b"}}),
              ElementsAre("3 [0,3] n2 f0 t1"));
  EXPECT_THAT(Steps(rule, {{0, "a"}, {3.000001, "b"}}), IsEmpty());
}

TEST(SequenceSemanticsTest, StepsNeedDifferentEvents) {
  const std::string rule = "when A then B within 3s then every";
  EXPECT_THAT(Steps(rule, {{0, "ab"}}), IsEmpty());
  EXPECT_THAT(Steps(rule, {{0, "ab"}, {1, "ab"}}),
              ElementsAre("1 [0,1] n2 f0 t1"));
}

TEST(SequenceSemanticsTest, OfEqualTimesThePlaceInTheSequenceDecides) {
  const std::string rule = "when A then B within 3s then every";
  EXPECT_THAT(Steps(rule, {{0, "a"}, {0, "b"}}),
              ElementsAre("0 [0,0] n2 f0 t1"));
  EXPECT_THAT(Steps(rule, {{0, "b"}, {0, "a"}}), IsEmpty());
}

TEST(SequenceSemanticsTest, TimeOrderCountsNotTheOrderOfArrival) {
  const std::string rule = "when A then B within 3s then every";
  EXPECT_THAT(Steps(rule, {{1, "b"}, {0, "a"}}),
              ElementsAre("0 [0,1] n2 f0 t1"));
  EXPECT_THAT(Steps(rule, {{1, "a"}, {0, "b"}}), IsEmpty());
  EXPECT_THAT(
      Steps("when A then B then C within 5s", {{0, "a"}, {2, "c"}, {1, "b"}}),
      ElementsAre("1 [0,2] n3 f0 t1"));
}

TEST(SequenceSemanticsTest, NothingIsConsumed) {
  EXPECT_THAT(Steps("when A then B within 3s then every",
                    {{0, "a"}, {1, "b"}, {2, "b"}}),
              ElementsAre("1 [0,1] n2 f0 t1", "2 [0,2] n2 f0 t1"));
}

TEST(SequenceSemanticsTest, EvidenceEndsEarliestAndBeginsLatest) {
  const std::string rule = "when A then B within 9s then every";
  EXPECT_THAT(Steps(rule, {{0, "a"}, {1, "a"}, {2, "b"}}),
              ElementsAre("2 [1,2] n2 f0 t1"));
  EXPECT_THAT(Steps(rule, {{3, "b"}, {4, "b"}, {1, "a"}, {2, "a"}}),
              ElementsAre("1 [1,3] n2 f0 t1", "2 [2,3] n2 f0 t1"));
}

TEST(SequenceSemanticsTest, ByDefaultTheKeyIsHeldForTheWindow) {
  EXPECT_THAT(Steps("when A then B within 3s",
                    {{0, "a"}, {1, "b"}, {2, "b"}, {4, "a"}, {4, "b"}}),
              ElementsAre("1 [0,1] n2 f0 t1", "4 [4,4] n2 f1 t3"));
}

TEST(SequenceSemanticsTest, ThreeStepsStandInTheirOrder) {
  const std::string rule = "when A then B then C within 5s then every";
  EXPECT_THAT(Steps(rule, {{0, "a"}, {1, "b"}, {2, "c"}}),
              ElementsAre("2 [0,2] n3 f0 t1"));
  EXPECT_THAT(Steps(rule, {{0, "b"}, {1, "a"}, {2, "c"}}), IsEmpty());
  EXPECT_THAT(Steps(rule, {{0, "a"}, {3, "b"}, {5.000001, "c"}}), IsEmpty());
  EXPECT_THAT(Steps(rule, {{0, "a"}, {1, "bc"}, {2, "c"}}),
              ElementsAre("2 [0,2] n3 f0 t1"));
}

TEST(SequenceSemanticsTest, AStepMayComeTwice) {
  EXPECT_THAT(Steps("when A then B then A within 5s then every",
                    {{0, "a"}, {1, "b"}, {2, "a"}}),
              ElementsAre("2 [0,2] n3 f0 t1"));
  EXPECT_THAT(
      Steps("when A then B then A within 5s then every", {{1, "b"}, {2, "a"}}),
      IsEmpty());
}

TEST(SequenceSemanticsTest, ARunIsSoManyEventsAllBeforeTheNextStep) {
  const std::string rule = "when A x3 then B within 10s then every";
  EXPECT_THAT(Steps(rule, {{0, "a"}, {1, "a"}, {2, "a"}, {3, "b"}}),
              ElementsAre("3 [0,3] n4 f0 t1"));
  EXPECT_THAT(Steps(rule, {{0, "a"}, {1, "a"}, {2, "b"}, {3, "a"}}), IsEmpty());
  EXPECT_THAT(Steps(rule, {{0, "a"}, {1, "a"}, {1.5, "b"}, {2, "a"}, {3, "b"}}),
              ElementsAre("3 [0,3] n4 f0 t1"));
  EXPECT_THAT(Steps(rule, {{0, "a"}, {1, "a"}, {2, "a"}, {3, "a"}, {4, "b"}}),
              ElementsAre("4 [1,4] n4 f0 t1"));
  EXPECT_THAT(Steps(rule, {{0, "a"}, {1, "a"}, {3, "b"}, {2, "a"}}),
              ElementsAre("2 [0,3] n4 f0 t1"));
}

TEST(SequenceSemanticsTest, TheWholeSpanOfARunIsWithinTheWindow) {
  const std::string rule = "when A x2 then B within 10s then every";
  EXPECT_THAT(Steps(rule, {{0, "a"}, {1, "a"}, {10, "b"}}),
              ElementsAre("10 [0,10] n3 f0 t1"));
  EXPECT_THAT(Steps(rule, {{0, "a"}, {1, "a"}, {10.000001, "b"}}), IsEmpty());
}

TEST(SequenceSemanticsTest, WithoutWaitsForTheClock) {
  const std::string rule = "when A then B without C within 5s then every";
  EXPECT_THAT(Steps(rule, {{0, "a"}, {2, "b"}, {8, "-"}}),
              ElementsAre("2 [0,2] n2 f0 t1"));
  EXPECT_THAT(Steps(rule, {{0, "a"}, {2, "b"}}),
              ElementsAre("2 [0,2] n2 f0 t1"));
  EXPECT_THAT(Steps(rule, {{0, "a"}, {1, "c"}, {2, "b"}, {8, "-"}}), IsEmpty());
  EXPECT_THAT(Steps(rule, {{0, "a"}, {2, "b"}, {1, "c"}, {8, "-"}}), IsEmpty());
  EXPECT_THAT(Steps(rule, {{0, "a"}, {1, "c"}, {1.5, "a"}, {2, "b"}}),
              ElementsAre("2 [1.5,2] n2 f0 t1"));
}

TEST(SequenceSemanticsTest, WithoutLooksStrictlyBetweenFirstAndLast) {
  const std::string rule = "when A then B without C within 5s then every";
  EXPECT_THAT(Steps(rule, {{0, "ac"}, {2, "b"}}),
              ElementsAre("2 [0,2] n2 f0 t1"));
  EXPECT_THAT(Steps(rule, {{0, "a"}, {2, "bc"}}),
              ElementsAre("2 [0,2] n2 f0 t1"));
  EXPECT_THAT(Steps(rule, {{0, "a"}, {0, "c"}, {2, "b"}}), IsEmpty());
  EXPECT_THAT(Steps(rule, {{0, "c"}, {0, "a"}, {2, "b"}}),
              ElementsAre("2 [0,2] n2 f0 t1"));
  EXPECT_THAT(Steps(rule, {{0, "a"}, {2, "b"}, {2, "c"}}),
              ElementsAre("2 [0,2] n2 f0 t1"));
}

TEST(SequenceSemanticsTest, WithoutSpansAllStepsFromFirstToLast) {
  const std::string rule =
      "when A then B then C without D within 9s then every";
  EXPECT_THAT(Steps(rule, {{0, "a"}, {1, "b"}, {2, "d"}, {3, "c"}}), IsEmpty());
  EXPECT_THAT(Steps(rule, {{0, "a"}, {1, "d"}, {2, "a"}, {3, "b"}, {4, "c"}}),
              ElementsAre("4 [2,4] n3 f0 t1"));
}

std::vector<std::string> Numbered(
    const std::string& when,
    const std::vector<std::pair<double, std::string>>& events) {
  std::vector<CaseEvent> lines;
  for (const auto& [second, text] : events) {
    std::string members = "\"s\":\"" + text.substr(0, 1) + "\"";
    if (text.size() > 1) members += ",\"n\":" + text.substr(1);
    lines.push_back({second, members});
  }
  return Told("rule r { event A = s == \"a\" event B = s == \"b\"\n when " +
                  when + " within 9s then every }",
              lines);
}

TEST(SequenceSemanticsTest, WhereComparesTheFieldsOfTheSteps) {
  const std::string rule = "A then B where B.n != A.n";
  EXPECT_THAT(Numbered(rule, {{0, "a1"}, {1, "b1"}}), IsEmpty());
  EXPECT_THAT(Numbered(rule, {{0, "a1"}, {1, "b2"}}),
              ElementsAre("1 [0,1] n2 f0 t1"));
  EXPECT_THAT(Numbered(rule, {{0, "a1"}, {1, "a2"}, {2, "b2"}}),
              ElementsAre("2 [0,2] n2 f0 t1"));
  EXPECT_THAT(Numbered(rule, {{0, "a1"}, {1, "b"}}),
              ElementsAre("1 [0,1] n2 f0 t1"));
  EXPECT_THAT(Numbered("A then B where B.n == A.n", {{0, "a"}, {1, "b"}}),
              IsEmpty());
}

TEST(SequenceSemanticsTest, WhereChoosesAmongAllEarlierSteps) {
  const std::string rule = "A then B where B.n > A.n";
  EXPECT_THAT(Numbered(rule, {{0, "a1"}, {1, "a5"}, {2, "a7"}, {3, "b4"}}),
              ElementsAre("3 [0,3] n2 f0 t1"));
  EXPECT_THAT(Numbered("A then B where B.n == A.n + 1",
                       {{0, "a1"}, {1, "a2"}, {2, "a3"}, {3, "b2"}}),
              ElementsAre("3 [0,3] n2 f0 t1"));
}

TEST(SequenceSemanticsTest, EventsHaveKeysOfTheirOwn) {
  const std::string rule =
      "rule r { event A by s as who = n == 1 event B by t as who = n == 2\n"
      " when A then B within 9s then every }";
  EXPECT_THAT(Told(rule, {{0, R"("n":1,"s":"x","t":"q")"},
                          {1, R"("n":2,"s":"q","t":"x")"},
                          {2, R"("n":2,"s":"x","t":"z")"}}),
              ElementsAre("1 [0,1] n2 f0 t1 who=x"));
}

TEST(SequenceSemanticsTest, EventsHaveSchemasOfTheirOwn) {
  const std::string schemas = R"(
schema one.in { time at as epoch_s  identity id  match exists(one)
  fields { at int id string one string? } }
schema two.out { time at as epoch_s  identity id  match exists(two)
  fields { at int id string two string? } }
rule r {
  event A from one.in by one as k = exists(one)
  event B from two.out by two as k = exists(two)
  when A then B within 9s
  then every
}
)";
  EXPECT_THAT(ToldAlone(schemas, {R"({"at":1767225600,"id":"1","one":"x"})",
                                  R"({"at":1767225601,"id":"2","two":"y"})",
                                  R"({"at":1767225602,"id":"3","two":"x"})"}),
              ElementsAre("2 [0,2] n2 f0 t1 k=x"));
}

TEST(SequenceSemanticsTest, WhereAndUnlessOfTheRuleAreOfEachEvent) {
  EXPECT_THAT(Told("rule r { where n > 0 unless k == \"no\"\n"
                   " event A = s == \"a\" event B = s == \"b\"\n"
                   " when A then B within 9s then every }",
                   {{0, R"("n":0,"s":"a")"},
                    {1, R"("n":1,"s":"b")"},
                    {2, R"("n":1,"s":"a","k":"no")"},
                    {3, R"("n":1,"s":"b")"},
                    {4, R"("n":1,"s":"a")"},
                    {5, R"("n":1,"s":"b")"}}),
              ElementsAre("5 [4,5] n2 f0 t1"));
}

TEST(SequenceSemanticsTest, CountOfAnEventTakesItsEventsOnly) {
  EXPECT_THAT(Steps("when count(A) >= 2 and count(B) >= 1 within 5s then every",
                    {{0, "b"}, {1, "a"}, {5, "a"}, {5.000001, "a"}}),
              ElementsAre("5 [0,5] n2 f0 t1"));
}

TEST(PartsSemanticsTest, AllPartsLieInASpanOfTheWindowInAnyOrder) {
  const std::string rule = "when all of (A, B, C) within 5s then every";
  EXPECT_THAT(Steps(rule, {{0, "c"}, {1, "a"}, {5, "b"}}),
              ElementsAre("5 [0,5] n3 f0 t1"));
  EXPECT_THAT(Steps(rule, {{0, "c"}, {1, "a"}, {5.000001, "b"}}), IsEmpty());
  EXPECT_THAT(Steps(rule, {{0, "c"}, {5, "b"}, {1, "a"}}),
              ElementsAre("1 [0,5] n3 f0 t1"));
}

TEST(PartsSemanticsTest, SoManyDifferentParts) {
  const std::string rule = "when 2 of (A, B, C) within 5s then every";
  EXPECT_THAT(Steps(rule, {{0, "a"}, {1, "a"}}), IsEmpty());
  EXPECT_THAT(Steps(rule, {{0, "a"}, {1, "a"}, {2, "c"}}),
              ElementsAre("2 [1,2] n2 f0 t1"));
}

TEST(PartsSemanticsTest, OneEventMayServeSeveral) {
  EXPECT_THAT(
      Steps("when all of (A, B) within 5s then every", {{0, "a"}, {9, "ab"}})
          .size(),
      1u);
}

TEST(ThenNotSemanticsTest, TheIntervalIsClosedAtTheDeadline) {
  const std::string rule = "when A then not B within 3s";
  EXPECT_THAT(Steps(rule, {{0, "a"}, {9, "-"}}),
              ElementsAre("3 [0,0] n1 f0 t1"));
  EXPECT_THAT(Steps(rule, {{0, "a"}, {3, "b"}, {9, "-"}}), IsEmpty());
  EXPECT_THAT(Steps(rule, {{0, "a"}, {3.000001, "b"}, {9, "-"}}),
              ElementsAre("3 [0,0] n1 f0 t1"));
}

TEST(ThenNotSemanticsTest, ItIsOpenAtTheFirstEvent) {
  const std::string rule = "when A then not B within 3s";
  EXPECT_THAT(Steps(rule, {{0, "b"}, {1, "a"}, {9, "-"}}),
              ElementsAre("4 [1,1] n1 f0 t1"));
  EXPECT_THAT(Steps(rule, {{0, "b"}, {0, "a"}, {9, "-"}}),
              ElementsAre("3 [0,0] n1 f0 t1"));
  EXPECT_THAT(Steps(rule, {{0, "a"}, {0, "b"}, {9, "-"}}), IsEmpty());
}

TEST(ThenNotSemanticsTest, LaterOnesJoinTheEarliestUnsettled) {
  EXPECT_THAT(
      Steps("when A then not B within 3s", {{0, "a"}, {1, "a"}, {9, "-"}}),
      ElementsAre("3 [0,0] n1 f0 t1"));
  EXPECT_THAT(Steps("when A then not B within 3s",
                    {{0, "a"}, {1, "a"}, {2, "b"}, {9, "-"}}),
              IsEmpty());
  EXPECT_THAT(Steps("when A then not B within 3s",
                    {{0, "a"}, {1, "b"}, {2, "a"}, {9, "-"}}),
              ElementsAre("5 [2,2] n1 f0 t1"));
  EXPECT_THAT(
      Steps("when A then not B within 3s", {{0, "a"}, {3.5, "a"}, {12, "-"}}),
      ElementsAre("3 [0,0] n1 f0 t1", "6.5 [3.5,3.5] n1 f0 t1"));
}

TEST(ThenNotSemanticsTest, UnderEveryEachHasItsOwnDeadline) {
  const std::string rule = "when A then not B within 3s then every";
  EXPECT_THAT(Steps(rule, {{0, "a"}, {1, "a"}, {9, "-"}}),
              ElementsAre("3 [0,0] n1 f0 t1", "4 [1,1] n1 f0 t1"));
  EXPECT_THAT(Steps(rule, {{0, "a"}, {1, "a"}, {3.5, "b"}, {9, "-"}}),
              ElementsAre("3 [0,0] n1 f0 t1"));
}

TEST(ThenNotSemanticsTest, AtTheEndWhatIsDueUpToTheLatestTimeIsDecided) {
  const std::string rule = "when A then not B within 3s";
  EXPECT_THAT(Steps(rule, {{0, "a"}, {3, "-"}}),
              ElementsAre("3 [0,0] n1 f0 t1"));
  EXPECT_THAT(Steps(rule, {{0, "a"}, {2.999999, "-"}}), IsEmpty());
}

TEST(ThenNotSemanticsTest, WhatComesWithinTheLatenessStillSettles) {
  EXPECT_THAT(Steps("when A then not B within 3s",
                    {{0, "a"}, {7, "-"}, {2, "b"}, {20, "-"}}),
              IsEmpty());
}

TEST(ThenNotSemanticsTest, WhatComesBehindTheClockIsSeenOnlyUnderLateNow) {
  const std::string rule = "when A then not B within 3s";
  const std::vector<std::pair<double, std::string>> events = {
      {0, "a"}, {7.5, "-"}, {2, "b"}, {20, "-"}};
  EXPECT_THAT(Steps(rule, events), ElementsAre("3 [0,0] n1 f0 t1"));
  EXPECT_THAT(Steps(rule + " late now", events), IsEmpty());
}

TEST(NotThenSemanticsTest, NothingBeforeWithinTheWindow) {
  const std::string rule = "when not A then B within 3s then every";
  EXPECT_THAT(Steps(rule, {{5, "b"}, {12, "-"}}),
              ElementsAre("5 [5,5] n1 f0 t1"));
  EXPECT_THAT(Steps(rule, {{2, "a"}, {5, "b"}, {12, "-"}}), IsEmpty());
  EXPECT_THAT(Steps(rule, {{1.999999, "a"}, {5, "b"}, {12, "-"}}),
              ElementsAre("5 [5,5] n1 f0 t1"));
}

TEST(NotThenSemanticsTest, BeforeIsByTimeThenPosition) {
  const std::string rule = "when not A then B within 3s then every";
  EXPECT_THAT(Steps(rule, {{5, "a"}, {5, "b"}, {12, "-"}}), IsEmpty());
  EXPECT_THAT(Steps(rule, {{5, "b"}, {5, "a"}, {12, "-"}}),
              ElementsAre("5 [5,5] n1 f0 t1"));
  EXPECT_THAT(Steps(rule, {{5, "ab"}, {12, "-"}}),
              ElementsAre("5 [5,5] n1 f0 t1"));
  EXPECT_THAT(Steps(rule, {{5, "b"}, {4, "a"}, {12, "-"}}), IsEmpty());
}

}  // namespace
}  // namespace tocsin::testing
