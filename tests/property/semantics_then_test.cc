// The sentences of the language on what happens after firing, on conditions
// joined by `and` and `or`, on severity, texts, tables and rules over alerts,
// by hand; engine and reference evaluator must both say what stands here.
//
// A line reads: time [first,last] n count, f folded, t total, key; with several
// rules its rule stands before it.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/property/exact_case.h"

namespace tocsin::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<CaseEvent> At(const std::vector<double>& seconds) {
  std::vector<CaseEvent> out;
  for (const double second : seconds) out.push_back({second, ""});
  return out;
}

std::vector<std::string> When(const std::string& when_then,
                              const std::vector<double>& seconds) {
  return Told("rule r {\n  when " + when_then + "\n}\n", At(seconds));
}

TEST(ThenSemanticsTest, ResetClearsWhatTheKeyHas) {
  EXPECT_THAT(When("count() >= 2 within 10s then reset", {0, 1, 2, 3}),
              ElementsAre("1 [0,1] n2 f0 t1", "3 [2,3] n2 f0 t1"));
  EXPECT_THAT(Steps("when A then B within 9s then reset",
                    {{0, "a"}, {1, "b"}, {2, "b"}, {3, "a"}, {4, "b"}}),
              ElementsAre("1 [0,1] n2 f0 t1", "4 [3,4] n2 f0 t1"));
}

TEST(ThenSemanticsTest, OnlyWhatArrivesLaterCountsBehindAReset) {
  // 1 arrives behind the reset: with 3 alone, which is gone, it is one.
  EXPECT_THAT(When("count() >= 2 within 10s then reset", {2, 3, 1, 4}),
              ElementsAre("3 [2,3] n2 f0 t1", "4 [1,4] n2 f0 t1"));
}

TEST(ThenSemanticsTest, AnEdgeOfACountEndsWhenTheNthNewestLeaves) {
  EXPECT_THAT(When("count() >= 2 within 3s then edge", {0, 1, 2, 20}),
              ElementsAre("1 [0,1] n2 f0 t1", "resolved 4"));
  EXPECT_THAT(When("count() >= 2 within 3s then edge", {0, 1, 4, 20}),
              ElementsAre("1 [0,1] n2 f0 t1", "resolved 4"));
  EXPECT_THAT(When("count() >= 2 within 3s then edge", {0, 1, 20, 21, 40}),
              ElementsAre("1 [0,1] n2 f0 t1", "resolved 3",
                          "21 [20,21] n2 f0 t1", "resolved 23"));
}

TEST(ThenSemanticsTest, AnEdgeOfDifferentValues) {
  EXPECT_THAT(
      Told("rule r { when distinct(s) >= 2 within 3s then edge }",
           {{0, R"("s":"a")"}, {1, R"("s":"b")"}, {2, R"("s":"b")"}, {20, ""}}),
      ElementsAre("1 [0,1] n2 f0 t1", "resolved 3"));
}

TEST(ThenSemanticsTest, AnEdgeDecidedPerEventEndsAtTheFirstThatDoesNotHold) {
  const std::string rule = "rule r { when avg(n) > 5 within 10s then edge }";
  EXPECT_THAT(Told(rule, {{0, R"("n":9)"},
                          {1, R"("n":9)"},
                          {2, R"("n":0)"},
                          {3, R"("n":0)"},
                          {4, R"("n":0)"}}),
              ElementsAre("0 [0,0] n1 f0 t1", "resolved 3"));
  EXPECT_THAT(Told(rule, {{0, R"("n":9)"}, {30, R"("n":0)"}}),
              ElementsAre("0 [0,0] n1 f0 t1", "resolved 10"));
}

TEST(ThenSemanticsTest, AnEdgeStaysOpenUntilTheEndOfWhatIsDue) {
  EXPECT_THAT(When("count() >= 2 within 3s then edge", {0, 1, 3}),
              ElementsAre("1 [0,1] n2 f0 t1"));
}

TEST(ThenSemanticsTest, EscalateTellsOnceMoreAtEachLevel) {
  EXPECT_THAT(
      When("count() >= 1 within 1m then escalate 3, 5", {0, 1, 2, 3, 4, 5, 6}),
      ElementsAre("0 [0,0] n1 f0 t1", "2 [2,2] n1 f1 t3", "4 [4,4] n1 f1 t5"));
}

TEST(ThenSemanticsTest, AnEscalationEndsWhenNoDetectionComesForTheWindow) {
  EXPECT_THAT(
      When("count() >= 1 within 3s then escalate 3", {0, 1, 20, 21, 22, 23}),
      ElementsAre("0 [0,0] n1 f0 t1", "20 [20,20] n1 f0 t1",
                  "22 [22,22] n1 f1 t3"));
  EXPECT_THAT(When("count() >= 1 within 3s then escalate 4", {0, 2, 4, 6}),
              ElementsAre("0 [0,0] n1 f0 t1", "6 [6,6] n1 f2 t4"));
  EXPECT_THAT(When("count() >= 1 within 3s then escalate 2", {0, 3}),
              ElementsAre("0 [0,0] n1 f0 t1", "3 [3,3] n1 f0 t1"));
}

TEST(ThenSemanticsTest, AHoldCanBeOfPartsOfTheKey) {
  EXPECT_THAT(
      Told("rule r { where n == 1 by k, s then once per 10s per k }",
           {{0, R"("n":1,"k":"a","s":"x")"},
            {1, R"("n":1,"k":"a","s":"y")"},
            {2, R"("n":1,"k":"b","s":"x")"},
            {10, R"("n":1,"k":"a","s":"y")"}}),
      ElementsAre("0 [0,0] n1 f0 t1 k=a s=x", "2 [2,2] n1 f0 t1 k=b s=x",
                  "10 [10,10] n1 f1 t3 k=a s=y"));
}

TEST(ThenSemanticsTest, ADeadlineIsHeldLikeAnEvent) {
  EXPECT_THAT(Steps("when A then not B within 1s then once per 10s",
                    {{0, "a"}, {5, "a"}, {10, "a"}, {30, "-"}}),
              ElementsAre("1 [0,0] n1 f0 t1", "11 [10,10] n1 f1 t3"));
}

std::vector<std::string> TimesOf(const std::vector<std::string>& told) {
  std::vector<std::string> out;
  for (const std::string& line : told) {
    out.push_back(line.substr(0, line.find(" [")));
  }
  return out;
}

TEST(JoinedSemanticsTest, AndStandsWhenBothStandAtOneTime) {
  const std::string rule =
      "when count(A) >= 2 within 3s and count(B) >= 1 within 10s then every";
  EXPECT_THAT(TimesOf(Steps(rule, {{0, "b"}, {5, "a"}, {6, "a"}})),
              ElementsAre("6"));
  EXPECT_THAT(Steps(rule, {{0, "a"}, {1, "a"}, {5, "b"}}), IsEmpty());
  EXPECT_THAT(TimesOf(Steps(rule, {{0, "a"}, {1, "a"}, {0.5, "b"}})),
              ElementsAre("0.5"));
  EXPECT_THAT(TimesOf(Steps(rule, {{0, "a"}, {1, "a"}, {2, "b"}})),
              ElementsAre("2"));
  EXPECT_THAT(Steps(rule, {{0, "b"}, {8, "a"}, {10.000001, "a"}}), IsEmpty());
}

TEST(JoinedSemanticsTest, OrStandsWhenEitherDoes) {
  EXPECT_THAT(
      TimesOf(Steps(
          "when count(A) >= 2 within 3s or count(B) >= 1 within 3s then every",
          {{0, "a"}, {1, "b"}, {2, "a"}, {9, "a"}})),
      ElementsAre("1", "2"));
}

TEST(JoinedSemanticsTest, OneAlertPerArrivingEvent) {
  EXPECT_THAT(
      TimesOf(Steps(
          "when count(A) >= 1 within 3s or count(B) >= 1 within 3s then every",
          {{0, "ab"}})),
      ElementsAre("0"));
}

TEST(JoinedSemanticsTest, WithAChildThatWaitsAllWait) {
  EXPECT_THAT(TimesOf(Told("rule r { when avg(n) > 5 within 10s and "
                           "count() >= 2 within 3s then every }",
                           {{0, R"("n":9)"},
                            {2, R"("n":9)"},
                            {1, R"("n":0)"},
                            {4, R"("n":9)"},
                            {8, R"("n":9)"}})),
              ElementsAre("2", "4"));
}

TEST(JoinedSemanticsTest, TheDefaultHoldIsTheLongestWindow) {
  EXPECT_THAT(
      TimesOf(Steps("when count(A) >= 1 within 3s or count(B) >= 1 within 10s",
                    {{0, "a"}, {9.999999, "a"}, {10, "a"}})),
      ElementsAre("0", "10"));
}

TEST(TextSemanticsTest, SeverityIsTheFirstThatHolds) {
  const std::string rule =
      "rule r { severity critical if n > 5 else high if n > 3 else low "
      "where n > 0 }";
  EXPECT_THAT(OneAlert(rule, {{0, R"("n":6)"}}),
              HasSubstr(R"("severity":"critical")"));
  EXPECT_THAT(OneAlert(rule, {{0, R"("n":4)"}}),
              HasSubstr(R"("severity":"high")"));
  EXPECT_THAT(OneAlert(rule, {{0, R"("n":1)"}}),
              HasSubstr(R"("severity":"low")"));
}

TEST(TextSemanticsTest, StepsAreNamed) {
  EXPECT_THAT(
      OneAlert("rule r { event A = s == \"a\" event B = s == \"b\"\n"
               "when A x2 then B within 9s\n"
               "alert \"{count(A)} {first(A).n} {last(A).n} {A.n} {B.n}\" }",
               {{0, R"("s":"a","n":1)"},
                {1, R"("s":"a","n":2)"},
                {2, R"("s":"b","n":3)"}}),
      HasSubstr(R"("summary":"2 1 2 2 3")"));
}

TEST(TextSemanticsTest, AnAbsenceStillKnowsItsFirstEvent) {
  EXPECT_THAT(OneAlert("rule r { event A = s == \"a\" event B = s == \"b\"\n"
                       "when A then not B within 3s alert \"{A.n} {time}\" }",
                       {{0, R"("s":"a","n":1)"}, {20, ""}}),
              HasSubstr(R"("summary":"1 2026-01-01T00:00:03.000000Z")"));
}

TEST(TableSemanticsTest, ATableIsLookedUpByItsWholeKey) {
  const std::string rules =
      "table limits from \"limits.csv\" key who { who string max int? }\n"
      "rule r { where k in limits by k\n"
      " when count() >= at most 5 (limits[k].max ?? 4) within 1m then every }";
  const std::vector<std::pair<std::string, std::string>> files = {
      {"limits.csv", "who,max\na,2\nb,9\nc,\n"}};
  std::vector<CaseEvent> events;
  for (int i = 0; i < 6; ++i) {
    for (const char* key : {"a", "b", "c", "d"}) {
      events.push_back(
          {static_cast<double>(i), "\"k\":\"" + std::string(key) + "\""});
    }
  }
  events.resize(18);
  // a: 2; b: 9, but at most 5; c: none, so 4; d is not in the table.
  EXPECT_THAT(ToldWithFiles(rules, files, events),
              ElementsAre("1 [0,1] n2 f0 t1 k=a", "2 [1,2] n2 f0 t1 k=a",
                          "3 [2,3] n2 f0 t1 k=a", "3 [0,3] n4 f0 t1 k=c",
                          "4 [3,4] n2 f0 t1 k=a", "4 [0,4] n5 f0 t1 k=b"));
}

TEST(ChainSemanticsTest, ARuleReadsWhatASignalTells) {
  EXPECT_THAT(Told("signal s1 { where n > 0 by k show n as amount }\n"
                   "rule r { from s1 where amount > 1 by k\n"
                   " when count() >= 2 within 10s then every }",
                   {{0, R"("n":2,"k":"a")"},
                    {1, R"("n":1,"k":"a")"},
                    {2, R"("n":3,"k":"b")"},
                    {10, R"("n":5,"k":"a")"},
                    {10.000001, R"("n":5,"k":"b")"}}),
              ElementsAre("10 [0,10] n2 f0 t1 k=a",
                          "10.000001 [2,10.000001] n2 f0 t1 k=b"));
}

TEST(ChainSemanticsTest, WhatIsReadLeavesBeforeWhoReadsItWhateverTheirNames) {
  EXPECT_THAT(Told("rule zebra { where n == 1 then every }\n"
                   "rule ape { from zebra where count >= 1 then every }\n"
                   "rule bee { from ape where count >= 1 then every }",
                   {{0, R"("n":1)"}, {1, R"("n":1)"}}),
              ElementsAre("zebra 0 [0,0] n1 f0 t1", "ape 0 [0,0] n1 f0 t1",
                          "bee 0 [0,0] n1 f0 t1", "zebra 1 [1,1] n1 f0 t1",
                          "ape 1 [1,1] n1 f0 t1", "bee 1 [1,1] n1 f0 t1"));
}

TEST(ChainSemanticsTest, ASignalIsReadAfterItsHold) {
  EXPECT_THAT(
      Told("signal s1 { where n > 0 by k then once per 5s }\n"
           "rule r { from s1 by k when count() >= 2 within 10s then every }",
           {{0, R"("n":2,"k":"a")"},
            {1, R"("n":2,"k":"a")"},
            {2, R"("n":2,"k":"a")"},
            {5, R"("n":2,"k":"a")"}}),
      ElementsAre("5 [0,5] n2 f0 t1 k=a"));
}

TEST(ChainSemanticsTest, FromAlertReadsThoseOfAllRules) {
  EXPECT_THAT(Told("rule p { where n == 1 severity high }\n"
                   "rule q { where n == 2 severity low }\n"
                   "signal hidden { where n > 0 }\n"
                   "rule r { from alert where rule != \"r\"\n"
                   " when distinct(rule) >= 2 within 10s then every }",
                   {{0, R"("n":1)"}, {1, R"("n":2)"}}),
              ElementsAre("p 0 [0,0] n1 f0 t1", "q 1 [1,1] n1 f0 t1",
                          "r 1 [0,1] n2 f0 t1"));
}

TEST(ChainSemanticsTest, ADeadlineIsAnEventAtItsTime) {
  EXPECT_THAT(
      Told("signal gone { event A = s == \"a\" event B = s == \"b\"\n"
           " when A then not B within 3s then every }\n"
           "rule r { from gone when count() >= 2 within 1s then every }",
           {{0, R"("s":"a")"}, {1, R"("s":"a")"}, {30, ""}}),
      ElementsAre("4 [3,4] n2 f0 t1"));
}

TEST(ChainSemanticsTest, AnAlertIsNeverLateForItsReaders) {
  // The deadline 3 is decided when the clock is at 15; its reader waits for
  // the clock too and takes it all the same.
  EXPECT_THAT(Told("signal gone { event A = s == \"a\" event B = s == \"b\"\n"
                   " when A then not B within 3s then every }\n"
                   "rule r { event g from gone = count >= 1\n"
                   " event h from gone = count >= 2\n"
                   " when g then not h within 2s then every }",
                   {{0, R"("s":"a")"}, {20, ""}}),
              ElementsAre("5 [3,3] n1 f0 t1"));
}

TEST(ChainSemanticsTest, RiskIsScoredOverAlerts) {
  EXPECT_THAT(
      Told("signal s1 { where n > 0 by k risk n * 10 }\n"
           "rule r { from s1 by k when sum(risk) >= 50 within 10s then every }",
           {{0, R"("n":2,"k":"a")"},
            {1, R"("n":2,"k":"a")"},
            {2, R"("n":1,"k":"a")"},
            {20, R"("n":9,"k":"b")"}}),
      ElementsAre("2 [0,2] n3 f0 t1 k=a", "20 [20,20] n1 f0 t1 k=b"));
}

}  // namespace
}  // namespace tocsin::testing
