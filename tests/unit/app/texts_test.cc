// What app/ writes for people: progress, summary, dead letters.
#include "app/dead_letters.h"
#include "app/progress.h"
#include "app/summary.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tocsin {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ProgressTest, TheLineTellsShareRateAndTimeLeft) {
  EXPECT_EQ(ProgressLine({64'000, 50, 100, 2.0}, 200),
            "replaying [===============>              ]  50%  64,000 events  "
            "32,000/s  ETA 2.0 s");
}

TEST(ProgressTest, WithoutAKnownSizeThereIsNoBar) {
  EXPECT_EQ(ProgressLine({10, 500, 0, 1.0}, 200), "replaying  10 events  10/s");
}

TEST(ProgressTest, TheLineFitsTheTerminal) {
  EXPECT_EQ(ProgressLine({64'000, 50, 100, 2.0}, 40).size(), 39u);
  EXPECT_THAT(ProgressLine({1, 200, 100, 1.0}, 200), HasSubstr("100%"));
}

PipelineCounts SomeCounts() {
  PipelineCounts counts;
  counts.input.events = 1'234;
  counts.input.bytes = 2'000'000;
  counts.input.malformed = 2;
  counts.input.too_deep = 1;
  counts.input.late = 5;
  counts.input.first_us = 1'772'442'000'000'000;
  counts.input.last_us = 1'772'445'600'000'000;
  counts.rules.resize(2);
  counts.rules[0].name = "quiet";
  counts.rules[1].name = "loud";
  counts.rules[1].matches = 40;
  counts.rules[1].alerts = 3;
  counts.rules[1].folded = 7;
  return counts;
}

RuleSet SomeRules() {
  RuleSet rules;
  rules.rules.resize(2);
  rules.rules[0].name = "quiet";
  rules.rules[1].name = "loud";
  rules.rules[1].severity = AlertLevel::kHigh;
  return rules;
}

TEST(SummaryTest, ItTellsWhatWasSeenAndFound) {
  const std::string text =
      FormatSummary(SomeCounts(), SomeRules(), {"a.log", 2.0, false, false});

  for (const char* part :
       {"replayed a.log in 2.0 s: 3 alerts", "events      1,234 (617/s)",
        "2.0 MB (1.0 MB/s)", "2026-03-02T09:00:00", "2026-03-02T10:00:00",
        "unparsable  3 (2 malformed, 1 too deep); --dead-letter",
        "late        5", "2 rules, 1 alerted"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_THAT(text, HasSubstr("high      loud"));
  EXPECT_THAT(text, Not(HasSubstr("quiet")));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(SummaryTest, OnATerminalItHasColour) {
  EXPECT_THAT(
      FormatSummary(SomeCounts(), SomeRules(), {"a.log", 2.0, true, true}),
      HasSubstr("\x1b["));
}

TEST(DeadLettersTest, TextIsKeptAsTextAndOtherBytesAsBase64) {
  DeadLetter letter;
  letter.reason = "malformed";
  letter.bytes = "{\"a\n";
  EXPECT_EQ(DeadLetterLine(letter, "a.log", 7),
            "{\"source\":\"a.log\",\"line\":7,\"reason\":\"malformed\","
            "\"encoding\":\"utf-8\",\"bytes\":\"{\\\"a\\n\"}\n");
  letter.bytes = "\xff\xfe";
  EXPECT_THAT(DeadLetterLine(letter, "a.log", 7),
              HasSubstr("\"encoding\":\"base64\",\"bytes\":\"//4=\""));
}

}  // namespace
}  // namespace tocsin
