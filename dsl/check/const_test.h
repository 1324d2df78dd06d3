// Tests decided on constants, as the engine would decide them.
#pragma once

#include <string_view>

#include "dsl/check/checked.h"

namespace tocsin::dsl {

// Equality as == has it: int with float exactly; `nocase` folds ASCII.
bool ConstantsEqual(const Constant& a, const Constant& b, bool nocase);

// Less, equal, greater as -1, 0, 1; false when the two do not compare.
bool CompareConstants(const Constant& a, const Constant& b, int* order);

// Whether `value` in the place of the test's left side passes: kEq, kIn,
// kInRange, ordering and string tests with constant right sides. False in
// `known` when the right side is not constant.
bool TestConstant(const CheckedExpr& test, const Constant& value, bool* known);

}  // namespace tocsin::dsl
