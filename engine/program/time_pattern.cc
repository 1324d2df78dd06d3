#include "engine/program/time_pattern.h"

#include "date/date.h"

namespace tocsin {
namespace {

constexpr std::string_view kMonths[] = {"jan", "feb", "mar", "apr",
                                        "may", "jun", "jul", "aug",
                                        "sep", "oct", "nov", "dec"};
constexpr std::string_view kDirectives = "YmdeHMSfbhayIpzsTF%";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool Read(std::string_view pattern) {
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      if (pattern[i] == ' ') {
        SkipBlanks();
      } else if (pattern[i] != '%') {
        if (!Take(pattern[i])) return false;
      } else if (++i == pattern.size() || !Directive(pattern[i])) {
        return false;
      }
    }
    return true;
  }
  bool at_end() const { return text_.empty(); }

  bool Finish(std::int64_t* us) const {
    if (epoch_) {
      *us = seconds_ * 1'000'000 + fraction_;
      return true;
    }
    int hour = hour_;
    if (half_) hour = hour_ % 12 + (afternoon_ ? 12 : 0);
    const date::year_month_day day{date::year(year_),
                                   date::month(static_cast<unsigned>(month_)),
                                   date::day(static_cast<unsigned>(day_))};
    if (!day.ok() || hour > 23 || minute_ > 59 || second_ > 60) return false;
    const std::int64_t days = date::sys_days(day).time_since_epoch().count();
    *us =
        (((days * 24 + hour) * 60 + minute_ - offset_minutes_) * 60 + second_) *
            1'000'000 +
        fraction_;
    return true;
  }

 private:
  bool Take(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  void SkipBlanks() {
    while (!text_.empty() && (text_[0] == ' ' || text_[0] == '\t')) {
      text_.remove_prefix(1);
    }
  }
  bool Number(int most_digits, std::int64_t* number) {
    int digits = 0;
    *number = 0;
    for (; digits < most_digits && !text_.empty() && IsDigit(text_[0]);
         ++digits) {
      *number = *number * 10 + (text_[0] - '0');
      text_.remove_prefix(1);
    }
    return digits > 0;
  }
  bool Number(int most_digits, int* number) {
    std::int64_t wide = 0;
    if (!Number(most_digits, &wide)) return false;
    *number = static_cast<int>(wide);
    return true;
  }
  bool Fraction() {
    int digits = 0;
    fraction_ = 0;
    for (; !text_.empty() && IsDigit(text_[0]); text_.remove_prefix(1)) {
      if (digits++ < 6) fraction_ = fraction_ * 10 + (text_[0] - '0');
    }
    for (int i = digits; i < 6; ++i) fraction_ *= 10;
    return digits > 0;
  }
  bool Month() {
    if (text_.size() < 3) return false;
    for (int i = 0; i < 12; ++i) {
      if (Lower(text_[0]) == kMonths[i][0] &&
          Lower(text_[1]) == kMonths[i][1] &&
          Lower(text_[2]) == kMonths[i][2]) {
        month_ = i + 1;
        SkipLetters();
        return true;
      }
    }
    return false;
  }
  bool SkipLetters() {
    const std::size_t before = text_.size();
    while (!text_.empty() && Lower(text_[0]) >= 'a' && Lower(text_[0]) <= 'z') {
      text_.remove_prefix(1);
    }
    return text_.size() < before;
  }
  bool Offset() {
    if (Take('Z') || Take('z')) return true;
    const bool minus = !text_.empty() && text_[0] == '-';
    if (!Take('-') && !Take('+')) return false;
    int hours = 0, minutes = 0;
    if (!Number(2, &hours)) return false;
    Take(':');
    Number(2, &minutes);
    offset_minutes_ = (hours * 60 + minutes) * (minus ? -1 : 1);
    return hours < 24 && minutes < 60;
  }
  bool HalfOfDay() {
    if (text_.size() < 2 || Lower(text_[1]) != 'm') return false;
    afternoon_ = Lower(text_[0]) == 'p';
    half_ = true;
    const bool known = afternoon_ || Lower(text_[0]) == 'a';
    text_.remove_prefix(2);
    return known;
  }
  bool Directive(char c) {
    switch (c) {
      case 'Y':
        return Number(4, &year_);
      case 'y':
        if (!Number(2, &year_)) return false;
        year_ += year_ < 69 ? 2000 : 1900;
        return true;
      case 'm':
        return Number(2, &month_);
      case 'e':
        SkipBlanks();
        return Number(2, &day_);
      case 'd':
        return Number(2, &day_);
      case 'H':
      case 'I':
        return Number(2, &hour_);
      case 'M':
        return Number(2, &minute_);
      case 'S':
        return Number(2, &second_);
      case 'f':
        return Fraction();
      case 'b':
      case 'h':
        return Month();
      case 'a':
        return SkipLetters();
      case 'p':
        return HalfOfDay();
      case 'z':
        return Offset();
      case 's':
        epoch_ = true;
        return Number(12, &seconds_);
      case 'T':
        return Read("%H:%M:%S");
      case 'F':
        return Read("%Y-%m-%d");
      case '%':
        return Take('%');
      default:
        return false;
    }
  }

  std::string_view text_;
  int year_ = 1970, month_ = 1, day_ = 1, hour_ = 0, minute_ = 0, second_ = 0;
  int offset_minutes_ = 0;
  std::int64_t fraction_ = 0, seconds_ = 0;
  bool epoch_ = false, half_ = false, afternoon_ = false;
};

}  // namespace

bool ValidTimePattern(std::string_view pattern, std::string* unknown) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%') continue;
    if (++i == pattern.size() ||
        kDirectives.find(pattern[i]) == std::string_view::npos) {
      *unknown = std::string(pattern.substr(i - 1, 2));
      return false;
    }
  }
  return true;
}

bool ParseTime(std::string_view pattern, std::string_view text,
               std::int64_t* us) {
  Reader reader(text);
  return reader.Read(pattern) && reader.at_end() && reader.Finish(us);
}

}  // namespace tocsin
