// The sentences of the language on aggregates, panes, ratios, windows that do
// not slide, first-seen and silence, by hand; engine and reference evaluator
// must both say what stands here.
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
using ::testing::UnorderedElementsAre;

using Numbers = std::vector<std::pair<double, std::string>>;

// Each event: its second, and the JSON of `field`; "" leaves the field out.
std::vector<std::string> Of(const std::string& field,
                            const std::string& when_then,
                            const Numbers& events) {
  std::vector<CaseEvent> lines;
  for (const auto& [second, value] : events) {
    lines.push_back(
        {second, value.empty() ? "" : "\"" + field + "\":" + value});
  }
  return Told("rule r {\n  when " + when_then + "\n}\n", lines);
}

std::vector<std::string> OfS(const std::string& when_then,
                             const Numbers& events) {
  Numbers quoted;
  for (const auto& [second, value] : events) {
    quoted.emplace_back(second, "\"" + value + "\"");
  }
  return Of("s", when_then, quoted);
}

TEST(AggregateSemanticsTest, ASumOfWhatIsNeverNegativeIsDecidedOnArrival) {
  EXPECT_THAT(Of("p", "sum(p) >= 10 within 1m then every",
                 {{0, "4"}, {1, "6"}, {2, "1"}}),
              ElementsAre("1 [0,1] n2 f0 t1", "2 [0,2] n3 f0 t1"));
  EXPECT_THAT(
      Of("p", "sum(p) >= 10 within 1m then every", {{9, "9"}, {8, "1"}}).size(),
      1u);
}

TEST(AggregateSemanticsTest, EvidenceReachesBackToWhatOnlyPanesHold) {
  // So many before that entries of the last window are gone when it is decided.
  EXPECT_THAT(Of("n", "sum(n) >= 6 within 1m then every",
                 {{10, "1"},
                  {11, "1"},
                  {75, "2"},
                  {76, "2"},
                  {105, "1"},
                  {167, "1"},
                  {168, "1"},
                  {169, "1"},
                  {170, "1"},
                  {259, "1"},
                  {290, "2"},
                  {291, "1"},
                  {293, "1"},
                  {340, "2"}}),
              ElementsAre("340 [290,340] n4 f0 t1"));
}

TEST(AggregateSemanticsTest, PanesThatTouchTheWindowCountWhole) {
  // Panes of one second: 60.5 - 60 lies in the pane of 0.2.
  EXPECT_THAT(
      Of("p", "sum(p) >= 6 within 1m then every", {{0.2, "5"}, {60.5, "1"}})
          .size(),
      1u);
  EXPECT_THAT(
      Of("p", "sum(p) >= 6 within 1m then every", {{0.2, "5"}, {61, "1"}}),
      IsEmpty());
  EXPECT_THAT(
      Of("n", "avg(n) > 2 within 1m then every", {{0.2, "5"}, {60.9, "0"}})
          .size(),
      2u);
  EXPECT_THAT(
      Of("n", "avg(n) > 2 within 1m then every", {{0.2, "5"}, {61, "0"}})
          .size(),
      1u);
}

TEST(AggregateSemanticsTest, AnAverageIsDecidedOncePerEvent) {
  EXPECT_THAT(Of("n", "avg(n) > 5 within 1m then every",
                 {{0, "4"}, {10, "8"}, {20, "0"}}),
              ElementsAre("10 [0,10] n2 f0 t1"));
  EXPECT_THAT(Of("n", "avg(n) > 5 within 1m then every", {{10, "8"}, {9, "0"}}),
              IsEmpty());
}

TEST(AggregateSemanticsTest, AMaximumAtLeastIsACountOfSuchValues) {
  EXPECT_THAT(Of("n", "max(n) >= 7 within 1m then every",
                 {{0, "5"}, {1, "7"}, {2, "6"}}),
              ElementsAre("1 [1,1] n1 f0 t1"));
  EXPECT_THAT(Of("n", "min(n) < 3 within 1m then every",
                 {{0, "5"}, {1, "2"}, {2, "9"}}),
              ElementsAre("1 [1,1] n1 f0 t1"));
}

TEST(AggregateSemanticsTest, MinimumAndMaximumOverTheWindow) {
  EXPECT_THAT(Of("n", "min(n) > 3 within 1m then every",
                 {{0, "5"}, {1, "2"}, {61.5, "9"}}),
              ElementsAre("0 [0,0] n1 f0 t1"));
  EXPECT_THAT(Of("n", "min(n) > 3 within 1m then every",
                 {{0, "5"}, {1, "2"}, {62, "9"}})
                  .size(),
              2u);
  EXPECT_THAT(Of("n", "max(n) - min(n) >= 5 within 1m then every",
                 {{0, "5"}, {1, "2"}, {2, "7"}}),
              ElementsAre("2 [0,2] n3 f0 t1"));
}

TEST(AggregateSemanticsTest, PercentilesInterpolateBetweenTheClosestRanks) {
  const Numbers numbers = {{0, "1"}, {1, "2"}, {2, "3"}, {3, "4"}};
  EXPECT_THAT(
      Of("n", "percentile(n, 75) >= 3.25 within 1m then every", numbers).size(),
      1u);
  EXPECT_THAT(Of("n", "percentile(n, 75) > 3.25 within 1m then every", numbers),
              IsEmpty());
  EXPECT_THAT(Of("n", "median(n) == 2 within 1m then every",
                 {{0, "1"}, {1, "9"}, {2, "2"}})
                  .size(),
              1u);
  EXPECT_THAT(
      Of("n", "median(n) == 2.5 within 1m then every", {{0, "4"}, {1, "1"}})
          .size(),
      1u);
}

TEST(AggregateSemanticsTest, AnEventWithoutTheValueAddsNothing) {
  EXPECT_THAT(
      Of("n", "avg(n) >= 4 within 1m then every", {{0, "4"}, {1, ""}}).size(),
      1u);
  EXPECT_THAT(
      Of("n", "count() > 0 and min(n) > 3 within 1m then every", {{0, ""}}),
      IsEmpty());
}

TEST(AggregateSemanticsTest, RatiosOverOneWindow) {
  EXPECT_THAT(OfS("count(s == \"e\") / count() > 0.5 within 10s then every",
                  {{0, "e"}, {1, "x"}, {2, "e"}}),
              ElementsAre("0 [0,0] n1 f0 t1", "2 [0,2] n2 f0 t1"));
  EXPECT_THAT(OfS("count(s == \"e\") / count() > 0.6 and count() >= 3 "
                  "within 10s then every",
                  {{0, "e"}, {1, "x"}, {2, "e"}})
                  .size(),
              1u);
}

TEST(AggregateSemanticsTest, WindowsOfRatiosAreExact) {
  EXPECT_THAT(OfS("count(s == \"e\") - count(s == \"x\") >= 2 within 10s "
                  "then every",
                  {{0, "e"}, {10, "e"}}),
              ElementsAre("10 [0,10] n2 f0 t1"));
  EXPECT_THAT(OfS("count(s == \"e\") - count(s == \"x\") >= 2 within 10s "
                  "then every",
                  {{0, "e"}, {10.000001, "e"}}),
              IsEmpty());
}

TEST(AggregateSemanticsTest, WhatComesWithinTheLatenessCountsForARatio) {
  EXPECT_THAT(OfS("count(s == \"e\") / count() > 0.5 within 10s then every",
                  {{4, "e"}, {3, "x"}, {20, "x"}}),
              IsEmpty());
}

TEST(WindowKindSemanticsTest, TumblingWindowsAreAlignedAndHalfOpen) {
  const std::string rule = "count() >= 2 within 10s tumbling";
  EXPECT_THAT(OfS(rule, {{8, ""}, {12, ""}}), IsEmpty());
  EXPECT_THAT(OfS(rule, {{8, ""}, {9, ""}, {9.5, ""}}),
              ElementsAre("9 [8,9] n2 f0 t1"));
  EXPECT_THAT(OfS(rule, {{9.999999, ""}, {10, ""}}), IsEmpty());
  EXPECT_THAT(OfS(rule, {{10, ""}, {19.999999, ""}}),
              ElementsAre("19.999999 [10,19.999999] n2 f0 t1"));
  EXPECT_THAT(OfS(rule, {{8, ""}, {9, ""}, {12, ""}, {13, ""}}),
              ElementsAre("9 [8,9] n2 f0 t1", "13 [12,13] n2 f0 t1"));
}

TEST(WindowKindSemanticsTest, AtTheEndForKeysWithAnEvent) {
  EXPECT_THAT(OfS("count() < 3 within 10s tumbling",
                  {{0, ""}, {1, ""}, {10, ""}, {11, ""}, {12, ""}, {35, ""}}),
              ElementsAre("10 [0,1] n2 f0 t1"));
  EXPECT_THAT(OfS("count() == 1 within 10s tumbling", {{3, ""}, {40, ""}}),
              ElementsAre("10 [3,3] n1 f0 t1"));
}

TEST(WindowKindSemanticsTest, TumblingInAZone) {
  const std::string rule =
      "count() >= 2 within 1d tumbling tz \"Europe/Berlin\"";
  EXPECT_THAT(OfS(rule, {{82799, ""}, {82800, ""}}), IsEmpty());
  EXPECT_THAT(OfS(rule, {{82800, ""}, {86400, ""}}),
              ElementsAre("86400 [82800,86400] n2 f0 t1"));
}

TEST(WindowKindSemanticsTest, HoppingWindowsFireOnceEach) {
  const std::string rule = "count() >= 2 within 10s hopping 5s";
  EXPECT_THAT(OfS(rule, {{4, ""}, {6, ""}}), ElementsAre("6 [4,6] n2 f0 t1"));
  EXPECT_THAT(OfS(rule, {{4, ""}, {6, ""}, {7, ""}, {8, ""}}),
              ElementsAre("6 [4,6] n2 f0 t1", "7 [6,7] n2 f0 t1"));
  EXPECT_THAT(OfS(rule, {{4, ""}, {14.9, ""}}), IsEmpty());
  EXPECT_THAT(OfS(rule, {{5, ""}, {14.999999, ""}}),
              ElementsAre("14.999999 [5,14.999999] n2 f0 t1"));
}

TEST(WindowKindSemanticsTest, HoppingAggregatesAreExact) {
  EXPECT_THAT(Of("n", "avg(n) > 5 within 10s hopping 5s",
                 {{1, "9"}, {6, "3"}, {30, "0"}}),
              ElementsAre("5 [1,1] n1 f0 t1", "10 [1,6] n2 f0 t1"));
}

TEST(WindowKindSemanticsTest, SessionsEndBehindAGap) {
  const std::string rule = "count() >= 3 within session gap 5s max 1h";
  EXPECT_THAT(OfS(rule, {{0, ""}, {4, ""}, {8, ""}}),
              ElementsAre("8 [0,8] n3 f0 t1"));
  EXPECT_THAT(OfS(rule, {{0, ""}, {4, ""}, {9, ""}}), IsEmpty());
  EXPECT_THAT(OfS(rule, {{0, ""}, {4, ""}, {8.999999, ""}}),
              ElementsAre("8.999999 [0,8.999999] n3 f0 t1"));
  EXPECT_THAT(OfS("count() >= 4 within session gap 5s max 10s",
                  {{0, ""}, {4, ""}, {8, ""}, {10, ""}}),
              IsEmpty());
  EXPECT_THAT(OfS("count() >= 4 within session gap 5s max 10s",
                  {{0, ""}, {4, ""}, {8, ""}, {9.999999, ""}})
                  .size(),
              1u);
}

TEST(WindowKindSemanticsTest, ASessionIsDecidedAtItsEnd) {
  EXPECT_THAT(OfS("count() < 3 within session gap 5s max 1h",
                  {{0, ""}, {1, ""}, {20, ""}}),
              ElementsAre("6 [0,1] n2 f0 t1"));
}

TEST(WindowKindSemanticsTest, AtMostOneAlertPerKeyAndWindow) {
  EXPECT_THAT(Told("rule r { by k when count() >= 1 within 10s tumbling }",
                   {{0, R"("k":"a")"},
                    {1, R"("k":"b")"},
                    {2, R"("k":"a")"},
                    {12, R"("k":"a")"}}),
              ElementsAre("0 [0,0] n1 f0 t1 k=a", "1 [1,1] n1 f0 t1 k=b",
                          "12 [12,12] n1 f0 t1 k=a"));
}

TEST(NewSemanticsTest, NoOtherOccurrenceWithin) {
  const std::string rule = "new(s) within 10s learn 0s";
  EXPECT_THAT(OfS(rule, {{0, "x"}, {1, "x"}, {2, "y"}}),
              ElementsAre("0 [0,0] n1 f0 t1", "2 [2,2] n1 f0 t1"));
  EXPECT_THAT(OfS(rule, {{0, "x"}, {10, "x"}}).size(), 1u);
  EXPECT_THAT(OfS(rule, {{0, "x"}, {10.000001, "x"}}).size(), 2u);
}

TEST(NewSemanticsTest, EveryOccurrenceRefreshes) {
  EXPECT_THAT(
      OfS("new(s) within 10s learn 0s", {{0, "x"}, {9, "x"}, {18, "x"}}).size(),
      1u);
}

TEST(NewSemanticsTest, ItIsDecidedOnArrivalAndNotTakenBack) {
  EXPECT_THAT(OfS("new(s) within 10s learn 0s", {{5, "x"}, {1, "x"}}),
              ElementsAre("5 [5,5] n1 f0 t1"));
  EXPECT_THAT(OfS("new(s) within 3s learn 0s", {{5, "x"}, {1, "x"}}),
              ElementsAre("5 [5,5] n1 f0 t1", "1 [1,1] n1 f0 t1"));
}

TEST(NewSemanticsTest, LearningLastsFromTheFirstEventOfAll) {
  EXPECT_THAT(OfS("new(s) within 1h learn 5s",
                  {{0, "x"}, {4.999999, "y"}, {5, "z"}, {6, "x"}}),
              ElementsAre("5 [5,5] n1 f0 t1"));
  EXPECT_THAT(OfS("new(s) within 10s", {{0, "x"}, {9.9, "y"}, {10, "z"}}),
              ElementsAre("10 [10,10] n1 f0 t1"));
  EXPECT_THAT(Told("rule r { where n == 1 when new(s) within 1h learn 5s }",
                   {{0, R"("n":0,"s":"q")"},
                    {4, R"("n":1,"s":"x")"},
                    {6, R"("n":1,"s":"y")"}}),
              ElementsAre("6 [6,6] n1 f0 t1"));
}

TEST(NewSemanticsTest, TuplesAndKeys) {
  EXPECT_THAT(Told("rule r { by k when new(s, t) within 1h learn 0s }",
                   {{0, R"("k":"a","s":"x","t":"1")"},
                    {1, R"("k":"b","s":"x","t":"1")"},
                    {2, R"("k":"a","s":"x","t":"2")"},
                    {3, R"("k":"a","s":"x")"},
                    {4, R"("k":"a","s":"x","t":"1")"}}),
              ElementsAre("0 [0,0] n1 f0 t1 k=a", "1 [1,1] n1 f0 t1 k=b",
                          "2 [2,2] n1 f0 t1 k=a"));
}

std::vector<CaseEvent> Keyed(
    const std::vector<std::pair<double, std::string>>& events) {
  std::vector<CaseEvent> out;
  for (const auto& [second, key] : events) {
    out.push_back({second, "\"k\":\"" + key + "\""});
  }
  return out;
}

TEST(SilentSemanticsTest, AKeyThatSendsNothingForTheWindow) {
  const std::string rule = "rule r { by k when silent for 5s keys <= 10 }";
  EXPECT_THAT(Told(rule, Keyed({{0, "a"}, {20, "b"}})),
              ElementsAre("5 [0,0] n1 f0 t1 k=a"));
  EXPECT_THAT(Told(rule, Keyed({{0, "a"}, {5, "a"}, {6, "b"}})), IsEmpty());
  EXPECT_THAT(Told(rule, Keyed({{0, "a"}, {4.999999, "b"}})), IsEmpty());
  EXPECT_THAT(Told(rule, Keyed({{0, "a"}, {5, "b"}})),
              ElementsAre("5 [0,0] n1 f0 t1 k=a"));
}

TEST(SilentSemanticsTest, TheNextEventResolvesIt) {
  const std::string rule = "rule r { by k when silent for 5s keys <= 10 }";
  EXPECT_THAT(Told(rule, Keyed({{0, "a"}, {20, "b"}, {21, "a"}})),
              ElementsAre("5 [0,0] n1 f0 t1 k=a", "resolved 21 k=a"));
}

TEST(SilentSemanticsTest, ASilenceThatANextEventFollowsIsToldAllTheSame) {
  const std::string rule = "rule r { by k when silent for 5s keys <= 10 }";
  EXPECT_THAT(Told(rule, Keyed({{0, "a"}, {5.000001, "a"}, {10.5, "a"}})),
              ElementsAre("5 [0,0] n1 f0 t1 k=a", "resolved 5.000001 k=a",
                          "10.000001 [5.000001,5.000001] n1 f0 t1 k=a",
                          "resolved 10.5 k=a"));
}

TEST(SilentSemanticsTest, WithinTheLatenessAnEventBreaksIt) {
  const std::string rule = "rule r { by k when silent for 5s keys <= 10 }";
  EXPECT_THAT(Told(rule, Keyed({{0, "a"}, {9, "b"}, {4, "a"}, {9, "a"}})),
              IsEmpty());
}

TEST(SilentSemanticsTest, EveryMemberCountsAlsoOneNeverSeen) {
  const std::vector<std::string> told = Told(
      "list vip = [\"a\", \"b\"]\n"
      "rule r { by k among vip when silent for 5s then once per 1h }",
      Keyed({{0, "a"}, {20, "a"}}));
  ASSERT_EQ(told.size(), 2u) << ::testing::PrintToString(told);
  EXPECT_THAT((std::vector<std::string>{
                  told[0].substr(0, 2) + told[0].substr(told[0].size() - 3),
                  told[1].substr(0, 2) + told[1].substr(told[1].size() - 3)}),
              UnorderedElementsAre("5 k=a", "5 k=b"));
}

}  // namespace
}  // namespace tocsin::testing
