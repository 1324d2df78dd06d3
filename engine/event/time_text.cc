// Times and durations as text. Days since 1970 by Howard Hinnant's civil
// calendar arithmetic (public domain), so no time zone data is read.
#include "engine/event/value.h"

namespace tocsin {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kDay = 86'400 * kSecond;

std::int64_t DaysFromCivil(std::int64_t year, int month, int day) {
  year -= month <= 2;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t yoe = year - era * 400;
  const std::int64_t doy =
      (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return era * 146'097 + doe - 719'468;
}

// Without a formatting library: alerts hold dozens of times.
void PutDigits(std::int64_t number, int digits, char* at) {
  while (digits-- > 0) {
    at[digits] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
}

void CivilFromDays(std::int64_t days, std::int64_t* year, int* month,
                   int* day) {
  days += 719'468;
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const std::int64_t doe = days - era * 146'097;
  const std::int64_t yoe =
      (doe - doe / 1460 + doe / 36'524 - doe / 146'096) / 365;
  const std::int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const std::int64_t mp = (5 * doy + 2) / 153;
  *day = static_cast<int>(doy - (153 * mp + 2) / 5 + 1);
  *month = static_cast<int>(mp < 10 ? mp + 3 : mp - 9);
  *year = yoe + era * 400 + (*month <= 2);
}

bool IsLeap(int year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

// Takes exactly `count` digits.
bool TakeDigits(std::string_view* text, std::size_t count, int* value) {
  if (text->size() < count) return false;
  *value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const char c = (*text)[i];
    if (c < '0' || c > '9') return false;
    *value = *value * 10 + (c - '0');
  }
  text->remove_prefix(count);
  return true;
}

bool Take(std::string_view* text, char c) {
  if (text->empty() || (*text)[0] != c) return false;
  text->remove_prefix(1);
  return true;
}

// `.123456789`: any number of digits, cut to microseconds.
bool TakeFraction(std::string_view* text, std::int64_t* us) {
  *us = 0;
  if (!Take(text, '.')) return true;
  std::int64_t unit = kSecond / 10;
  std::size_t digits = 0;
  while (digits < text->size() && (*text)[digits] >= '0' &&
         (*text)[digits] <= '9') {
    *us += ((*text)[digits] - '0') * unit;
    unit /= 10;
    ++digits;
  }
  text->remove_prefix(digits);
  return digits > 0;
}

bool TakeOffset(std::string_view* text, std::int64_t* us) {
  *us = 0;
  if (Take(text, 'Z') || Take(text, 'z')) return true;
  const bool minus = Take(text, '-');
  if (!minus && !Take(text, '+')) return false;
  int hours = 0, minutes = 0;
  if (!TakeDigits(text, 2, &hours) || !Take(text, ':') ||
      !TakeDigits(text, 2, &minutes) || hours > 23 || minutes > 59) {
    return false;
  }
  *us = (hours * 60 + minutes) * 60 * kSecond * (minus ? -1 : 1);
  return true;
}

}  // namespace

bool ParseRfc3339(std::string_view text, std::int64_t* us) {
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30,
                                  31, 31, 30, 31, 30, 31};
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!TakeDigits(&text, 4, &year) || !Take(&text, '-') ||
      !TakeDigits(&text, 2, &month) || !Take(&text, '-') ||
      !TakeDigits(&text, 2, &day)) {
    return false;
  }
  if (month < 1 || month > 12 || day < 1) return false;
  if (day > kDays[month - 1] + (month == 2 && IsLeap(year))) return false;
  if (!Take(&text, 'T') && !Take(&text, 't') && !Take(&text, ' ')) {
    return false;
  }
  if (!TakeDigits(&text, 2, &hour) || !Take(&text, ':') ||
      !TakeDigits(&text, 2, &minute) || !Take(&text, ':') ||
      !TakeDigits(&text, 2, &second)) {
    return false;
  }
  // 60 is a leap second: it reads as the first second of the next minute.
  if (hour > 23 || minute > 59 || second > 60) return false;
  std::int64_t fraction = 0, offset = 0;
  if (!TakeFraction(&text, &fraction) || !TakeOffset(&text, &offset) ||
      !text.empty()) {
    return false;
  }
  const std::int64_t seconds = (hour * 60 + minute) * 60 + second;
  *us = DaysFromCivil(year, month, day) * kDay + seconds * kSecond + fraction -
        offset;
  return true;
}

std::string FormatTime(std::int64_t us) {
  std::int64_t days = us / kDay;
  std::int64_t rest = us % kDay;
  if (rest < 0) {
    rest += kDay;
    --days;
  }
  std::int64_t year = 0;
  int month = 0, day = 0;
  CivilFromDays(days, &year, &month, &day);
  const auto seconds = static_cast<int>(rest / kSecond);
  char text[] = "0000-00-00T00:00:00.000000Z";
  const bool usual = year >= 0 && year <= 9999;
  if (usual) PutDigits(year, 4, text);
  PutDigits(month, 2, text + 5);
  PutDigits(day, 2, text + 8);
  PutDigits(seconds / 3600, 2, text + 11);
  PutDigits(seconds / 60 % 60, 2, text + 14);
  PutDigits(seconds % 60, 2, text + 17);
  PutDigits(rest % kSecond, 6, text + 20);
  return usual ? text : std::to_string(year) + (text + 4);
}

std::string FormatDuration(std::int64_t us) {
  struct Unit {
    std::uint64_t us;
    const char* name;
  };
  static constexpr Unit kUnits[] = {{86'400'000'000, "d"}, {3'600'000'000, "h"},
                                    {60'000'000, "m"},     {1'000'000, "s"},
                                    {1'000, "ms"},         {1, "us"}};
  if (us == 0) return "0s";
  std::string text = us < 0 ? "-" : "";
  std::uint64_t rest = us < 0 ? 0 - static_cast<std::uint64_t>(us)
                              : static_cast<std::uint64_t>(us);
  for (const Unit& unit : kUnits) {
    if (rest < unit.us) continue;
    text += std::to_string(rest / unit.us) + unit.name;
    rest %= unit.us;
  }
  return text;
}

}  // namespace tocsin
