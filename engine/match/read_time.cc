#include "engine/match/read_time.h"

#include <cmath>
#include <cstdlib>
#include <cstring>

#include "engine/program/time_pattern.h"

namespace tocsin {
namespace {

// Years 1 to 9999: what prints as RFC 3339.
constexpr std::int64_t kEarliest = -62135596800000000;
constexpr std::int64_t kLatest = 253402300799999999;

// Digits, at most one point: exact to the microsecond, where a double is not.
bool DecimalToMicros(std::string_view text, int unit_digits, std::int64_t* us) {
  // `unit_digits`: how many decimal places of the unit make microseconds.
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  __int128 number = 0;
  int places = 0;
  bool point = false, digits = false;
  for (const char c : text) {
    if (c == '.' && !point) {
      point = true;
      continue;
    }
    if (c < '0' || c > '9') return false;
    digits = true;
    if (point && places >= unit_digits) continue;  // Finer than we keep.
    if (point) ++places;
    number = number * 10 + (c - '0');
    if (number > (static_cast<__int128>(1) << 100)) return false;
  }
  if (!digits) return false;
  for (; places < unit_digits; ++places) number *= 10;
  for (; places > unit_digits && unit_digits < 0; --places) number /= 10;
  if (negative) number = -number;
  if (number < kEarliest || number > kLatest) return false;
  *us = static_cast<std::int64_t>(number);
  return true;
}

int UnitDigits(TimeFormat format) {
  switch (format) {
    case TimeFormat::kEpochSeconds:
      return 6;
    case TimeFormat::kEpochMillis:
      return 3;
    case TimeFormat::kEpochMicros:
      return 0;
    default:
      return -3;
  }
}

bool FromNumber(const Value& value, int unit_digits, std::int64_t* us) {
  double scaled = 0;
  if (value.kind == ValueKind::kFloat) {
    scaled = std::round(value.f * std::pow(10.0, unit_digits));
  } else if (value.kind == ValueKind::kInt) {
    __int128 wide = value.i;
    for (int i = 0; i < unit_digits; ++i) wide *= 10;
    for (int i = unit_digits; i < 0; ++i) wide /= 10;
    if (wide < kEarliest || wide > kLatest) return false;
    *us = static_cast<std::int64_t>(wide);
    return true;
  } else {
    return false;
  }
  if (!(scaled >= static_cast<double>(kEarliest) &&
        scaled <= static_cast<double>(kLatest))) {
    return false;
  }
  *us = static_cast<std::int64_t>(scaled);
  return true;
}

}  // namespace

// 2026-11-22T14:04:11.882869Z as almost every line has it, on a day that is
// known; anything else goes the long way.
bool TimeReader::ReadUtc(std::string_view text, std::int64_t* us) {
  const auto two_digits = [&](std::size_t at) {
    const unsigned tens = static_cast<unsigned char>(text[at]) - '0';
    const unsigned ones = static_cast<unsigned char>(text[at + 1]) - '0';
    return tens > 9 || ones > 9 ? 1'000u : tens * 10 + ones;
  };
  if (text.size() == 27 && std::memcmp(text.data(), day_, 10) == 0 &&
      text[10] == 'T' && text[13] == ':' && text[16] == ':' &&
      text[19] == '.' && text[26] == 'Z') {
    const unsigned hour = two_digits(11), minute = two_digits(14);
    const unsigned second = two_digits(17);
    const unsigned a = two_digits(20), b = two_digits(22), c = two_digits(24);
    if (hour < 24 && minute < 60 && second < 60 && a < 100 && b < 100 &&
        c < 100) {
      *us = day_us_ +
            std::int64_t{(hour * 60 + minute) * 60 + second} * 1'000'000 +
            (a * 100 + b) * 100 + c;
      return true;
    }
  }
  if (!ParseRfc3339(text, us)) return false;
  constexpr std::int64_t kDay = 86'400'000'000;
  // Not from a leap second, which may count to the next day.
  if (text.size() == 27 && text[26] == 'Z' && text[17] < '6') {
    std::memcpy(day_, text.data(), 10);
    day_us_ = *us - ((*us % kDay) + kDay) % kDay;
  }
  return true;
}

bool TimeReader::Read(const TimeProgram& source, const Value& value,
                      std::int64_t* us) {
  switch (source.format) {
    case TimeFormat::kRfc3339:
      return value.is(ValueKind::kText) && ReadUtc(value.view(), us);
    case TimeFormat::kPattern:
      return value.is(ValueKind::kText) &&
             ParseTime(source.pattern, value.view(), us);
    default: {
      const int digits = UnitDigits(source.format);
      return value.is(ValueKind::kText)
                 ? DecimalToMicros(value.view(), digits, us)
                 : FromNumber(value, digits, us);
    }
  }
}

}  // namespace tocsin
