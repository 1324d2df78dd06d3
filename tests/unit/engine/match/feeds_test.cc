// Rules with events: which event a row is, one row a key, and what it leaves
// behind.
#include <bit>
#include <limits>
#include <string>
#include <vector>

#include "engine/base/coding.h"
#include "engine/base/limits.h"
#include "engine/match/condition_tests.h"
#include "gtest/gtest.h"
#include "tests/unit/engine/match/match_one.h"

namespace tocsin::testing {
namespace {

using dsl::CheckedAggregate;
using dsl::CheckedCondition;
using dsl::CheckedEvent;
using dsl::CheckedKey;

CheckedKey KeyOf(CheckedExpr expr) {
  CheckedKey key;
  key.name = "k";
  key.expr = std::move(expr);
  return key;
}

CheckedEvent EventOf(std::string name, CheckedExpr condition, CheckedExpr key) {
  CheckedEvent event;
  event.name = std::move(name);
  dsl::CheckedFilter filter;
  filter.origin = dsl::CheckedFilter::Origin::kEvent;
  filter.expr = std::move(condition);
  event.filters.push_back(std::move(filter));
  event.by.push_back(KeyOf(std::move(key)));
  return event;
}

CheckedExpr HasText(const std::string& path, const std::string& text) {
  return Make(ExprOp::kEq, {Path(path), Text(text)});
}

CheckedExpr StepOf(std::uint32_t event, CheckedExpr value,
                   dsl::StepPick pick = dsl::StepPick::kNewest) {
  CheckedExpr expr;
  expr.op = ExprOp::kStep;
  expr.index = event;
  expr.pick = pick;
  expr.type = value.type;
  expr.children.push_back(std::move(value));
  return expr;
}

// event a by s = t == "a"; event b by KEY = u == "b"; a then b within 10m.
CheckedRule TwoEvents(const std::string& key_of_b) {
  CheckedRule rule;
  rule.name = "r";
  rule.events.push_back(EventOf("a", HasText("t", "a"), Path("s")));
  rule.events.push_back(EventOf("b", HasText("u", "b"), Path(key_of_b)));
  rule.by = rule.events[0].by;
  rule.condition.kind = CheckedCondition::Kind::kSequence;
  rule.condition.window.length_us = 600'000'000;
  rule.condition.steps = {{0, 1}, {1, 1}};
  return rule;
}

std::uint64_t TakeMask(std::string_view* values) {
  std::uint64_t mask = 0;
  EXPECT_TRUE(TakeNumber(values, &mask));
  return mask;
}

std::string KeyText(const MatchedLines& matched, std::size_t row) {
  std::string_view key = matched.result.Key(matched.result.rows[row]);
  std::string_view encoding;
  std::string text;
  EXPECT_TRUE(TakeSized(&key, &encoding));
  AppendCanonicalAsText(encoding, &text);
  return text;
}

std::uint64_t MaskOf(const MatchedLines& matched, std::size_t row) {
  std::string_view values = matched.result.Values(matched.result.rows[row]);
  return TakeMask(&values);
}

TEST(FeedsTest, EventsOfOneSchemaAndKeyAreOneFeed) {
  const auto matched =
      MatchLines(RulesOf({TwoEvents("s")}),
                 Event(R"("s":"k","t":"a")") + Event(R"("s":"k","u":"b")") +
                     Event(R"("s":"k","t":"a","u":"b")") + Event(R"("s":"k")"));
  EXPECT_EQ(matched->rules->feeds.size(), 1u);
  ASSERT_EQ(matched->result.rows.size(), 3u);
  EXPECT_EQ(MaskOf(*matched, 0), 1u);
  EXPECT_EQ(MaskOf(*matched, 1), 2u);
  EXPECT_EQ(MaskOf(*matched, 2), 3u);
  EXPECT_EQ(matched->result.counts[0].matches, 3u);
}

TEST(FeedsTest, AnEventGivesOneRowAKeyWhateverItsFeeds) {
  const auto matched =
      MatchLines(RulesOf({TwoEvents("o.p")}),
                 Event(R"("s":"x","t":"a","u":"b","o":{"p":"x"})") +
                     Event(R"("s":"y","t":"a","u":"b","o":{"p":"x"})") +
                     Event(R"("s":"y","u":"b","o":{"p":"x"})"));
  EXPECT_EQ(matched->rules->feeds.size(), 2u);
  ASSERT_EQ(matched->result.rows.size(), 4u);
  EXPECT_EQ(KeyText(*matched, 0), "x");
  EXPECT_EQ(MaskOf(*matched, 0), 3u);
  EXPECT_EQ(KeyText(*matched, 1), "x");
  EXPECT_EQ(MaskOf(*matched, 1), 2u);
  EXPECT_EQ(KeyText(*matched, 2), "y");
  EXPECT_EQ(MaskOf(*matched, 2), 1u);
  EXPECT_EQ(KeyText(*matched, 3), "x");
  EXPECT_EQ(matched->result.counts[0].matches, 3u);
}

TEST(FeedsTest, AFeedOfAnotherSchemaSeesOnlyItsEvents) {
  CheckedRules rules = RulesOf({TwoEvents("s")});
  dsl::CheckedSchema other = TestSchema();
  other.name = "other";
  other.match = Make(ExprOp::kExists, {Path("b", TypeKind::kBool)});
  rules.schemas.push_back(other);
  rules.rules[0].events[1].schema = 1;
  const auto matched =
      MatchLines(rules, Event(R"("s":"k","t":"a","u":"b")") +
                            Event(R"("s":"k","t":"a","u":"b","b":true)"));
  ASSERT_EQ(matched->result.rows.size(), 2u);
  EXPECT_EQ(MaskOf(*matched, 0), 1u);
  EXPECT_EQ(MaskOf(*matched, 1), 2u);
}

TEST(FeedsTest, AggregatesTakeOnlyTheirEventAndNumbersOfAnyKind) {
  CheckedRule rule = TwoEvents("s");
  rule.condition = {};
  rule.condition.kind = CheckedCondition::Kind::kAggregates;
  CheckedAggregate count;
  count.event = 0;
  CheckedAggregate sum;
  sum.kind = CheckedAggregate::Kind::kSum;
  sum.event = 1;
  sum.values = {Path("ns", ListOf(TypeKind::kInt))};
  CheckedAggregate low;
  low.kind = CheckedAggregate::Kind::kMin;
  low.event = 0;
  low.values = {Path("f", TypeKind::kFloat)};
  low.threshold_of = Path("n", TypeKind::kInt);
  rule.condition.aggregates = {count, sum, low};
  const auto matched = MatchLines(
      RulesOf({rule}),
      Event(R"("s":"k","t":"a","ns":[1,2],"f":0.5,"n":7)") +
          Event(R"("s":"k","u":"b","ns":[1,"x",2.5,null],"f":0.5,"n":7)") +
          Event(R"("s":"k","t":"a")"));
  const auto expect = [&](std::size_t row, std::uint64_t mask, char counts,
                          const std::vector<double>& sums,
                          const std::vector<double>& lows, double threshold) {
    std::string expected;
    PutNumber(mask, &expected);
    expected += counts;
    for (const auto* numbers : {&sums, &lows}) {
      PutNumber(static_cast<std::uint32_t>(numbers->size()), &expected);
      for (const double number : *numbers) PutNumber(number, &expected);
    }
    PutNumber(threshold, &expected);
    EXPECT_EQ(matched->result.Values(matched->result.rows[row]), expected);
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  ASSERT_EQ(matched->result.rows.size(), 3u);
  expect(0, 1, 1, {}, {0.5}, 7);
  expect(1, 2, 0, {1, 2.5}, {}, nan);
  expect(2, 1, 1, {}, {}, nan);
}

// What the row leaves behind, one text a capture; "" when it is missing.
std::vector<std::string> Captured(const MatchedLines& matched,
                                  std::size_t row) {
  std::string_view values = matched.result.Values(matched.result.rows[row]);
  TakeMask(&values);
  std::vector<std::string> texts;
  std::string_view encoding;
  for (std::size_t i = 0; i < matched.rules->rules[0].captures.size(); ++i) {
    EXPECT_TRUE(TakeSized(&values, &encoding));
    std::string text;
    if (!encoding.empty()) AppendCanonicalAsText(encoding, &text);
    texts.push_back(text);
  }
  return texts;
}

using Strings = std::vector<std::string>;

class Values final : public StepValues {
 public:
  explicit Values(std::vector<std::string> texts) {
    for (const std::string& text : texts) {
      std::string encoding;
      if (!text.empty()) AppendCanonicalText(text, &encoding);
      by_step_.push_back(encoding);
    }
  }
  std::string_view Of(std::uint32_t step, std::uint32_t) const override {
    return by_step_[step];
  }

 private:
  std::vector<std::string> by_step_;
};

TEST(FeedsTest, AWhereIsSplitAndReadsWhatItsStepsLeftBehind) {
  CheckedRule rule = TwoEvents("s");
  rule.condition.where = Make(
      ExprOp::kAnd,
      {Not(Make(ExprOp::kEq, {StepOf(0, Path("o.p")), StepOf(1, Path("o.p"))})),
       Make(ExprOp::kStartsWith, {StepOf(1, Path("o.p")), Text("x")})});
  const auto matched =
      MatchLines(RulesOf({rule}), Event(R"("s":"k","t":"a","o":{"p":"one"})") +
                                      Event(R"("s":"k","u":"b")"));
  EXPECT_EQ(Captured(*matched, 0), (Strings{"one", ""}));
  EXPECT_EQ(Captured(*matched, 1), (Strings{"", ""}));
  const auto& where = matched->rules->rules[0].condition.where;
  ASSERT_EQ(where.size(), 2u);
  EXPECT_EQ(where[0].steps, (std::vector<std::uint32_t>{0, 1}));
  EXPECT_EQ(where[1].steps, (std::vector<std::uint32_t>{1}));
  ConditionTests tests(matched->rules.get());
  EXPECT_TRUE(tests.StepHolds(where[0].test, Values({"p", "q"})));
  EXPECT_FALSE(tests.StepHolds(where[0].test, Values({"p", "p"})));
  // A missing value is equal to nothing.
  EXPECT_TRUE(tests.StepHolds(where[0].test, Values({"", ""})));
  EXPECT_TRUE(tests.StepHolds(where[1].test, Values({"p", "xq"})));
  EXPECT_FALSE(tests.StepHolds(where[1].test, Values({"xp", "q"})));
}

TEST(FeedsTest, AComparedTextPastItsLimitKeepsTheHashOfTheWhole) {
  CheckedRule rule = TwoEvents("s");
  rule.condition.where =
      Make(ExprOp::kEq, {StepOf(0, Path("o.p")), StepOf(0, Path("o.p"))});
  const std::string front(limits::kValueBytes, 'x');
  const auto line = [&](const std::string& end) {
    return Event(R"("s":"k","t":"a","o":{"p":")" + front + end + "\"}");
  };
  const auto matched =
      MatchLines(RulesOf({rule}), line("") + line("1") + line("2"));
  EXPECT_EQ(Captured(*matched, 0), (Strings{front}));
  EXPECT_NE(Captured(*matched, 1), Captured(*matched, 2));
  EXPECT_NE(Captured(*matched, 0), Captured(*matched, 1));
  EXPECT_LT(Captured(*matched, 1)[0].size(), front.size() + 40);
}

TEST(FeedsTest, ATestOverAggregatesIsOfTheirValues) {
  CheckedRule rule = TwoEvents("s");
  rule.condition = {};
  rule.condition.kind = CheckedCondition::Kind::kAggregates;
  CheckedAggregate of_a, of_b;
  of_a.event = 0;
  of_b.event = 1;
  rule.condition.aggregates = {of_a, of_b};
  const auto aggregate = [](std::uint32_t index) {
    CheckedExpr expr;
    expr.op = ExprOp::kAggregate;
    expr.index = index;
    return expr;
  };
  rule.condition.test =
      Make(ExprOp::kGreater,
           {Make(ExprOp::kDivide, {aggregate(0), aggregate(1)}), Const(0.5)});
  const auto rules = dsl::Compile(RulesOf({rule}));
  ConditionTests tests(rules.get());
  const ExprId test = rules->rules[0].condition.test;
  const auto value = [](std::int64_t i) {
    return AggregateValue{false, true, i, 0};
  };
  const auto holds = [&](AggregateValue a, AggregateValue b) {
    const AggregateValue values[] = {a, b};
    return tests.AggregatesHold(test, values);
  };
  EXPECT_TRUE(holds(value(3), value(5)));
  EXPECT_FALSE(holds(value(5), value(10)));
  EXPECT_FALSE(holds(value(5), value(0)));
  EXPECT_FALSE(holds(value(5), AggregateValue{}));
  EXPECT_TRUE(holds(AggregateValue{false, false, 0, 5.5}, value(10)));
  EXPECT_FALSE(rules->rules[0].monotone);
}

TEST(FeedsTest, TextsReadSlotsWhenTheEventIsGone) {
  CheckedRule rule = TwoEvents("s");
  dsl::CheckedTemplate text;
  const auto add = [&](std::string before, CheckedExpr hole) {
    text.parts.push_back({std::move(before), std::nullopt});
    text.parts.push_back({"", std::move(hole)});
  };
  CheckedExpr lower;
  lower.op = ExprOp::kCall;
  lower.function = Function::kLower;
  lower.children.push_back(StepOf(1, Path("o.p")));
  add("to ", lower);
  add(" from ", StepOf(0, Path("o.p"), dsl::StepPick::kOldest));
  CheckedExpr count;
  count.op = ExprOp::kStepCount;
  count.index = 0;
  add(" after ", count);
  rule.alert = text;
  rule.collects.push_back({"c", StepOf(0, Path("s")), 10, dsl::kNoEvent});
  const auto matched = MatchLines(
      RulesOf({rule}), Event(R"("s":"k","t":"a","o":{"p":"A1"})") +
                           Event(R"("s":"k","u":"b","o":{"p":"B1"})"));
  const RuleProgram& program = matched->rules->rules[0];
  EXPECT_TRUE(program.texts_from_slots);
  ASSERT_EQ(program.slots.size(), 2u);
  EXPECT_EQ(program.captures[program.slots[0].capture].event, 1u);
  EXPECT_FALSE(program.slots[0].oldest);
  EXPECT_EQ(program.captures[program.slots[1].capture].event, 0u);
  EXPECT_TRUE(program.slots[1].oldest);
  EXPECT_EQ(program.collects[0].event, 0u);
  std::vector<std::string> slots(2);
  AppendCanonicalText("Bound", &slots[0]);
  const std::vector<std::uint64_t> counts = {5, 1};
  AlertValues values;
  values.slots = &slots;
  values.step_counts = &counts;
  EXPECT_EQ(matched->matcher->Render(nullptr, 0, 0, program.alert, values),
            "to bound from - after 5");
}

TEST(FeedsTest, ATableIsLookedUpByItsWholeKey) {
  CheckedRule rule = FilterRule("r", Make(ExprOp::kExists, {Path("at")}));
  CheckedExpr in_table;
  in_table.op = ExprOp::kLookup;
  in_table.type = TypeOf(TypeKind::kBool);
  in_table.children = {Path("s"), Path("n", TypeKind::kInt)};
  rule.filters[0].expr = in_table;
  CheckedExpr owner = in_table;
  owner.column = 2;
  rule.shows.push_back({"owner", owner});
  CheckedRules rules = RulesOf({rule});
  dsl::CheckedTable table;
  table.name = "assets";
  table.columns = {{"s", TypeOf(TypeKind::kString), false},
                   {"n", TypeOf(TypeKind::kInt), false},
                   {"owner", TypeOf(TypeKind::kString), true}};
  table.key = {0, 1};
  table.rows = {{{std::string("a")}, {std::int64_t{1}}, {std::string("ann")}},
                {{std::string("a")}, {std::int64_t{2}}, {}}};
  rules.tables.push_back(table);
  const auto matched = MatchLines(
      rules, Event(R"("s":"a","n":1.0)") + Event(R"("s":"a","n":2)") +
                 Event(R"("s":"a","n":3)") + Event(R"("s":"a")"));
  EXPECT_EQ(matched->result.counts[0].matches, 2u);
  const auto shown = [&](std::size_t row) {
    std::string encoding, text;
    matched->matcher->Show(&matched->batch, row, 0,
                           matched->rules->rules[0].shows[0].expr, {},
                           &encoding);
    AppendCanonicalAsText(encoding, &text);
    return text;
  };
  EXPECT_EQ(shown(0), "ann");
  EXPECT_EQ(shown(1), "-");
  EXPECT_EQ(shown(2), "-");
}

}  // namespace
}  // namespace tocsin::testing
