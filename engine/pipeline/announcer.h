// The engine's own alerts, at most one an hour of event time for each subject:
// evictions of a rule (tocsin.keys), a source's bad clock (tocsin.bad_clock).
// What happens meanwhile is counted and told with the next. Serial.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/alert/alert.h"

namespace tocsin {

class Announcer {
 public:
  static constexpr std::int64_t kEveryMicros = 3'600'000'000;

  // `count` things happened to `subject` at an event. Appends an alert when one
  // is due; `text` is behind the count.
  void Happened(std::string_view name, std::string_view subject,
                std::string_view text, std::uint64_t count,
                std::uint64_t position, std::int64_t clock_us,
                std::vector<Alert>* alerts);

  void Save(std::string* out) const;
  bool Load(std::string_view* rest);

 private:
  struct Told {
    bool told = false;
    std::int64_t at_us = 0;     // The clock when it was told last.
    std::uint64_t pending = 0;  // Since then.
  };
  std::map<std::string, Told, std::less<>> told_;  // By name and subject.
};

}  // namespace tocsin
