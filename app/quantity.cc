#include "app/quantity.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "absl/strings/str_format.h"

namespace tocsin {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// Largest first: the order in which a duration is written.
constexpr Unit kDurationUnits[] = {
    {"w", 604'800'000'000},
    {"d", 86'400'000'000},
    {"h", 3'600'000'000},
    {"m", 60'000'000},
    {"s", 1'000'000},
    {"ms", 1'000},
    {"us", 1},
};
constexpr std::uint64_t kLongestUs = 100ULL * 366 * 86'400'000'000;

constexpr Unit kSizeUnits[] = {
    {"TiB", 1ULL << 40},
    {"GiB", 1ULL << 30},
    {"MiB", 1ULL << 20},
    {"KiB", 1ULL << 10},
    {"TB", 1'000'000'000'000},
    {"GB", 1'000'000'000},
    {"MB", 1'000'000},
    {"kB", 1'000},
    {"B", 1},
};

// A whole number at the front of `text`, taken from it.
bool TakeNumber(std::string_view* text, std::uint64_t* number) {
  const char* const end = text->data() + text->size();
  const auto [stopped, bad] = std::from_chars(text->data(), end, *number);
  if (bad != std::errc()) return false;
  text->remove_prefix(static_cast<std::size_t>(stopped - text->data()));
  return true;
}

std::string_view TakeLetters(std::string_view* text) {
  std::size_t size = 0;
  while (size < text->size() && ((*text)[size] < '0' || (*text)[size] > '9')) {
    ++size;
  }
  const std::string_view letters = text->substr(0, size);
  text->remove_prefix(size);
  return letters;
}

absl::Status NotADuration(std::string_view text) {
  return absl::InvalidArgumentError(absl::StrFormat(
      "`%s` is not a duration, such as 30s, 1h30m or 500ms", text));
}

absl::Status NotASize(std::string_view text) {
  return absl::InvalidArgumentError(
      absl::StrFormat("`%s` is not a size, such as 100MiB or 64KiB", text));
}

}  // namespace

absl::StatusOr<std::int64_t> ParseDuration(std::string_view text) {
  if (text == "0") return 0;
  std::string_view rest = text;
  std::uint64_t total = 0;
  const Unit* last = nullptr;
  if (rest.empty()) return NotADuration(text);
  while (!rest.empty()) {
    std::uint64_t number = 0;
    if (!TakeNumber(&rest, &number)) return NotADuration(text);
    const std::string_view name = TakeLetters(&rest);
    const Unit* found = nullptr;
    for (const Unit& unit : kDurationUnits) {
      if (unit.name == name) found = &unit;
    }
    if (found == nullptr || (last != nullptr && found <= last)) {
      return NotADuration(text);
    }
    last = found;
    if (number > kLongestUs / found->factor ||
        total + number * found->factor > kLongestUs) {
      return absl::InvalidArgumentError(
          absl::StrFormat("`%s` is longer than 100 years", text));
    }
    total += number * found->factor;
  }
  return static_cast<std::int64_t>(total);
}

absl::StatusOr<std::uint64_t> ParseSize(std::string_view text) {
  std::string_view rest = text;
  std::uint64_t number = 0;
  if (!TakeNumber(&rest, &number)) return NotASize(text);
  if (rest.empty()) return number;
  for (const Unit& unit : kSizeUnits) {
    if (unit.name != rest) continue;
    if (number > std::numeric_limits<std::uint64_t>::max() / unit.factor) {
      return absl::InvalidArgumentError(
          absl::StrFormat("`%s` is too large a size", text));
    }
    return number * unit.factor;
  }
  return NotASize(text);
}

std::string FormatSize(std::uint64_t bytes) {
  for (const Unit& unit : kSizeUnits) {
    const bool binary = unit.name.size() == 3;
    if (binary && bytes > 0 && bytes % unit.factor == 0) {
      return absl::StrFormat("%d%s", bytes / unit.factor, unit.name);
    }
  }
  return absl::StrFormat("%dB", bytes);
}

std::string FormatCount(std::uint64_t count) {
  const std::string digits = absl::StrFormat("%d", count);
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out.push_back(',');
    out.push_back(digits[i]);
  }
  return out;
}

std::string FormatBytes(std::uint64_t bytes) {
  constexpr std::string_view kNames[] = {"kB", "MB", "GB", "TB"};
  if (bytes < 1000) return absl::StrFormat("%d B", bytes);
  double value = static_cast<double>(bytes) / 1000;
  std::size_t name = 0;
  while (value >= 999.95 && name + 1 < std::size(kNames)) {
    value /= 1000;
    ++name;
  }
  return absl::StrFormat("%.1f %s", value, kNames[name]);
}

std::string FormatElapsed(double seconds) {
  if (seconds < 60) return absl::StrFormat("%.1f s", seconds);
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  if (whole < 3600) {
    return absl::StrFormat("%d min %02d s", whole / 60, whole % 60);
  }
  return absl::StrFormat("%d h %02d min", whole / 3600, whole / 60 % 60);
}

std::string Plural(std::uint64_t count, std::string_view noun) {
  return absl::StrFormat("%s %s%s", FormatCount(count), noun,
                         count == 1 ? "" : "s");
}

}  // namespace tocsin
