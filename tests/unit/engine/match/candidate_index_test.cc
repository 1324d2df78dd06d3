// The index may only ever leave out rules whose filter is false: for random
// rules over random events, matching equals deciding every filter by itself.
#include "engine/match/candidate_index.h"

#include <set>
#include <string>
#include <utility>

#include "engine/match/match.h"
#include "gtest/gtest.h"
#include "tests/testing/expr_builder.h"
#include "tests/testing/random.h"

namespace tocsin {
namespace {

using testing::CheckedExpr;
using testing::ExprOp;
using testing::Int;
using testing::Make;
using testing::Path;
using testing::Random;
using testing::Text;

const std::vector<std::string> kWords = {"get",    "list",     "a", "b",
                                         "secret", "x\\u0061", "",  "pods"};

CheckedExpr RandomTest(Random* random) {
  const std::string text =
      random->Pick(std::vector<std::string>{"s", "t", "u", "o.p"});
  const std::string word = random->Pick(kWords);
  switch (random->Below(11)) {
    case 0:
    case 1:
    case 2:
      return Make(ExprOp::kEq, {Path(text), Text(word)});
    case 3:
      return Make(ExprOp::kIn,
                  {Path(text), testing::Texts({word, random->Pick(kWords)})});
    case 4:
      return Make(ExprOp::kStartsWith, {Path(text), Text(word)});
    case 5:
      return Make(ExprOp::kContains, {Path(text), Text(word)});
    case 6:
      return Make(ExprOp::kExists, {Path(text)});
    case 7:
      return Make(ExprOp::kEq,
                  {Path("n", TypeKind::kInt), Int(random->Between(0, 4))});
    case 8:
      return Make(ExprOp::kInRange, {Path("n", TypeKind::kInt),
                                     Int(random->Between(0, 4)), Int(3)});
    case 9:
      return Make(ExprOp::kEq, {Path("x.k", TypeKind::kAny), Text(word)});
    default:
      return Make(ExprOp::kEq,
                  {Path("l", testing::ListOf(TypeKind::kString)), Text(word)});
  }
}

CheckedExpr RandomFilter(Random* random, int depth) {
  if (depth == 0 || random->Chance(30)) return RandomTest(random);
  if (random->Chance(20)) {
    return testing::Not(RandomFilter(random, depth - 1));
  }
  std::vector<CheckedExpr> parts;
  const std::uint64_t count = 2 + random->Below(3);
  for (std::uint64_t i = 0; i < count; ++i) {
    parts.push_back(RandomFilter(random, depth - 1));
  }
  return Make(random->Chance(60) ? ExprOp::kAnd : ExprOp::kOr,
              std::move(parts));
}

std::string RandomValue(Random* random) {
  switch (random->Below(12)) {
    case 0:
      return "null";
    case 1:
      return "1";
    case 2:
      return "[\"get\",\"b\",null]";
    case 3:
      return "{\"k\":\"a\"}";
    case 4:
      return "true";
    case 5:
      return "2.5";
    default:
      return "\"" + random->Pick(kWords) + "\"";
  }
}

std::string RandomEvent(Random* random) {
  std::string line = R"({"at":"2026-01-01T00:00:00Z")";
  for (const char* field : {"s", "t", "u", "l"}) {
    if (random->Chance(25)) continue;
    line += ",\"" + std::string(field) + "\":" + RandomValue(random);
  }
  if (random->Chance(70)) {
    line += ",\"n\":" + std::to_string(random->Between(0, 5));
  } else if (random->Chance(50)) {
    line += ",\"n\":" + RandomValue(random);
  }
  if (random->Chance(60)) {
    line += ",\"o\":{\"p\":" + RandomValue(random) + "}";
  }
  if (random->Chance(60)) {
    line += ",\"x\":{\"k\":" + RandomValue(random) + "}";
  }
  return line + "}\n";
}

TEST(CandidateIndexTest, MatchesExactlyWhatDecidingEveryFilterMatches) {
  Random random(testing::SeedOr(20261122));
  const int rounds = testing::RoundsOr(30);
  std::size_t matched = 0;
  for (int round = 0; round < rounds; ++round) {
    std::vector<testing::CheckedRule> checked;
    for (int i = 0; i < 40; ++i) {
      checked.push_back(testing::FilterRule("r" + std::to_string(i),
                                            RandomFilter(&random, 3)));
    }
    const auto rules = dsl::Compile(testing::RulesOf(std::move(checked)));
    SymbolTables symbols(rules->projection);
    Matcher matcher(rules.get(), &symbols, kReplayKeySeed);
    Evaluator naive(rules.get());
    for (int chunk = 0; chunk < 3; ++chunk) {
      std::string lines;
      for (int i = 0; i < 60; ++i) lines += RandomEvent(&random);
      EventBatch batch;
      testing::ExtractLines(*rules, &symbols, lines, &batch);
      MatchResult result;
      matcher.Match(&batch, &result);
      std::set<std::pair<std::uint32_t, std::uint32_t>> by_index, by_hand;
      for (const MatchedRow& row : result.rows) {
        by_index.emplace(result.events[row.event].row, row.rule);
      }
      for (std::uint32_t row = 0; row < batch.rows.size(); ++row) {
        naive.Begin(&batch, row);
        naive.SetTime(batch.rows[row].time_us);
        for (std::uint32_t rule = 0; rule < rules->rules.size(); ++rule) {
          if (naive.Test(rules->rules[rule].filter)) by_hand.emplace(row, rule);
        }
      }
      ASSERT_EQ(by_index, by_hand) << "round " << round;
      matched += by_hand.size();
    }
  }
  EXPECT_GT(matched, 1000u);
}

TEST(CandidateIndexTest, IndexesEqualityOfTextsAndNumbersButNotSearches) {
  std::vector<testing::CheckedRule> checked;
  checked.push_back(testing::FilterRule(
      "a", Make(ExprOp::kAnd,
                {Make(ExprOp::kEq, {Path("s"), Text("get")}),
                 Make(ExprOp::kEq, {Path("n", TypeKind::kInt), Int(401)}),
                 Make(ExprOp::kContains, {Path("t"), Text("x")})})));
  const auto rules = dsl::Compile(testing::RulesOf(std::move(checked)));
  const std::vector<SchemaIndex> plan = PlanIndex(*rules);
  ASSERT_EQ(plan.size(), 1u);
  std::set<std::string> fields;
  for (const IndexedField& field : plan[0].fields) {
    fields.insert(rules->projection.fields()[field.field].keys[0]);
  }
  EXPECT_EQ(fields, (std::set<std::string>{"n", "s"}));
}

}  // namespace
}  // namespace tocsin
