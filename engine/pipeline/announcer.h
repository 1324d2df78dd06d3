// The engine's own alerts, at most one an hour of event time for each subject:
// evictions of a rule (tocsin.keys), a source's bad clock (tocsin.bad_clock).
// What happens meanwhile is counted and told with the next. Before the clock
// runs each subject is told once, at the event's own time. Serial.
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

  // An event, and the clock as of it.
  struct Place {
    std::uint64_t position = 0;
    std::int64_t time_us = 0;
    std::int64_t clock_us = 0;
  };

  // `count` things happened to `subject` at an event. Appends an alert when one
  // is due; `text` is behind the count.
  void Happened(std::string_view name, std::string_view subject,
                std::string_view text, std::uint64_t count, const Place& place,
                std::vector<Alert>* alerts);

  void Save(std::string* out) const;
  bool Load(std::string_view* rest);

 private:
  struct Told {
    bool told = false;
    std::int64_t clock_us = 0;  // When it was told last.
    std::uint64_t pending = 0;  // Since then.
  };
  std::map<std::string, Told, std::less<>> told_;  // By name and subject.
};

}  // namespace tocsin
