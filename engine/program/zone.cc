// The date library throws for an unknown zone and for a machine without a zone
// database; both end here as null.
#include "engine/program/zone.h"

#include <chrono>
#include <exception>
#include <map>
#include <string>

#include "date/date.h"
#include "date/tz.h"

namespace tocsin {
namespace {

using Micros = std::chrono::microseconds;

std::int64_t SecondsToMicros(std::chrono::seconds seconds) {
  // sys_info's outermost spans reach to year 32767, which fits.
  return std::chrono::duration_cast<Micros>(seconds).count();
}

// Years 1 to 9999 in microseconds; outside, local time is UTC.
constexpr std::int64_t kEarliest = -62135596800000000;
constexpr std::int64_t kLatest = 253402300799999999;

class DateZone final : public Zone {
 public:
  explicit DateZone(const date::time_zone* zone) : zone_(zone) {}

  std::string_view name() const override { return zone_->name(); }

  Span At(std::int64_t utc_us) const override {
    if (utc_us < kEarliest) return {INT64_MIN, kEarliest, 0};
    if (utc_us > kLatest) return {kLatest + 1, INT64_MAX, 0};
    const date::sys_time<Micros> when{Micros{utc_us}};
    const date::sys_info info = zone_->get_info(when);
    Span span{kEarliest, kLatest + 1, SecondsToMicros(info.offset)};
    const std::int64_t begin = info.begin.time_since_epoch().count();
    const std::int64_t end = info.end.time_since_epoch().count();
    if (begin > kEarliest / 1'000'000) span.begin_us = begin * 1'000'000;
    if (end < kLatest / 1'000'000) span.end_us = end * 1'000'000;
    return span;
  }

  std::int64_t FromLocal(std::int64_t local_us) const override {
    const date::local_time<Micros> local{Micros{local_us}};
    return zone_->to_sys(local, date::choose::earliest)
        .time_since_epoch()
        .count();
  }

 private:
  const date::time_zone* zone_;
};

std::map<std::string, DateZone, std::less<>> AllZones() {
  std::map<std::string, DateZone, std::less<>> zones;
  try {
    for (const date::time_zone& zone : date::get_tzdb().zones) {
      zones.emplace(zone.name(), &zone);
    }
  } catch (const std::exception&) {
    zones.clear();
  }
  return zones;
}

}  // namespace

const Zone* FindZone(std::string_view name) {
  static const auto zones = AllZones();
  const auto found = zones.find(name);
  if (found == zones.end()) return nullptr;
  try {
    found->second.At(0);  // The library reads a zone's file on first use.
  } catch (const std::exception&) {
    return nullptr;
  }
  return &found->second;
}

}  // namespace tocsin
