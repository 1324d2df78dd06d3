// The stretch of ordered values that a test asks for.
#pragma once

#include <optional>

#include "dsl/check/truth.h"

namespace tocsin::dsl {

struct Interval {
  std::optional<Facts::Bound> low, high;
};

// Of <, <=, >, >=, in LOW..HIGH and == with constants; false for all else.
bool IntervalOf(const CheckedExpr& test, Interval* interval);
bool Disjoint(const Interval& a, const Interval& b);
// Keeps what lies in both.
void Narrow(const Interval& by, std::optional<Facts::Bound>* low,
            std::optional<Facts::Bound>* high);

}  // namespace tocsin::dsl
