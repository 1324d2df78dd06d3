// Reads literals; integers, sizes and durations with care for overflow.
#include "dsl/check/constants.h"

#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "absl/strings/str_format.h"

namespace tocsin::dsl {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};
constexpr std::int64_t kSecond = 1'000'000;
constexpr std::array<Unit, 7> kTimeUnits = {{
    {"us", 1},
    {"ms", 1'000},
    {"s", kSecond},
    {"m", 60 * kSecond},
    {"h", 3'600 * kSecond},
    {"d", 86'400 * kSecond},
    {"w", 604'800 * kSecond},
}};
constexpr std::array<Unit, 6> kSizeUnits = {{
    {"KiB", 1 << 10},
    {"MiB", 1 << 20},
    {"GiB", 1 << 30},
    {"KB", 1'000},
    {"MB", 1'000'000},
    {"GB", 1'000'000'000},
}};

// Sums `12unit` groups; false on overflow or anything else.
template <std::size_t N>
bool SumUnits(std::string_view text, const std::array<Unit, N>& units,
              std::int64_t* sum) {
  *sum = 0;
  if (text.empty()) return false;
  while (!text.empty()) {
    std::int64_t number = 0;
    const auto read =
        std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec != std::errc() || number < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
    std::size_t letters = 0;
    while (letters < text.size() &&
           (text[letters] < '0' || text[letters] > '9')) {
      ++letters;
    }
    const Unit* found = nullptr;
    for (const Unit& unit : units) {
      if (unit.name == text.substr(0, letters)) found = &unit;
    }
    if (found == nullptr) return false;
    std::int64_t part = 0;
    if (__builtin_mul_overflow(number, found->factor, &part) ||
        __builtin_add_overflow(*sum, part, sum)) {
      return false;
    }
    text.remove_prefix(letters);
  }
  return true;
}

bool ParseInteger(std::string_view text, Constant* value) {
  const char* end = text.data() + text.size();
  std::int64_t number = 0;
  auto read = std::from_chars(text.data(), end, number);
  if (read.ec == std::errc() && read.ptr == end) {
    value->value = number;
    return true;
  }
  std::uint64_t large = 0;
  read = std::from_chars(text.data(), end, large);
  if (read.ec != std::errc() || read.ptr != end) return false;
  value->value = large;
  return true;
}

bool ParseFloat(std::string_view text, Constant* value) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end) return false;
  value->value = number;
  return true;
}

bool ParseAddress(std::string_view text, Constant* value, TypeKind* kind) {
  IpAddress address;
  Cidr network;
  if (ParseIp(text, &address)) {
    value->value = address;
    *kind = TypeKind::kIp;
    return true;
  }
  if (!ParseCidr(text, &network)) return false;
  value->value = network;
  *kind = TypeKind::kCidr;
  return true;
}

}  // namespace

bool DurationMicros(std::string_view text, std::int64_t* us) {
  return SumUnits(text, kTimeUnits, us);
}

bool LiteralValue(const cst::Literal& literal, Constant* value,
                  TypeKind* kind) {
  std::int64_t number = 0;
  switch (literal.kind) {
    case cst::LiteralKind::kString:
    case cst::LiteralKind::kRaw:
    case cst::LiteralKind::kBlock:
      *kind = TypeKind::kString;
      value->value = literal.text;
      return true;
    case cst::LiteralKind::kInt:
      *kind = TypeKind::kInt;
      return ParseInteger(literal.text, value);
    case cst::LiteralKind::kFloat:
      *kind = TypeKind::kFloat;
      return ParseFloat(literal.text, value);
    case cst::LiteralKind::kBool:
      *kind = TypeKind::kBool;
      value->value = literal.text == "true";
      return true;
    case cst::LiteralKind::kDuration:
      *kind = TypeKind::kDuration;
      if (!DurationMicros(literal.text, &number)) return false;
      value->value = Duration{number};
      return true;
    case cst::LiteralKind::kSize:
      *kind = TypeKind::kInt;
      if (!SumUnits(literal.text, kSizeUnits, &number)) return false;
      value->value = number;
      return true;
    case cst::LiteralKind::kAddress:
      return ParseAddress(literal.text, value, kind);
    case cst::LiteralKind::kNull:
      return false;
  }
  return false;
}

bool ParseAs(std::string_view text, TypeKind kind, Constant* value) {
  switch (kind) {
    case TypeKind::kInt:
      return ParseInteger(text, value);
    case TypeKind::kFloat:
      return ParseFloat(text, value);
    case TypeKind::kBool:
      value->value = text == "true";
      return text == "true" || text == "false";
    case TypeKind::kIp:
    case TypeKind::kCidr: {
      TypeKind found = kind;
      return ParseAddress(text, value, &found);
    }
    case TypeKind::kTime: {
      Time time;
      if (!ParseRfc3339(text, &time.us)) return false;
      value->value = time;
      return true;
    }
    case TypeKind::kDuration: {
      Duration duration;
      if (!DurationMicros(text, &duration.us)) return false;
      value->value = duration;
      return true;
    }
    default:
      value->value = std::string(text);
      return true;
  }
}

std::string FormatConstant(const Constant& value) {
  struct Writer {
    std::string operator()(Missing) const { return "nothing"; }
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(std::int64_t v) const { return std::to_string(v); }
    std::string operator()(std::uint64_t v) const { return std::to_string(v); }
    std::string operator()(double v) const { return absl::StrFormat("%g", v); }
    std::string operator()(const std::string& v) const {
      std::string text = "\"";
      AppendJsonEscaped(v, &text);
      return text + "\"";
    }
    std::string operator()(Time v) const {
      return absl::StrFormat("time(\"%s\")", FormatTime(v.us));
    }
    std::string operator()(Duration v) const { return FormatDuration(v.us); }
    std::string operator()(const IpAddress& v) const { return FormatIp(v); }
    std::string operator()(const Cidr& v) const { return FormatCidr(v); }
    std::string operator()(const ConstantList& v) const {
      std::string text = "[";
      for (const Constant& item : v) {
        if (text.size() > 1) text += ", ";
        text += FormatConstant(item);
      }
      return text + "]";
    }
  };
  return std::visit(Writer{}, value.value);
}

bool ParseDay(std::string_view text, std::int64_t* us) {
  if (text.size() != 10) return false;
  return ParseRfc3339(std::string(text) + "T00:00:00Z", us);
}

bool HasHostBits(std::string_view text) {
  const std::size_t slash = text.find('/');
  Cidr network;
  IpAddress address;
  return slash != std::string_view::npos && ParseCidr(text, &network) &&
         ParseIp(text.substr(0, slash), &address) && address != network.base;
}

Cidr NetworkOf(const IpAddress& address) {
  Cidr network;
  network.base = address;
  network.prefix = 128;
  return network;
}

}  // namespace tocsin::dsl
