// What a declared time, duration, ip or cidr reads its JSON as.
#include <charconv>

#include "engine/match/evaluator.h"

namespace tocsin {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t us;
};
constexpr Unit kUnits[] = {
    {"us", 1},         {"ms", 1'000},        {"s", 1'000'000},
    {"m", 60'000'000}, {"h", 3'600'000'000}, {"d", 86'400'000'000},
};

// 1h30m, 250ms, 1.5s, -5s: numbers with their units.
bool ParseDuration(std::string_view text, std::int64_t* us) {
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  if (text.empty()) return false;
  double sum = 0;
  std::int64_t exact = 0;
  bool whole = true;
  while (!text.empty()) {
    if (text[0] < '0' || text[0] > '9') return false;  // Not inf, not nan.
    double number = 0;
    const char* end = text.data() + text.size();
    const auto read =
        std::from_chars(text.data(), end, number, std::chars_format::fixed);
    if (read.ec != std::errc() || number < 0) return false;
    text = {read.ptr, static_cast<std::size_t>(end - read.ptr)};
    const std::size_t letters =
        std::min(text.find_first_not_of("usmhd"), text.size());
    const Unit* unit = nullptr;
    for (const Unit& candidate : kUnits) {
      if (candidate.name == text.substr(0, letters)) unit = &candidate;
    }
    if (unit == nullptr) return false;
    text.remove_prefix(letters);
    const double part = number * static_cast<double>(unit->us);
    sum += part;
    if (sum >= 0x1p62) return false;
    whole = whole && part < 0x1p53;
    exact += static_cast<std::int64_t>(part);
  }
  if (!whole) exact = static_cast<std::int64_t>(sum);
  *us = negative ? -exact : exact;
  return true;
}

}  // namespace

Value ConvertValue(TypeKind kind, const Value& value, Scratch* scratch) {
  switch (kind) {
    case TypeKind::kTime: {
      if (value.kind == ValueKind::kTime) return value;
      std::int64_t us = 0;
      if (value.kind != ValueKind::kText || !ParseRfc3339(value.view(), &us)) {
        return {};
      }
      return TimeValue(us);
    }
    case TypeKind::kDuration: {
      if (value.kind == ValueKind::kDuration) return value;
      std::int64_t us = 0;
      if (value.kind != ValueKind::kText || !ParseDuration(value.view(), &us)) {
        return {};
      }
      return DurationValue(us);
    }
    case TypeKind::kIp: {
      if (value.kind == ValueKind::kIp) return value;
      auto* address = scratch->Make<IpAddress>();
      if (value.kind != ValueKind::kText || !ParseIp(value.view(), address)) {
        return {};
      }
      return IpValue(address);
    }
    case TypeKind::kCidr: {
      if (value.kind == ValueKind::kCidr) return value;
      auto* network = scratch->Make<Cidr>();
      if (value.kind == ValueKind::kIp) {
        network->base = *value.ip;
        network->prefix = 128;
        return CidrValue(network);
      }
      if (value.kind != ValueKind::kText || !ParseCidr(value.view(), network)) {
        return {};
      }
      return CidrValue(network);
    }
    default:
      return value;
  }
}

}  // namespace tocsin
