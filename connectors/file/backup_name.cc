#include "connectors/file/backup_name.h"

#include <algorithm>
#include <ctime>

#include "absl/strings/str_format.h"

namespace tocsin {
namespace {

constexpr std::string_view kTimePattern = "-dddd-dd-ddTdd-dd-dd.ddd";
constexpr std::string_view kDatePattern = "-dddddddd";
constexpr std::size_t kMostNumberDigits = 4;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool Fits(std::string_view text, std::string_view pattern) {
  if (text.size() < pattern.size()) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == 'd' ? !IsDigit(text[i]) : text[i] != pattern[i]) {
      return false;
    }
  }
  return true;
}

int NumberAt(std::string_view text, std::size_t at, std::size_t size) {
  int number = 0;
  for (const char c : text.substr(at, size)) number = number * 10 + (c - '0');
  return number;
}

// Nothing for a day that no calendar has.
std::optional<std::int64_t> Micros(std::tm time, int millis) {
  const std::tm asked = time;
  const std::time_t seconds = timegm(&time);
  if (time.tm_mon != asked.tm_mon || time.tm_mday != asked.tm_mday ||
      time.tm_hour != asked.tm_hour || time.tm_min != asked.tm_min) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(seconds) * 1'000'000 + millis * 1'000;
}

std::optional<std::int64_t> TimeOf(std::string_view text) {
  std::tm time{};
  time.tm_year = NumberAt(text, 1, 4) - 1900;
  time.tm_mon = NumberAt(text, 6, 2) - 1;
  time.tm_mday = NumberAt(text, 9, 2);
  time.tm_hour = NumberAt(text, 12, 2);
  time.tm_min = NumberAt(text, 15, 2);
  time.tm_sec = NumberAt(text, 18, 2);
  return Micros(time, NumberAt(text, 21, 3));
}

// `digits` behind a date tell of what time of that day the backup is (an hour,
// a second of the day or of the epoch): more only have to sort behind fewer.
std::optional<std::int64_t> DateOf(std::string_view text,
                                   std::string_view digits) {
  std::tm time{};
  time.tm_year = NumberAt(text, 1, 4) - 1900;
  time.tm_mon = NumberAt(text, 5, 2) - 1;
  time.tm_mday = NumberAt(text, 7, 2);
  std::optional<std::int64_t> day = Micros(time, 0);
  if (!day || time.tm_year < 70) return std::nullopt;
  std::int64_t within = 0;
  for (const char c : digits) within = within * 10 + (c - '0');
  if (digits.size() == 2) within *= 3'600;
  return *day + within % 86'400 * 1'000'000;
}

std::optional<BackupName> WithTimestamp(std::string_view name) {
  for (std::size_t at = name.rfind('T'); at != std::string_view::npos && at > 0;
       at = name.rfind('T', at - 1)) {
    constexpr std::size_t kBeforeT = kTimePattern.find('T');
    if (at < kBeforeT) break;
    const std::string_view text = name.substr(at - kBeforeT);
    if (!Fits(text, kTimePattern)) continue;
    const std::string_view rest = text.substr(kTimePattern.size());
    if (!rest.empty() && rest[0] != '.') continue;
    const std::optional<std::int64_t> time = TimeOf(text);
    if (!time) continue;
    BackupName backup;
    backup.base = std::string(name.substr(0, at - kBeforeT));
    if (backup.base.empty()) continue;
    backup.base += rest;
    backup.scheme = BackupScheme::kTimestamp;
    backup.time_us = *time;
    return backup;
  }
  return std::nullopt;
}

std::optional<BackupName> WithDate(std::string_view name) {
  for (std::size_t at = name.rfind('-'); at != std::string_view::npos && at > 0;
       at = name.rfind('-', at - 1)) {
    const std::string_view text = name.substr(at);
    if (!Fits(text, kDatePattern)) continue;
    std::string_view rest = text.substr(kDatePattern.size());
    if (!rest.empty() && rest[0] == '-') rest.remove_prefix(1);
    const std::size_t digits =
        std::min(rest.find_first_not_of("0123456789"), rest.size());
    const std::optional<std::int64_t> time =
        digits > 10 ? std::nullopt : DateOf(text, rest.substr(0, digits));
    rest.remove_prefix(digits);
    if (!time || (!rest.empty() && rest[0] != '.')) continue;
    BackupName backup;
    backup.base = std::string(name.substr(0, at)) + std::string(rest);
    backup.scheme = BackupScheme::kDate;
    backup.time_us = *time;
    return backup;
  }
  return std::nullopt;
}

std::optional<BackupName> WithNumber(std::string_view name) {
  const auto number = [](std::string_view text) {
    return !text.empty() && text.size() <= kMostNumberDigits &&
           std::all_of(text.begin(), text.end(), IsDigit);
  };
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return std::nullopt;
  BackupName backup;
  const std::string_view last = name.substr(dot + 1);
  if (number(last)) {
    backup.base = std::string(name.substr(0, dot));
    return backup;
  }
  const std::size_t before = name.rfind('.', dot - 1);
  if (before == std::string_view::npos || before == 0 ||
      !number(name.substr(before + 1, dot - before - 1))) {
    return std::nullopt;
  }
  backup.base =
      std::string(name.substr(0, before)) + std::string(name.substr(dot));
  return backup;
}

}  // namespace

std::string_view WithoutCompression(std::string_view name) {
  for (const std::string_view ending : {".gz", ".zst"}) {
    if (name.size() > ending.size() && name.ends_with(ending)) {
      return name.substr(0, name.size() - ending.size());
    }
  }
  return name;
}

std::optional<BackupName> ParseBackupName(std::string_view name) {
  const std::string_view plain = WithoutCompression(name);
  std::optional<BackupName> backup = WithTimestamp(plain);
  if (!backup) backup = WithDate(plain);
  if (!backup) backup = WithNumber(plain);
  if (backup) backup->compressed = plain.size() < name.size();
  return backup;
}

std::string TimeText(std::int64_t time_us) {
  const std::time_t seconds = time_us / 1'000'000;
  std::tm time{};
  gmtime_r(&seconds, &time);
  return absl::StrFormat("%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                         time.tm_year + 1900, time.tm_mon + 1, time.tm_mday,
                         time.tm_hour, time.tm_min, time.tm_sec,
                         time_us / 1'000 % 1'000);
}

}  // namespace tocsin
