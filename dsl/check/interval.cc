// Intervals of numbers, times and durations.
#include "dsl/check/interval.h"

#include "dsl/check/const_test.h"

namespace tocsin::dsl {
namespace {

// Whether nothing lies above `low` and below `high`.
bool Empty(const std::optional<Facts::Bound>& low,
           const std::optional<Facts::Bound>& high) {
  int order = 0;
  if (!low.has_value() || !high.has_value() ||
      !CompareConstants(low->value, high->value, &order)) {
    return false;
  }
  return order > 0 || (order == 0 && (low->open || high->open));
}

}  // namespace

bool IntervalOf(const CheckedExpr& test, Interval* interval) {
  for (std::size_t i = 1; i < test.children.size(); ++i) {
    const CheckedExpr& bound = test.children[i];
    if (bound.op != ExprOp::kConst ||
        std::holds_alternative<ConstantList>(bound.constant.value)) {
      return false;
    }
  }
  if (test.children.size() < 2) return false;
  const Constant& right = test.children[1].constant;
  switch (test.op) {
    case ExprOp::kEq:
      interval->low = interval->high = Facts::Bound{right, false};
      return true;
    case ExprOp::kInRange:
      interval->low = Facts::Bound{right, false};
      interval->high = Facts::Bound{test.children[2].constant, false};
      return true;
    case ExprOp::kLess:
    case ExprOp::kLessEq:
      interval->high = Facts::Bound{right, test.op == ExprOp::kLess};
      return true;
    case ExprOp::kGreater:
    case ExprOp::kGreaterEq:
      interval->low = Facts::Bound{right, test.op == ExprOp::kGreater};
      return true;
    default:
      return false;
  }
}

bool Disjoint(const Interval& a, const Interval& b) {
  return Empty(a.low, a.high) || Empty(a.low, b.high) || Empty(b.low, a.high);
}

void Narrow(const Interval& by, std::optional<Facts::Bound>* low,
            std::optional<Facts::Bound>* high) {
  int order = 0;
  if (by.low.has_value() &&
      (!low->has_value() ||
       (CompareConstants(by.low->value, (*low)->value, &order) &&
        (order > 0 || (order == 0 && by.low->open))))) {
    *low = by.low;
  }
  if (by.high.has_value() &&
      (!high->has_value() ||
       (CompareConstants(by.high->value, (*high)->value, &order) &&
        (order < 0 || (order == 0 && by.high->open))))) {
    *high = by.high;
  }
}

}  // namespace tocsin::dsl
