// The only way in is CheckAggregates(): the tests as they are written.
#include "dsl/check/aggregates.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/aggregate_tests.h"
#include "dsl/check/constants.h"
#include "dsl/check/types.h"
#include "engine/base/limits.h"

namespace tocsin::dsl {
namespace {

using AggregateKind = CheckedAggregate::Kind;

const cst::Expr& Unwrapped(const cst::Expr& expr) {
  return expr.kind == cst::ExprKind::kParen ? Unwrapped(expr.children[0])
                                            : expr;
}

bool HasBad(const cst::Expr& expr) {
  if (expr.kind == cst::ExprKind::kBad) return true;
  return std::any_of(expr.children.begin(), expr.children.end(), HasBad);
}

// `count > 5`: an aggregate's name without its parentheses.
const cst::Expr* BareAggregate(const cst::Expr& expr) {
  if (expr.kind == cst::ExprKind::kName) {
    return !expr.quoted && IsAggregateName(expr.text) ? &expr : nullptr;
  }
  for (const cst::Expr& child : expr.children) {
    if (const cst::Expr* found = BareAggregate(child)) return found;
  }
  return nullptr;
}

}  // namespace

bool AggregateTests::Check(const cst::Expr& tests, CheckedCondition* checked) {
  if (HasBad(tests)) return false;
  if (!Conjunct(tests)) return false;
  bool plain = true;
  bool bounded = false;
  for (const CheckedExpr& test : tests_) {
    if (!CheckTests(test)) return false;
    plain = plain && IsThreshold(test);
  }
  for (const Aggregated& read : reads_) bounded = bounded || read.bounded;
  if (!plain && bounded) {
    return Refuse(Kind::kFreeThreshold, SpanOf(tests),
                  "`at most` bounds a count that is compared by >= alone, and "
                  "this is joined with other tests",
                  "write a rule for each, and join them as signals");
  }
  for (const Aggregated& read : reads_) {
    checked->aggregates.push_back(read.aggregate);
    if (!read.bounded) checked->aggregates.back().threshold = 0;
  }
  if (!plain) {
    for (CheckedAggregate& aggregate : checked->aggregates) {
      aggregate.threshold = 1;
    }
    checked->test = MakeJoin(ExprOp::kAnd, std::move(tests_), SpanOf(tests));
    return true;
  }
  for (const CheckedExpr& test : tests_) {
    SetThreshold(test, &checked->aggregates[test.children[0].index]);
  }
  return true;
}

// Each test by itself, so that those of a conjunction may be thresholds.
bool AggregateTests::Conjunct(const cst::Expr& expr) {
  const cst::Expr& test = Unwrapped(expr);
  if (test.kind == cst::ExprKind::kBinary && test.op == "and") {
    bool good = true;
    for (const cst::Expr& child : test.children) good = Conjunct(child) && good;
    return good;
  }
  if (!Shape(test)) return false;
  if (test.kind == cst::ExprKind::kTest) {
    const cst::Expr& left = Unwrapped(test.children[0]);
    const cst::Expr& right = Unwrapped(test.children[1]);
    if (right.kind == cst::ExprKind::kAtMost) return AtMost(test, right, false);
    if (left.kind == cst::ExprKind::kAtMost) return AtMost(test, left, true);
  }
  Scope scope;
  scope.file = &file_;
  scope.schema = names_.schema;
  scope.lenient = names_.lenient;
  scope.plain = PlainField::kNeedsAggregate;
  scope.aggregates = this;
  Value value = expressions_.Condition(test, scope);
  if (value.bad) return false;
  tests_.push_back(std::move(value.expr));
  return true;
}

// `or` and `not` of comparisons that each hold an aggregate.
bool AggregateTests::Shape(const cst::Expr& expr) {
  const cst::Expr& test = Unwrapped(expr);
  const bool joins = (test.kind == cst::ExprKind::kBinary &&
                      (test.op == "and" || test.op == "or")) ||
                     (test.kind == cst::ExprKind::kUnary && test.op == "not");
  if (joins) {
    bool good = true;
    for (const cst::Expr& child : test.children) good = Shape(child) && good;
    return good;
  }
  const cst::Expr* found = FindAggregate(test);
  if (found != nullptr && test.kind == cst::ExprKind::kTest) return true;
  if (found != nullptr) {
    return Refuse(Kind::kNotAnAggregate, SpanOf(test),
                  "an aggregate is compared with a number",
                  absl::StrFormat("%s(..) >= 10", found->text));
  }
  if (const cst::Expr* name = BareAggregate(test)) {
    Diagnostic& d = report_.Emit(
        Kind::kNotAnAggregate, SpanOf(*name),
        absl::StrFormat("`%s` without parentheses is a field", name->text));
    const bool counts = name->text == "count" && names_.events == nullptr;
    d.help = absl::StrFormat("%s(..) >= 10", name->text);
    if (counts) d.fix = Fix{SpanOf(*name), "count()"};
    return false;
  }
  return Refuse(Kind::kNotAnAggregate, SpanOf(test),
                "`when` needs an aggregate, and this has none",
                "a filter stands in `where`; `when` counts: count() >= 10 "
                "within 1m");
}

// count() >= at most 1000 (limits[who].max ?? 20)
bool AggregateTests::AtMost(const cst::Expr& test, const cst::Expr& bound,
                            bool turned) {
  const cst::Expr& call = Unwrapped(test.children[turned ? 1 : 0]);
  const std::string_view wanted = turned ? "<" : ">";
  const bool strict = test.op == wanted;
  const bool reaches = strict || test.op == std::string(wanted) + "=";
  const bool counts = call.kind == cst::ExprKind::kCall && !call.quoted &&
                      (call.text == "count" || call.text == "distinct");
  if (!reaches || !counts) {
    return Refuse(Kind::kFreeThreshold, SpanOf(test),
                  "`at most` bounds the threshold of `count` and `distinct`, "
                  "compared by >=",
                  "count() >= at most 1000 (limits[who].max ?? 20)");
  }
  const std::size_t before = reads_.size();
  const Value value = Read(call, Scope{});
  std::uint64_t most = 0;
  const bool number = Threshold(bound.children[0], strict, &most);
  if (value.bad || !number) return false;
  Aggregated read = reads_[value.expr.index];
  // Its threshold is its own, also when the same is counted elsewhere.
  if (reads_.size() > before) reads_.pop_back();
  CheckedExpr limit;
  if (!Bound(bound.children[1], read.aggregate.event, &limit)) return false;
  if (strict) {
    CheckedExpr more;
    more.op = ExprOp::kAdd;
    more.type = limit.type;
    more.span = limit.span;
    more.children.push_back(std::move(limit));
    more.children.push_back(
        MakeConst(Constant{std::int64_t{1}}, TypeKind::kInt, more.span));
    limit = std::move(more);
  }
  read.aggregate.threshold = most;
  read.aggregate.threshold_of = std::move(limit);
  read.bounded = true;
  read.key = Hash128{};
  reads_.push_back(std::move(read));
  return true;
}

// The value that the threshold is, of the completing event and its key.
bool AggregateTests::Bound(const cst::Expr& expr, std::uint32_t event,
                           CheckedExpr* bound) {
  Scope scope = ValueScope();
  const std::vector<CheckedKey>& by =
      event == kNoEvent ? *names_.by : (*names_.events)[event].by;
  for (const CheckedKey& key : by) {
    if (key.each) continue;
    Binding binding;
    binding.kind = Binding::Kind::kValue;
    binding.name = key.name;
    binding.value = &key.expr;
    scope.bindings.push_back(std::move(binding));
  }
  Value value = expressions_.Check(expr, scope);
  if (value.bad) return false;
  const TypeKind kind = value.expr.type.kind;
  if (kind != TypeKind::kInt && kind != TypeKind::kAny) {
    return Refuse(Kind::kWrongType, SpanOf(expr),
                  absl::StrFormat("a threshold is a whole number, and this is "
                                  "%s",
                                  AType(value.expr.type)),
                  "");
  }
  std::uint32_t of = event;
  if (!TakeStep(&value.expr, &of)) {
    return Refuse(Kind::kCannotJoin, SpanOf(expr),
                  absl::StrFormat("the threshold is read of the event that is "
                                  "counted: `%s`",
                                  (*names_.events)[event].name),
                  "");
  }
  *bound = std::move(value.expr);
  return true;
}

bool AggregateTests::Threshold(const cst::Expr& literal, bool strict,
                               std::uint64_t* number) {
  Constant constant;
  TypeKind kind = TypeKind::kAny;
  const bool whole = literal.kind == cst::ExprKind::kLiteral &&
                     LiteralValue(literal.literal, &constant, &kind) &&
                     kind == TypeKind::kInt;
  const auto* value = std::get_if<std::int64_t>(&constant.value);
  if (!whole || (value != nullptr && *value < 1)) {
    return Refuse(Kind::kBadThreshold, SpanOf(literal),
                  "a threshold is a whole number from 1", "at most 1000 (..)");
  }
  const auto most = static_cast<std::int64_t>(limits::kThreshold);
  if (value == nullptr || *value > most - (strict ? 1 : 0)) {
    return Refuse(Kind::kThresholdTooLarge, SpanOf(literal),
                  absl::StrFormat("a threshold is at most %s",
                                  Grouped(limits::kThreshold)),
                  "");
  }
  *number = static_cast<std::uint64_t>(*value + (strict ? 1 : 0));
  return true;
}

bool CheckAggregates(const cst::Expr& tests, bool sliding,
                     const ConditionNames& names, Context* context,
                     ExprChecker* expressions, CheckedCondition* checked) {
  return AggregateTests(sliding, names, context, expressions)
      .Check(tests, checked);
}

}  // namespace tocsin::dsl
