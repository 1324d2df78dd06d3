// What the tests compare: counts with whole numbers. What comes out as plain
// thresholds is kept as such, since that is what the engine decides on arrival.
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/aggregate_tests.h"
#include "dsl/check/types.h"
#include "engine/base/limits.h"

namespace tocsin::dsl {
namespace {

using AggregateKind = CheckedAggregate::Kind;

bool IsCounted(const CheckedAggregate& aggregate) {
  return aggregate.kind == AggregateKind::kCount ||
         aggregate.kind == AggregateKind::kDistinct;
}

bool IsOrdering(ExprOp op) {
  return op == ExprOp::kLess || op == ExprOp::kLessEq ||
         op == ExprOp::kGreater || op == ExprOp::kGreaterEq;
}

bool IsJunction(ExprOp op) {
  return op == ExprOp::kAnd || op == ExprOp::kOr || op == ExprOp::kNot;
}

double AsDouble(const Constant& constant) {
  if (const auto* whole = std::get_if<std::int64_t>(&constant.value)) {
    return static_cast<double>(*whole);
  }
  if (const auto* large = std::get_if<std::uint64_t>(&constant.value)) {
    return static_cast<double>(*large);
  }
  const auto* number = std::get_if<double>(&constant.value);
  return number != nullptr ? *number : 0;
}

}  // namespace

bool AggregateTests::CheckTests(const CheckedExpr& expr) {
  if (IsJunction(expr.op)) {
    return std::all_of(
        expr.children.begin(), expr.children.end(),
        [this](const CheckedExpr& child) { return CheckTests(child); });
  }
  if (expr.children.empty() || expr.children[0].op != ExprOp::kAggregate ||
      !IsCounted(reads_[expr.children[0].index].aggregate)) {
    return true;
  }
  return CheckCounted(expr);
}

// A count against a number.
bool AggregateTests::CheckCounted(const CheckedExpr& test) {
  const ExprOp op = test.op;
  const bool reaches = op == ExprOp::kGreater || op == ExprOp::kGreaterEq;
  const CheckedExpr& right = test.children[1];
  if (right.op != ExprOp::kConst) return true;  // Another aggregate.
  if (sliding_ && !reaches) {
    return Refuse(
        Kind::kTrueFromTheStart, test.span,
        "a count over a sliding window that is compared so is decided by the "
        "first event",
        "within 5m tumbling, or within 5m hopping 1m, is decided at its end");
  }
  if (!IsOrdering(op) && op != ExprOp::kEq) return true;
  const auto* number = std::get_if<std::int64_t>(&right.constant.value);
  if (number == nullptr || *number < 0) {
    return Refuse(Kind::kBadThreshold, right.span,
                  "a threshold is a whole number from 1", "count() >= 10");
  }
  const bool zero = (*number == 0 && op != ExprOp::kGreater) ||
                    (*number == 1 && op == ExprOp::kLess);
  if (zero) {
    return Refuse(Kind::kBadThreshold, right.span,
                  op == ExprOp::kGreaterEq
                      ? "zero is reached before anything happens"
                      : "a window without events is not decided: there is no "
                        "key that it could be of",
                  op == ExprOp::kGreaterEq
                      ? "count() >= 10"
                      : "`silent for 10m` asks for nothing "
                        "at all");
  }
  const auto most = static_cast<std::int64_t>(limits::kThreshold);
  const Aggregated& read = reads_[test.children[0].index];
  const auto reached =
      static_cast<std::uint64_t>(*number) + (op == ExprOp::kGreater ? 1 : 0);
  if (read.aggregate.kind == AggregateKind::kDistinct && reaches &&
      read.different.has_value() && reached > *read.different) {
    return Refuse(Kind::kNeverFires, test.span,
                  absl::StrFormat("there are %s different values, so this is "
                                  "never reached",
                                  Grouped(*read.different)),
                  "the schema closes the set; several fields count as a tuple: "
                  "distinct(a, b)");
  }
  if (*number <= most - (op == ExprOp::kGreater ? 1 : 0)) return true;
  return Refuse(
      Kind::kThresholdTooLarge, right.span,
      absl::StrFormat("a threshold is at most %s", Grouped(limits::kThreshold)),
      "");
}

bool AggregateTests::IsThreshold(const CheckedExpr& test) {
  if (!IsOrdering(test.op) || test.children[0].op != ExprOp::kAggregate ||
      test.children[1].op != ExprOp::kConst) {
    return false;
  }
  const Aggregated& read = reads_[test.children[0].index];
  const bool up = test.op == ExprOp::kGreater || test.op == ExprOp::kGreaterEq;
  const TypeKind kind = test.children[1].type.kind;
  switch (read.aggregate.kind) {
    case AggregateKind::kCount:
    case AggregateKind::kDistinct:
      return up;
    case AggregateKind::kSum:
      return up && read.rises && IsNumber(kind);
    // One event is enough: a count of those that reach it.
    case AggregateKind::kMax:
      return up;
    case AggregateKind::kMin:
      return !up;
    default:
      return false;
  }
}

void AggregateTests::SetThreshold(const CheckedExpr& test,
                                  CheckedAggregate* aggregate) {
  const Constant& constant = test.children[1].constant;
  const bool strict = test.op == ExprOp::kGreater;
  const AggregateKind kind = reads_[test.children[0].index].aggregate.kind;
  if (kind == AggregateKind::kSum) {
    const double bound = AsDouble(constant);
    const bool whole = reads_[test.children[0].index].type == TypeKind::kInt &&
                       std::floor(bound) == bound;
    double least = bound;
    if (strict) {
      least = whole ? bound + 1
                    : std::nextafter(bound,
                                     std::numeric_limits<double>::infinity());
    }
    aggregate->least = std::max(aggregate->least, least);
    aggregate->threshold = 1;
    return;
  }
  if (kind == AggregateKind::kCount || kind == AggregateKind::kDistinct) {
    const auto number =
        static_cast<std::uint64_t>(std::get<std::int64_t>(constant.value)) +
        (strict ? 1 : 0);
    aggregate->threshold = std::max(aggregate->threshold, number);
    return;
  }
  // max(E) >= v, min(E) <= v: count(E >= v) >= 1.
  const CheckedExpr& value = reads_[test.children[0].index].aggregate.values[0];
  CheckedExpr reaches = test;
  reaches.children[0] = value;
  std::vector<CheckedExpr> all;
  if (aggregate->filter.has_value()) {
    all.push_back(std::move(*aggregate->filter));
  }
  all.push_back(std::move(reaches));
  aggregate->kind = AggregateKind::kCount;
  aggregate->filter = MakeJoin(ExprOp::kAnd, std::move(all), test.span);
  aggregate->values.clear();
  aggregate->threshold = 1;
}

}  // namespace tocsin::dsl
