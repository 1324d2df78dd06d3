// The statements of a test, one after the other.
#include "app/rule_tests/test_run.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/app/rule_tests/testing_rules.h"

namespace tocsin {
namespace {

using ::testing::HasSubstr;
using testing::RunStatements;

TEST(TestRunTest, TheSetThatIsExpectedIsExact) {
  EXPECT_EQ(RunStatements(R"(at 0s send failure x3
                             expect alert {ip: "192.0.2.1"})"),
            "");
  EXPECT_THAT(RunStatements(R"(at 0s send failure x3
                               expect nothing)"),
              HasSubstr("nobody expects alert {ip: \"192.0.2.1\", count: 3}"));
  EXPECT_THAT(RunStatements(R"(at 0s send failure x3
                               expect alert {}
                               expect alert {})"),
              HasSubstr("nothing came"));
  EXPECT_THAT(RunStatements(R"(at 0s send failure x2
                               expect nothing
                               at 1s send failure)"),
              HasSubstr("nobody expects"));
}

TEST(TestRunTest, EachExpectedAlertNeedsOneOfItsOwn) {
  // {} would take the first alert, and {count: 3, ip: .1} have none left.
  EXPECT_EQ(RunStatements(R"(at 0s send failure x3
                             at 1s send failure x3 with sourceIPs = ["192.0.2.2"]
                             expect alert {count: 3}
                             expect alert {ip: "192.0.2.1"})"),
            "");
}

TEST(TestRunTest, OnlyAlertsOfTheRulesUnderTestCount) {
  EXPECT_EQ(RunStatements(R"(at 0s send failure x2
                             expect nothing)"),
            "");
  EXPECT_EQ(RunStatements(R"(at 0s send failure
                             expect alert {rule: "any_failure"})",
                          {}, "burst, any_failure"),
            "");
}

TEST(TestRunTest, TheClockGoesAlongWithEveryEvent) {
  EXPECT_EQ(RunStatements(R"(at 10s send failure x3 every 30s
                             expect alert {first: "10s", last: "70s"} at 1m10s)"),
            "");
  EXPECT_EQ(RunStatements(R"(at 0s send failure x3 every 31s
                             expect nothing)"),
            "");
}

TEST(TestRunTest, LateEventsHaveAnEarlierTime) {
  EXPECT_EQ(RunStatements(R"(at 1m send failure x2
                             at 1m4s send failure late 5s
                             expect alert {last: "60s", first: "59s"})"),
            "");
}

// With a lateness of 5 s a hold that ends at 15 m is over when 15 m 5 s are
// shown.
TEST(TestRunTest, WhatIsDueIsDecidedAtTheClockLessTheLateness) {
  const std::string held = R"(at 0s send failure x4
                              expect alert {}
                              at 15m send failure x3
                              expect alert {folded: 1})";
  EXPECT_EQ(RunStatements(held), "");
  EXPECT_EQ(RunStatements("lateness 1m\n" + held), "");
  EXPECT_EQ(RunStatements("lateness 0s\n" + held), "");
}

TEST(TestRunTest, EqualEventsAreDifferentUnlessTheyNameThemselves) {
  EXPECT_EQ(RunStatements(R"(at 0s send failure
                             send failure
                             send failure
                             expect alert {count: 3})"),
            "");
  EXPECT_EQ(RunStatements(
                R"(at 0s send failure x5 with auditID = "a", stage = "Panic"
                   expect nothing)"),
            "");
}

TEST(TestRunTest, WithChangesWhatIsThereAndMakesWhatIsNot) {
  EXPECT_EQ(RunStatements(
                R"(at 0s send failure x3 with userAgent = "{i} of {{3}}",
                            sourceIPs[0] = "192.0.2.9", annotations["a/b"] = "x",
                            objectRef.name = "made"
                   expect alert {ip: "192.0.2.9", object: "made",
                                 agents: ["2 of {3}", "0 of {3}", "1 of {3}"]})"),
            "");
  EXPECT_THAT(RunStatements(R"(at 0s send failure with sourceIPs[5] = "x"
                               expect nothing)"),
              HasSubstr("`with sourceIPs[5]`: the event has no such place"));
}

TEST(TestRunTest, AFileKeepsItsTimesAndSetsTheBeginWhenItComesFirst) {
  std::string lines;
  for (const char* second : {"05", "15", "25"}) {
    lines +=
        std::string(R"({"auditID":"x","stage":"Panic","stageTimestamp":)") +
        "\"2026-03-01T12:00:" + second + "Z\"," +
        R"("responseStatus":{"code":401},"sourceIPs":["192.0.2.7"]})" + "\n";
  }
  EXPECT_EQ(RunStatements(R"(send file "events.jsonl"
                             expect alert {ip: "192.0.2.7", first: "0s",
                                           time: "2026-03-01T12:00:25Z"} at 20s
                             at 16m send failure x3
                             expect alert {ip: "192.0.2.1"} at 16m)",
                          {{"events.jsonl", lines}}),
            "");
  EXPECT_THAT(RunStatements(R"(send file "none.jsonl"
                               expect nothing)"),
              HasSubstr("none.jsonl: no such file"));
  EXPECT_THAT(RunStatements(R"(send file "events.jsonl"
                               at 10s send failure
                               expect nothing)",
                            {{"events.jsonl", lines}}),
              HasSubstr("the test's clock stands at 20s already"));
}

TEST(TestRunTest, ARestartForgetsNothing) {
  EXPECT_EQ(RunStatements(R"(at 0s send failure
                             restart
                             at 1s send failure
                             restart
                             at 2s send failure
                             expect alert {count: 3, first: "0s"}
                             restart
                             at 3s send failure x3
                             expect nothing)"),
            "");
}

TEST(TestRunTest, AReloadKeepsTheStateOfRulesThatMeanTheSame) {
  const std::string other = R"(rule burst {
    where  responseStatus.code == 401
    by     client as ip
    when   count() >= 2 within 1m
  })";
  EXPECT_EQ(RunStatements(R"(at 0s send failure x2
                             reload
                             at 1s send failure
                             expect alert {count: 3})"),
            "");
  EXPECT_EQ(RunStatements(R"(at 0s send failure
                             reload "other"
                             at 1s send failure
                             expect nothing
                             restart
                             at 2s send failure
                             expect alert {count: 2})",
                          {{"other", other}}),
            "");
}

TEST(TestRunTest, AnotherSchemaIsFilledByItsOwnNeeds) {
  const std::string text = R"(
    schema shop {
      time      at as "%d/%b/%Y:%H:%M:%S %z"
      identity  position
      match     exists(sku) and kind == "order"
      fields { at time  kind string  sku string  total int? }
    }
    use shop
    rule order { where total > 5 }
    test "t" for order {
      at 1m   send {"total": 9}
      expect  alert {count: 1} at 1m
    })";
  const TestOutcome outcome = testing::RunText(text);
  ASSERT_EQ(outcome.events.size(), 1u);
  EXPECT_EQ(outcome.events[0],
            R"({"total": 9, "at": "01/Jan/2024:00:01:00 +0000", "sku": )"
            R"("test-1", "kind": "order"})");
  EXPECT_TRUE(outcome.failures.empty());
}

TEST(TestRunTest, WhatStandsAndEndsIsToldTwice) {
  const TestOutcome outcome = testing::RunText(R"(
    rule quiet { by client as ip  when silent for 5m  keys <= 100 }
    test "t" for quiet {
      at 0s   send {"sourceIPs": ["192.0.2.1"]}
      at 5m   expect nothing
      at 5m5s
      expect  alert {ip: "192.0.2.1"} at 5m
      at 6m   send {"sourceIPs": ["192.0.2.1"]}
      expect  resolved {ip: "192.0.2.1"}
    })");
  for (const TestFailure& failure : outcome.failures) {
    ADD_FAILURE() << failure.message;
  }
}

TEST(TestRunTest, WhatARuleReadsRunsAlongAndIsNotTold) {
  const TestOutcome outcome = testing::RunText(R"(
    signal read { where verb == "get"  by client as ip }
    rule reader { from read  by ip  when count() >= 2 within 1m }
    test "t" for reader {
      at 0s   send {"verb": "get", "sourceIPs": ["192.0.2.1"]} x2
      expect  alert {ip: "192.0.2.1", count: 2}
    })");
  for (const TestFailure& failure : outcome.failures) {
    ADD_FAILURE() << failure.message;
  }
}

// A file of which nothing is an event proves nothing by `expect nothing`.
TEST(TestRunTest, LinesOfAFileThatAreNoEventsFail) {
  const auto sent = [](const std::string& bytes) {
    return RunStatements("send file \"x.jsonl\"\nexpect nothing",
                         {{"x.jsonl", bytes}});
  };
  const std::string event = R"({"verb": "get", "stage": "ResponseStarted"})";
  EXPECT_EQ(sent(event + "\n\n" + event), "");
  EXPECT_EQ(sent(""), "  x.jsonl holds no event\n");
  EXPECT_EQ(sent("\n \r\n"), "  x.jsonl holds no event\n");
  EXPECT_EQ(sent(event + "\nnonsense\n[1]\n{\"a\":\n"),
            "  x.jsonl: lines that are no events: 1 malformed, 2 not an "
            "object\n");
}

}  // namespace
}  // namespace tocsin
