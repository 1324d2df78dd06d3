// What rules of the whole language become, from their text.
#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "dsl/compile/compile.h"
#include "gtest/gtest.h"
#include "tests/testing/rule_text.h"

namespace tocsin::dsl {
namespace {

std::shared_ptr<const RuleSet> Compiled(const std::string& rules) {
  testing::CheckedText checked = testing::CheckText(rules);
  EXPECT_TRUE(checked.ok()) << checked.Errors();
  return checked.ok() ? Compile(checked.rules) : nullptr;
}

std::string KeyOf(const std::string& text) {
  std::string encoding, key;
  AppendCanonicalText(text, &encoding);
  AppendSized(encoding, &key);
  return key;
}

const RuleProgram& Find(const RuleSet& rules, const std::string& name) {
  return *std::find_if(
      rules.rules.begin(), rules.rules.end(),
      [&](const RuleProgram& rule) { return rule.name == name; });
}

TEST(RuleProgramTest, MembersOfASilenceAreKeysWhetherOrNotTheySend) {
  const auto rules = Compiled(R"(
list nodes = ["node-b", "node-a", "node-a"]
rule quiet { by user.username as who among nodes when silent for 5m }
)");
  ASSERT_NE(rules, nullptr);
  EXPECT_EQ(rules->rules[0].members,
            (std::vector<std::string>{KeyOf("node-a"), KeyOf("node-b")}));
  EXPECT_TRUE(rules->rules[0].texts_from_slots);
  EXPECT_FALSE(rules->rules[0].monotone);
}

TEST(RuleProgramTest, ARuleStandsAboveWhatItReads) {
  const auto rules = Compiled(R"(
signal failures { where responseStatus.code == 401 by client as ip
  when count() >= 3 within 1m show "bad" as verdict }
rule twice { from failures by ip when count() >= 2 within 1h
  alert "{ip}" severity critical if verdict == "bad" else low risk 7 }
)");
  ASSERT_NE(rules, nullptr);
  EXPECT_EQ(rules->strata, 2u);
  const RuleProgram& failures = Find(*rules, "failures");
  const RuleProgram& twice = Find(*rules, "twice");
  EXPECT_EQ(failures.stratum, 0u);
  EXPECT_TRUE(failures.signal);
  EXPECT_FALSE(failures.texts_from_slots);
  EXPECT_EQ(twice.stratum, 1u);
  EXPECT_TRUE(twice.texts_from_slots);
  EXPECT_EQ(twice.severity_arms.size(), 1u);
  EXPECT_NE(twice.risk, kNoExpr);
  const SchemaProgram& schema = rules->schemas[twice.schema];
  EXPECT_EQ(schema.alerts_of, "failures");
  ASSERT_EQ(schema.identity.size(), 1u);
  EXPECT_EQ(schema.identity[0].name, "id");
}

// State goes by what is captured, not by where the texts ask for it.
TEST(RuleProgramTest, ACaptureKeepsItsHashWhenTextsChange) {
  const auto with = [](const std::string& text) {
    return Compiled(absl::StrCat(R"(
rule r { by user.username as who
  event denied = responseStatus.code == 403
  event bound  = verb == "create" and objectRef.resource == "roles" and ok
  when denied x5 then bound where denied.client != bound.client within 10m
  alert ")",
                                 text, "\" }"));
  };
  const auto before = with("{bound.objectRef.name}");
  const auto after = with("{first(denied).verb} {bound.objectRef.name}");
  ASSERT_TRUE(before != nullptr && after != nullptr);
  const RuleProgram& a = before->rules[0];
  const RuleProgram& b = after->rules[0];
  EXPECT_EQ(a.uid, b.uid);
  EXPECT_EQ(b.captures.size(), a.captures.size() + 1);
  for (const CaptureProgram& capture : a.captures) {
    EXPECT_EQ(std::count_if(b.captures.begin(), b.captures.end(),
                            [&](const CaptureProgram& other) {
                              return other.hash == capture.hash &&
                                     other.event == capture.event;
                            }),
              1);
  }
  EXPECT_TRUE(b.condition.where.size() == 1 && b.condition.steps[0].run == 5);
}

TEST(RuleProgramTest, WhatHappensAfterFiringIsTaken) {
  const auto rules = Compiled(R"(
rule a { by user.username as who, client as ip when count() >= 3 within 1m
  then once per 1h per who }
rule b { by client as ip when count() >= 3 within 1m then escalate 10, 100 }
rule c { by client as ip when count() >= 3 within 1m then edge }
rule d { by client as ip when count() >= 3 within 1m then reset }
rule e { by client as ip when new(verb) within 1d learn 1h }
)");
  ASSERT_NE(rules, nullptr);
  EXPECT_EQ(Find(*rules, "a").hold_per, (std::vector<std::uint32_t>{0}));
  EXPECT_EQ(Find(*rules, "b").then, ThenKind::kEscalate);
  EXPECT_EQ(Find(*rules, "b").levels, (std::vector<std::uint64_t>{10, 100}));
  EXPECT_EQ(Find(*rules, "c").then, ThenKind::kEdge);
  EXPECT_EQ(Find(*rules, "d").then, ThenKind::kReset);
  const RuleProgram& e = Find(*rules, "e");
  EXPECT_EQ(e.condition.kind, ConditionProgram::Kind::kNew);
  EXPECT_EQ(e.aggregates[0].kind, AggregateProgram::Kind::kNew);
  EXPECT_EQ(e.condition.learn_us, 3'600'000'000);
  EXPECT_TRUE(e.monotone);
}

}  // namespace
}  // namespace tocsin::dsl
