#include "dsl/check/rule_shape.h"

#include <algorithm>
#include <string>

#include "dsl/check/truth.h"
#include "dsl/check/types.h"

namespace tocsin::dsl {
namespace {

void AppendNumber(std::uint64_t number, std::string* out) {
  *out += std::to_string(number);
  *out += ';';
}

bool IsException(CheckedFilter::Origin origin) {
  return origin == CheckedFilter::Origin::kUnless ||
         origin == CheckedFilter::Origin::kDefaultsUnless ||
         origin == CheckedFilter::Origin::kTuneUnless;
}

// Of a kind that equals no value of another kind, and is equal as it reads.
bool IsPlain(const Constant& constant) {
  return std::holds_alternative<std::string>(constant.value) ||
         std::holds_alternative<std::int64_t>(constant.value);
}

void AddTest(const CheckedExpr& expr, bool holds, RuleShape* shape) {
  if (expr.op == ExprOp::kNot) return AddTest(expr.children[0], !holds, shape);
  const ExprOp flat = holds ? ExprOp::kAnd : ExprOp::kOr;
  if (expr.op == flat) {
    for (const CheckedExpr& child : expr.children) {
      AddTest(child, holds, shape);
    }
    return;
  }
  ShapeTest test;
  test.expr = &expr;
  test.holds = holds;
  test.token = SubjectKey(expr);
  const bool equal = expr.op == ExprOp::kEq || expr.op == ExprOp::kIn;
  if (holds && equal && !expr.nocase && expr.elements == Elements::kAny &&
      expr.children[1].op == ExprOp::kConst &&
      expr.children[0].op != ExprOp::kConst) {
    const std::vector<Constant> values = ValuesOf(expr.children[1]);
    const bool plain = std::all_of(values.begin(), values.end(), IsPlain);
    if (plain && !values.empty()) {
      test.subject = SubjectKey(expr.children[0]);
      test.values = &expr.children[1];
    }
  }
  shape->tests.push_back(test);
}

// Aggregates that are compared by >= alone.
bool AppendCondition(const CheckedCondition& condition, std::string* out) {
  if (condition.kind == CheckedCondition::Kind::kFilter) return true;
  if (condition.kind != CheckedCondition::Kind::kAggregates ||
      !IsMonotone(condition)) {
    return false;
  }
  AppendNumber(static_cast<std::uint64_t>(condition.window.kind), out);
  AppendNumber(static_cast<std::uint64_t>(condition.window.length_us), out);
  AppendNumber(static_cast<std::uint64_t>(condition.window.step_us), out);
  for (const CheckedAggregate& aggregate : condition.aggregates) {
    if (aggregate.threshold_of.has_value()) return false;
    AppendNumber(static_cast<std::uint64_t>(aggregate.kind), out);
    AppendNumber(aggregate.threshold, out);
    *out += std::to_string(aggregate.least) + ";";
    if (aggregate.filter.has_value()) {
      AppendHash(SubjectKey(*aggregate.filter), out);
    }
    for (const CheckedExpr& value : aggregate.values) {
      AppendHash(SubjectKey(value), out);
    }
    *out += '|';
  }
  return true;
}

}  // namespace

void AppendHash(const Hash128& hash, std::string* out) {
  for (const std::uint64_t half : {hash.high, hash.low}) {
    for (int shift = 0; shift < 64; shift += 8) {
      *out += static_cast<char>(half >> shift & 0xFF);
    }
  }
}

std::vector<Constant> ValuesOf(const CheckedExpr& right) {
  const auto* list = std::get_if<ConstantList>(&right.constant.value);
  return list != nullptr ? *list : std::vector<Constant>{right.constant};
}

bool ShapeOf(const CheckedRule& rule, RuleShape* shape) {
  if (!rule.enabled || rule.signal || !rule.events.empty()) return false;
  std::string rest;
  AppendNumber(rule.schema, &rest);
  if (!AppendCondition(rule.condition, &rest)) return false;
  for (const CheckedKey& key : rule.by) {
    AppendHash(SubjectKey(key.expr), &rest);
    AppendNumber(key.missing_ok ? 1 : 0, &rest);
    AppendNumber(key.each ? 1 : 0, &rest);
    AppendNumber(key.among.value_or(0xFFFFFFFF), &rest);
  }
  AppendNumber(static_cast<std::uint64_t>(rule.then.kind), &rest);
  AppendNumber(static_cast<std::uint64_t>(rule.then.hold_us), &rest);
  for (const std::uint32_t part : rule.then.per) AppendNumber(part, &rest);
  for (const std::uint64_t level : rule.then.levels) AppendNumber(level, &rest);
  shape->rule = &rule;
  shape->rest = HashWide(rest);
  for (const CheckedFilter& filter : rule.filters) {
    AddTest(filter.expr, !IsException(filter.origin), shape);
  }
  return true;
}

}  // namespace tocsin::dsl
