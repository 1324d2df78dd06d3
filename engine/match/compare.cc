#include "engine/match/compare.h"

#include <cmath>
#include <compare>

namespace tocsin {
namespace {

template <typename T>
Order OrderOf(const T& a, const T& b) {
  if (a < b) return Order::kLess;
  if (b < a) return Order::kGreater;
  return Order::kEqual;
}

Order Reverse(Order order) {
  if (order == Order::kLess) return Order::kGreater;
  if (order == Order::kGreater) return Order::kLess;
  return order;
}

// Exact, although not every int64 is a double.
Order IntWithFloat(std::int64_t i, double f) {
  if (f >= 0x1p63) return Order::kLess;
  if (f < -0x1p63) return Order::kGreater;
  const double whole = std::trunc(f);
  const Order order = OrderOf(i, static_cast<std::int64_t>(whole));
  if (order != Order::kEqual) return order;
  return OrderOf(0.0, f - whole);
}

// `u` is beyond int64.
Order UintWithFloat(std::uint64_t u, double f) {
  if (f >= 0x1p64) return Order::kLess;
  if (f < 0x1p63) return Order::kGreater;
  return OrderOf(u, static_cast<std::uint64_t>(f));
}

Order CompareNumbers(const Value& a, const Value& b) {
  if (a.kind > b.kind) return Reverse(CompareNumbers(b, a));
  if (a.kind == b.kind) {
    if (a.kind == ValueKind::kInt) return OrderOf(a.i, b.i);
    if (a.kind == ValueKind::kUint) return OrderOf(a.u, b.u);
    return OrderOf(a.f, b.f);
  }
  if (b.kind == ValueKind::kUint) return Order::kLess;
  return a.kind == ValueKind::kInt ? IntWithFloat(a.i, b.f)
                                   : UintWithFloat(a.u, b.f);
}

char Fold(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

double AsFloat(const Value& value) {
  if (value.kind == ValueKind::kInt) return static_cast<double>(value.i);
  if (value.kind == ValueKind::kUint) return static_cast<double>(value.u);
  return value.f;
}

Value FromFloat(double f) {
  return std::isfinite(f) ? FloatValue(f) : MissingValue();
}

Value FromWide(__int128 wide) {
  if (wide >= INT64_MIN && wide <= INT64_MAX) {
    return IntValue(static_cast<std::int64_t>(wide));
  }
  return MissingValue();
}

Value WithKind(ValueKind kind, Value number) {
  if (number.kind != ValueKind::kInt) return MissingValue();
  number.kind = kind;
  return number;
}

Value WholeNumbers(Arithmetic op, __int128 a, __int128 b, bool float_division) {
  switch (op) {
    case Arithmetic::kAdd:
      return FromWide(a + b);
    case Arithmetic::kSubtract:
      return FromWide(a - b);
    case Arithmetic::kMultiply: {
      __int128 product = 0;
      if (__builtin_mul_overflow(a, b, &product)) return MissingValue();
      return FromWide(product);
    }
    case Arithmetic::kDivide:
      if (b == 0) return MissingValue();
      return float_division
                 ? FromFloat(static_cast<double>(a) / static_cast<double>(b))
                 : FromWide(a / b);
    case Arithmetic::kModulo:
      return b == 0 ? MissingValue() : FromWide(a % b);
  }
  return MissingValue();
}

Value Numbers(Arithmetic op, const Value& a, const Value& b) {
  // What is beyond int64 computes as float.
  if (a.kind == ValueKind::kInt && b.kind == ValueKind::kInt) {
    return WholeNumbers(op, a.i, b.i, true);
  }
  const double x = AsFloat(a), y = AsFloat(b);
  switch (op) {
    case Arithmetic::kAdd:
      return FromFloat(x + y);
    case Arithmetic::kSubtract:
      return FromFloat(x - y);
    case Arithmetic::kMultiply:
      return FromFloat(x * y);
    case Arithmetic::kDivide:
      return y == 0 ? MissingValue() : FromFloat(x / y);
    case Arithmetic::kModulo:
      return y == 0 ? MissingValue() : FromFloat(std::fmod(x, y));
  }
  return MissingValue();
}

// A float of microseconds, cut; missing when int64 does not hold it.
Value DurationFromFloat(double us) {
  if (!(us >= -0x1p63 && us < 0x1p63)) return MissingValue();
  return DurationValue(static_cast<std::int64_t>(us));
}

Value DurationTimesNumber(Arithmetic op, std::int64_t us, const Value& number) {
  if (number.kind == ValueKind::kInt) {
    return WithKind(ValueKind::kDuration,
                    WholeNumbers(op, us, number.i, false));
  }
  const double a = static_cast<double>(us), b = AsFloat(number);
  if (op == Arithmetic::kMultiply) return DurationFromFloat(a * b);
  return b == 0 ? MissingValue() : DurationFromFloat(a / b);
}

// One of them is a time or a duration.
Value Times(Arithmetic op, const Value& a, const Value& b) {
  using enum ValueKind;
  const bool sum = op == Arithmetic::kAdd || op == Arithmetic::kSubtract;
  if (sum) {
    ValueKind kind = kMissing;
    if (a.kind == kTime && b.kind == kDuration) kind = kTime;
    if (a.kind == kDuration && b.kind == kDuration) kind = kDuration;
    if (a.kind == kDuration && b.kind == kTime && op == Arithmetic::kAdd) {
      kind = kTime;
    }
    if (a.kind == kTime && b.kind == kTime && op == Arithmetic::kSubtract) {
      kind = kDuration;
    }
    return kind == kMissing ? MissingValue()
                            : WithKind(kind, WholeNumbers(op, a.i, b.i, false));
  }
  if (a.kind == kDuration && b.kind == kDuration) {
    if (op == Arithmetic::kDivide) return WholeNumbers(op, a.i, b.i, true);
    if (op == Arithmetic::kModulo) {
      return WithKind(kDuration, WholeNumbers(op, a.i, b.i, false));
    }
    return MissingValue();
  }
  if (op == Arithmetic::kModulo) return MissingValue();
  if (a.kind == kDuration && b.is_number()) {
    return DurationTimesNumber(op, a.i, b);
  }
  if (b.kind == kDuration && a.is_number() && op == Arithmetic::kMultiply) {
    return DurationTimesNumber(op, b.i, a);
  }
  return MissingValue();
}

}  // namespace

Order CompareValues(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) return CompareNumbers(a, b);
  if (a.kind != b.kind) return Order::kNone;
  switch (a.kind) {
    case ValueKind::kText:
      return OrderOf(a.view(), b.view());
    case ValueKind::kTime:
    case ValueKind::kDuration:
      return OrderOf(a.i, b.i);
    case ValueKind::kIp:
      return OrderOf(a.ip->bytes, b.ip->bytes);
    default:
      return Order::kNone;
  }
}

bool EqualValues(const Value& a, const Value& b, bool nocase) {
  if (a.kind == ValueKind::kText && b.kind == ValueKind::kText) {
    if (a.size != b.size) return false;
    if (!nocase) return a.view() == b.view();
    for (std::uint32_t i = 0; i < a.size; ++i) {
      if (Fold(a.text[i]) != Fold(b.text[i])) return false;
    }
    return true;
  }
  if (a.kind == ValueKind::kBool) return b.is(ValueKind::kBool) && a.b == b.b;
  if (a.kind == ValueKind::kCidr) {
    return b.is(ValueKind::kCidr) && *a.cidr == *b.cidr;
  }
  return CompareValues(a, b) == Order::kEqual;
}

Value Compute(Arithmetic op, const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) return Numbers(op, a, b);
  return Times(op, a, b);
}

Value Negate(const Value& value) {
  if (value.kind == ValueKind::kFloat) return FloatValue(-value.f);
  if (value.kind == ValueKind::kDuration) {
    return WithKind(ValueKind::kDuration,
                    FromWide(-static_cast<__int128>(value.i)));
  }
  return value.kind == ValueKind::kInt
             ? FromWide(-static_cast<__int128>(value.i))
             : MissingValue();
}

}  // namespace tocsin
