// From a detection to its alert: severity, risk, shown fields and texts, with
// the event or without it.
#include "engine/alert/render.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/testing/expr_builder.h"

namespace tocsin::testing {
namespace {

// A rule set, and one line matched with it.
struct OneLine {
  OneLine(CheckedRule rule, const std::string& line)
      : rules(dsl::Compile(RulesOf({std::move(rule)}))),
        symbols(rules->projection),
        matcher(rules.get(), &symbols, kReplayKeySeed) {
    ExtractLines(*rules, &symbols, line + "\n", &batch);
    MatchResult result;
    matcher.Match(&batch, &result);
  }
  Alert Render(Detection detection) {
    return RenderAlert(std::move(detection), *rules, &batch, &matcher);
  }

  std::shared_ptr<const RuleSet> rules;
  SymbolTables symbols;
  Matcher matcher;
  EventBatch batch;
};

CheckedRule SomeRule() {
  CheckedRule rule = FilterRule("r", Make(ExprOp::kExists, {Path("at")}));
  rule.severity = dsl::AlertSeverity::kMedium;
  dsl::CheckedTemplate text;
  text.parts.push_back({"of ", std::nullopt});
  text.parts.push_back({"", Path("s")});
  rule.alert = text;
  return rule;
}

constexpr char kLine[] =
    R"({"at":"2026-01-01T00:00:00Z","s":"eve","n":7,"t":"x"})";

CheckedRule::SeverityArm Arm(dsl::AlertSeverity severity, int n) {
  return {severity,
          Make(ExprOp::kGreaterEq, {Path("n", TypeKind::kInt), Int(n)})};
}

TEST(RenderTest, TheFirstSeverityWhoseConditionHoldsIsTheAlerts) {
  CheckedRule rule = SomeRule();
  rule.severity_arms = {Arm(dsl::AlertSeverity::kCritical, 8),
                        Arm(dsl::AlertSeverity::kHigh, 7),
                        Arm(dsl::AlertSeverity::kLow, 1)};
  CheckedExpr severity;
  severity.op = ExprOp::kAlertField;
  severity.alert_field = dsl::AlertField::kSeverity;
  rule.alert->parts.push_back({" ", std::nullopt});
  rule.alert->parts.push_back({"", severity});
  EXPECT_EQ(OneLine(rule, kLine).Render({}).severity, "high");
  EXPECT_EQ(OneLine(rule, kLine).Render({}).summary, "of eve high");
  const std::string other = R"({"at":"2026-01-01T00:00:00Z","n":0})";
  EXPECT_EQ(OneLine(rule, other).Render({}).severity, "medium");
}

TEST(RenderTest, EachLevelOfEscalateIsOneStepUpAndCriticalTheLast) {
  OneLine line(SomeRule(), kLine);
  const char* const expected[] = {"medium", "medium", "high", "critical",
                                  "critical"};
  for (int level = 0; level < 5; ++level) {
    Detection detection;
    detection.level = level;
    EXPECT_EQ(line.Render(detection).severity, expected[level]) << level;
  }
}

TEST(RenderTest, RiskIsTheRulesValueAndAbsentWithoutOne) {
  CheckedRule rule = SomeRule();
  std::string json;
  AppendJson(OneLine(rule, kLine).Render({}), &json);
  EXPECT_EQ(json.find("risk"), std::string::npos);
  rule.risk = Make(ExprOp::kMultiply, {Path("n", TypeKind::kInt), Int(10)});
  json.clear();
  AppendJson(OneLine(rule, kLine).Render({}), &json);
  EXPECT_NE(json.find(R"("severity":"medium","risk":70,"title")"),
            std::string::npos);
  json.clear();
  AppendJson(OneLine(rule, R"({"at":"2026-01-01T00:00:00Z"})").Render({}),
             &json);
  EXPECT_NE(json.find(R"("risk":null)"), std::string::npos);
}

TEST(RenderTest, WhatStandsNoMoreSaysSoWithoutTheEvent) {
  CheckedRule rule = SomeRule();
  rule.title = dsl::CheckedTemplate{{{"A title", std::nullopt}}};
  rule.risk = Int(5);
  rule.severity_arms = {Arm(dsl::AlertSeverity::kCritical, 1)};
  const auto rules = dsl::Compile(RulesOf({rule}));
  Detection detection;
  detection.kind = AlertKind::kResolved;
  detection.time_us = 1'000'000;
  const Alert alert = RenderAlert(detection, *rules, nullptr, nullptr);
  EXPECT_EQ(alert.title, "A title");
  EXPECT_EQ(alert.summary, "r: resolved at 1970-01-01T00:00:01.000000Z");
  EXPECT_EQ(alert.severity, "medium");
  EXPECT_EQ(alert.risk, "");
}

// A rule for silence is told when there is no event at all.
TEST(RenderTest, WithoutAnEventEverythingComesFromSlots) {
  CheckedRule rule = SomeRule();
  rule.condition.kind = dsl::CheckedCondition::Kind::kSilent;
  rule.condition.window.length_us = 60'000'000;
  rule.shows.push_back({"n", Path("n", TypeKind::kInt)});
  rule.risk = Make(ExprOp::kAdd, {Path("n", TypeKind::kInt), Int(1)});
  rule.severity_arms = {Arm(dsl::AlertSeverity::kCritical, 7)};
  OneLine line(rule, kLine);
  const RuleProgram& program = line.rules->rules[0];
  ASSERT_TRUE(program.texts_from_slots);
  Detection detection;
  for (const SlotProgram& slot : program.slots) {
    // What the line's event leaves behind, as a row of it would.
    std::string encoding;
    line.matcher.Show(&line.batch, 0, 0, program.captures[slot.capture].expr,
                      {}, &encoding);
    detection.slots.push_back(encoding);
  }
  Alert alert = RenderAlert(detection, *line.rules, nullptr, &line.matcher);
  EXPECT_EQ(alert.summary, "of eve");
  EXPECT_EQ(alert.severity, "critical");
  std::string json;
  AppendReadersJson(alert, &json);
  EXPECT_NE(json.find(R"({"n":7,"rule":"r",)"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("risk":8)"), std::string::npos) << json;
  detection.slots.assign(program.slots.size(), "");
  alert = RenderAlert(detection, *line.rules, nullptr, &line.matcher);
  EXPECT_EQ(alert.summary, "of -");
  EXPECT_EQ(alert.severity, "medium");
}

TEST(RenderTest, AReaderMeetsTheFixedNameThenTheKeyThenTheCollected) {
  Alert alert;
  alert.rule = "r";
  alert.severity = "low";
  std::string text, sized;
  AppendCanonicalText("v", &text);
  AppendSized(text, &sized);
  alert.show = {{"a", text}, {"count", text}};
  alert.collected = {{"a", sized}, {"b", sized}};
  alert.key = {{"b", text}};
  std::string json;
  AppendReadersJson(alert, &json);
  // Of equal names the last one counts.
  EXPECT_EQ(json,
            R"({"a":"v","count":"v","a":["v"],"b":["v"],"b":"v","rule":"r",)"
            R"("count":0,"total":0,"time":"1970-01-01T00:00:00.000000Z",)"
            R"("severity":"low","tags":[],"id":""})"
            "\n");
}

}  // namespace
}  // namespace tocsin::testing
