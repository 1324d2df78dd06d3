// What is aggregated: count(..), distinct(..), sum(..) and the like.
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/aggregate_tests.h"
#include "dsl/check/aggregates.h"
#include "dsl/check/truth.h"
#include "dsl/check/types.h"

namespace tocsin::dsl {
namespace {

using AggregateKind = CheckedAggregate::Kind;

std::optional<AggregateKind> FindKind(std::string_view name) {
  constexpr auto kKinds = static_cast<int>(AggregateKind::kPercentile) + 1;
  for (int i = 0; i < kKinds; ++i) {
    const auto kind = static_cast<AggregateKind>(i);
    if (AggregateName(kind) == name) return kind;
  }
  return std::nullopt;
}

const cst::Expr& Unwrapped(const cst::Expr& expr) {
  return expr.kind == cst::ExprKind::kParen ? Unwrapped(expr.children[0])
                                            : expr;
}

// How many values a field has, where the schema closes the set.
std::optional<std::uint64_t> DifferentValues(const Value& value) {
  if (value.expr.type.kind == TypeKind::kBool) return 2;
  const Field* field = value.field;
  if (field == nullptr) return std::nullopt;
  if (field->limit == Field::Limit::kOneOf) return field->values.size();
  if (field->limit != Field::Limit::kRange || field->values.size() != 2 ||
      TestedType(field->type).kind != TypeKind::kInt) {
    return std::nullopt;
  }
  const auto* low = std::get_if<std::int64_t>(&field->values[0].value);
  const auto* high = std::get_if<std::int64_t>(&field->values[1].value);
  std::int64_t count = 0;
  if (low == nullptr || high == nullptr || *high < *low ||
      __builtin_sub_overflow(*high, *low, &count)) {
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(count) + 1;
}

// Never below zero, by what the schema says of the field.
bool NeverNegative(const Value& value) {
  if (value.field == nullptr || value.field->limit != Field::Limit::kRange ||
      value.field->values.empty()) {
    return false;
  }
  const Constant& low = value.field->values[0];
  if (const auto* whole = std::get_if<std::int64_t>(&low.value)) {
    return *whole >= 0;
  }
  const auto* number = std::get_if<double>(&low.value);
  return number != nullptr && *number >= 0;
}

}  // namespace

Scope AggregateTests::ValueScope() const {
  Scope scope;
  scope.file = &file_;
  scope.schema = names_.schema;
  scope.lenient = names_.lenient;
  if (names_.events == nullptr) return scope;
  scope.events = names_.events;
  scope.plain = PlainField::kNeedsStep;
  return scope;
}

Value AggregateTests::Read(const cst::Expr& call, const Scope& scope) {
  const Span span = SpanOf(call);
  Aggregated read;
  read.span = span;
  read.aggregate.kind = *FindKind(call.text);
  Value value;
  value.expr.op = ExprOp::kAggregate;
  value.expr.span = span;
  value.bad = !Arguments(call, scope, &read);
  if (value.bad) return value;
  // The same aggregate in two tests is kept once.
  CheckedExpr all;
  all.index = static_cast<std::uint32_t>(read.aggregate.kind);
  all.children = read.aggregate.values;
  if (read.aggregate.filter) all.children.push_back(*read.aggregate.filter);
  all.constant.value =
      absl::StrFormat("%d %d %g", static_cast<int>(read.aggregate.kind),
                      read.aggregate.event, read.aggregate.percent);
  read.key = SubjectKey(all);
  std::size_t at = 0;
  while (at < reads_.size() && !(reads_[at].key == read.key)) ++at;
  value.expr.index = static_cast<std::uint32_t>(at);
  value.expr.type = MakeType(read.type);
  if (at == reads_.size()) reads_.push_back(std::move(read));
  return value;
}

bool AggregateTests::Arguments(const cst::Expr& call, const Scope& scope,
                               Aggregated* read) {
  static_cast<void>(scope);
  if (read->aggregate.kind == AggregateKind::kCount) {
    return CountOf(call, read);
  }
  if (read->aggregate.kind == AggregateKind::kPercentile) {
    return Percent(call, read) && Values(call, read);
  }
  const bool distinct = read->aggregate.kind == AggregateKind::kDistinct;
  if (call.children.empty()) {
    return Refuse(Kind::kArgumentCount, SpanOf(call),
                  distinct ? "`distinct` needs what is to differ"
                           : absl::StrFormat("`%s` needs a number", call.text),
                  distinct ? "distinct(user.username)"
                           : absl::StrFormat("%s(body_bytes_sent)", call.text));
  }
  if (!distinct && call.children.size() > 1) {
    return Refuse(Kind::kArgumentCount, SpanOf(call),
                  absl::StrFormat("`%s` takes one value, %d given", call.text,
                                  call.children.size()),
                  "");
  }
  return Values(call, read);
}

// count(), count(EVENT), count(P).
bool AggregateTests::CountOf(const cst::Expr& call, Aggregated* read) {
  if (call.children.size() > 1) {
    return Refuse(Kind::kArgumentCount, SpanOf(call),
                  absl::StrFormat("`count` takes one filter, %d given",
                                  call.children.size()),
                  "");
  }
  if (names_.events == nullptr) {
    if (call.children.empty()) return true;
    Value filter = expressions_.Condition(call.children[0], ValueScope());
    if (filter.bad) return false;
    read->aggregate.filter = std::move(filter.expr);
    return true;
  }
  const std::string first = ExampleEvent(*names_.events);
  if (call.children.empty()) {
    Diagnostic& d = report_.Emit(Kind::kCountOfWhat, SpanOf(call),
                                 "a count of which event?");
    d.help = absl::StrFormat("name it: count(%s)", first);
    if (names_.events->size() == 1) {
      d.fix = Fix{SpanOf(call), absl::StrFormat("count(%s)", first)};
    }
    return false;
  }
  const cst::Expr& name = Unwrapped(call.children[0]);
  if (name.kind != cst::ExprKind::kName || name.quoted) {
    return Refuse(Kind::kCountOfWhat, SpanOf(call.children[0]),
                  "in a rule with events, `count(..)` takes the name of one",
                  "give the filter a name: event matching = ..");
  }
  for (std::size_t i = 0; i < names_.events->size(); ++i) {
    if ((*names_.events)[i].name != name.text) continue;
    read->aggregate.event = static_cast<std::uint32_t>(i);
    return true;
  }
  cst::Name written;
  written.begin = name.begin;
  written.end = name.end;
  written.text = name.text;
  expressions_.UnknownStep(written, ValueScope());
  return false;
}

bool AggregateTests::Percent(const cst::Expr& call, Aggregated* read) {
  if (call.children.size() != 2) {
    return Refuse(Kind::kArgumentCount, SpanOf(call),
                  absl::StrFormat("`percentile` takes a value and a "
                                  "percentage, %d given",
                                  call.children.size()),
                  "percentile(request_time, 95)");
  }
  Scope scope;
  scope.file = &file_;
  scope.constants = true;
  const Value value = expressions_.ConstantOf(call.children[1], scope);
  if (value.bad) return false;
  const Constant& constant = value.expr.constant;
  if (const auto* whole = std::get_if<std::int64_t>(&constant.value)) {
    read->aggregate.percent = static_cast<double>(*whole);
  } else if (const auto* number = std::get_if<double>(&constant.value)) {
    read->aggregate.percent = *number;
  }
  if (read->aggregate.percent > 0 && read->aggregate.percent <= 100) {
    return true;
  }
  return Refuse(Kind::kBadConstant, SpanOf(call.children[1]),
                "a percentage is above 0 and at most 100",
                "percentile(request_time, 95)");
}

bool AggregateTests::Values(const cst::Expr& call, Aggregated* read) {
  const bool percentile = read->aggregate.kind == AggregateKind::kPercentile;
  const std::size_t count = percentile ? 1 : call.children.size();
  bool good = true;
  for (std::size_t i = 0; i < count; ++i) {
    const cst::Expr& child = call.children[i];
    Value value = expressions_.Check(child, ValueScope());
    if (value.bad || !ValueType(child, value, read)) {
      good = false;
      continue;
    }
    if (!TakeStep(&value.expr, &read->aggregate.event)) {
      good = Refuse(
          Kind::kCannotJoin, SpanOf(child),
          absl::StrFormat("`%s(..)` takes values of one event", call.text),
          "an aggregate for each event, compared with each other");
      continue;
    }
    read->aggregate.values.push_back(std::move(value.expr));
  }
  if (!good || names_.events == nullptr || read->aggregate.event != kNoEvent) {
    return good;
  }
  return Refuse(Kind::kStepNeeded, SpanOf(call), "values of which event?",
                absl::StrFormat("name its field: %s(%s.ts)", call.text,
                                ExampleEvent(*names_.events)));
}

bool AggregateTests::ValueType(const cst::Expr& expr, const Value& value,
                               Aggregated* read) {
  const Type& type = value.expr.type;
  if (read->aggregate.kind == AggregateKind::kDistinct) {
    const std::optional<std::uint64_t> different = DifferentValues(value);
    if (!different.has_value() || !read->different.has_value() ||
        __builtin_mul_overflow(*different, *read->different,
                               &*read->different)) {
      read->different.reset();
    }
    if (IsScalar(TestedType(type).kind)) return true;
    return Refuse(Kind::kWrongType, SpanOf(expr),
                  absl::StrFormat("distinct values of %s", AType(type)), "");
  }
  const std::string_view name = AggregateName(read->aggregate.kind);
  const bool fits = IsNumber(type.kind) || type.kind == TypeKind::kDuration ||
                    type.kind == TypeKind::kAny;
  if (!fits) {
    return Refuse(Kind::kWrongType, SpanOf(expr),
                  absl::StrFormat("`%s` of %s", name, AType(type)),
                  type.kind == TypeKind::kString
                      ? "int(..) and float(..) read a text"
                      : "numbers and durations are added up and ordered");
  }
  const bool exact = read->aggregate.kind == AggregateKind::kSum ||
                     read->aggregate.kind == AggregateKind::kMin ||
                     read->aggregate.kind == AggregateKind::kMax;
  read->type = type.kind == TypeKind::kAny ? TypeKind::kFloat : type.kind;
  if (!exact && type.kind == TypeKind::kInt) read->type = TypeKind::kFloat;
  read->rises =
      read->aggregate.kind == AggregateKind::kSum && NeverNegative(value);
  return true;
}

bool IsAggregateName(std::string_view name) {
  return FindKind(name).has_value();
}

const cst::Expr* FindAggregate(const cst::Expr& expr) {
  if (expr.kind == cst::ExprKind::kCall && !expr.quoted &&
      IsAggregateName(expr.text)) {
    return &expr;
  }
  for (const cst::Expr& child : expr.children) {
    if (const cst::Expr* found = FindAggregate(child)) return found;
  }
  return nullptr;
}

}  // namespace tocsin::dsl
