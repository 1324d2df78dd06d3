// Counts allocations: once warm, a batch is matched without any.
#include <string>

#include "engine/match/match.h"
#include "gtest/gtest.h"
#include "tests/testing/count_allocations.h"
#include "tests/testing/expr_builder.h"

namespace tocsin::testing {
namespace {

CheckedRules SeveralRules() {
  std::vector<CheckedRule> rules;
  CheckedExpr variable;
  variable.op = ExprOp::kVariable;
  CheckedExpr image = Path("i", TypeKind::kAny);
  image.children.push_back(variable);
  CheckedRule body = FilterRule(
      "body", Make(ExprOp::kAnd,
                   {Make(ExprOp::kEq, {Path("s"), Text("get")}),
                    Make(ExprOp::kAny,
                         {Path("x.c", TypeKind::kAny),
                          Make(ExprOp::kStartsWith, {image, Text("img")})})}));
  dsl::CheckedKey key;
  key.name = "l";
  key.expr = Path("l", ListOf(TypeKind::kString));
  key.each = true;
  body.by.push_back(key);
  dsl::CheckedCondition threshold;
  threshold.kind = dsl::CheckedCondition::Kind::kAggregates;
  dsl::CheckedAggregate distinct;
  distinct.kind = dsl::CheckedAggregate::Kind::kDistinct;
  distinct.values = {Path("t")};
  threshold.aggregates = {distinct};
  threshold.window.length_us = 1'000'000;
  body.condition = threshold;
  dsl::CheckedCollect collect;
  collect.name = "a";
  collect.expr = Path("a", TypeKind::kIp);
  body.collects.push_back(collect);
  rules.push_back(body);
  CheckedExpr folded = Make(ExprOp::kContains, {Path("t"), Text("NEEDLE")});
  folded.nocase = true;
  rules.push_back(FilterRule("folded", folded));
  rules.push_back(FilterRule(
      "regex", Make(ExprOp::kMatches, {Path("t"), Text("n[a-z]+le")})));
  return RulesOf(std::move(rules));
}

TEST(SteadyStateTest, MatchingABatchAllocatesNothing) {
  const auto rules = dsl::Compile(SeveralRules());
  SymbolTables symbols(rules->projection);
  Matcher matcher(rules.get(), &symbols, kReplayKeySeed);
  std::string lines;
  for (int i = 0; i < 200; ++i) {
    lines += R"({"at":"2026-01-01T00:00:00Z","id":")" + std::to_string(i) +
             R"(","s":"get","t":"a\u0020needle )" + std::to_string(i % 7) +
             R"(","n":)" + std::to_string(i % 9) +
             R"(,"a":"10.0.0.1","l":["red","gr\u0065en"],)" +
             R"("x":{"c":[{"i":"im\u0067:1"},{"i":"img:2"}]}})" + "\n";
  }
  EventBatch batch;
  MatchResult result;
  for (int i = 0; i < 3; ++i) {
    ExtractLines(*rules, &symbols, lines, &batch);
    matcher.Match(&batch, &result);
  }
  EXPECT_EQ(result.rows.size(), 200u * 2 + 200u + 200u);
  ExtractLines(*rules, &symbols, lines, &batch);
  const std::uint64_t before = Allocations();
  matcher.Match(&batch, &result);
  EXPECT_EQ(Allocations() - before, 0u);
}

}  // namespace
}  // namespace tocsin::testing
