// Equality and order of two scalar values, as the language has them: numbers
// exactly, text by bytes, other kinds with their own; values of different
// kinds neither equal nor ordered.
#pragma once

#include "engine/match/row_value.h"

namespace tocsin {

enum class Order : std::uint8_t { kNone, kLess, kEqual, kGreater };

Order CompareValues(const Value& a, const Value& b);
bool EqualValues(const Value& a, const Value& b, bool nocase);

// Each of + - * / % as the language has it; missing on overflow, division by
// zero, or operands that do not go together. A quotient of numbers is a float.
enum class Arithmetic : std::uint8_t {
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
};
Value Compute(Arithmetic op, const Value& a, const Value& b);
Value Negate(const Value& value);

}  // namespace tocsin
