// What a key with a hold on remembers (docs/reference/alert.md, "Incidents"):
// begins with an alert under `once per D`, ends when the clock has passed its
// last alert by D and no new alert has come.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/alert/detection.h"
#include "engine/base/hash.h"
#include "engine/shard/collected.h"

namespace tocsin {

struct Incident {
  std::string key;            // Sized canonical parts.
  Hash128 id;                 // Of its last alert.
  std::int64_t fired_us = 0;  // Its last alert's time.
  std::uint64_t setter = 0;   // Its last alert's position.
  std::int64_t due_us = 0;    // When the hold's end is decided.
  std::uint64_t folded = 0;   // Held since its last alert.
  std::uint64_t total = 0;    // Detections since its first alert.
  std::uint32_t level = 0;    // Of `escalate`: alerts so far.
  std::int64_t folded_first_us = 0, folded_last_us = 0;
  std::vector<EventRef> samples;  // Of those held: the first and the last few.
  Collected held;                 // Of a filter's held events.
  std::uint8_t mark = 0;          // A SaveMark.
  std::size_t counted = 0;        // Of its rule's state, when last counted.

  void Fold(std::int64_t time_us, std::uint64_t position, std::uint16_t schema,
            std::string_view identity);
  // What it counts (docs/decisions/0022-state-budget.md).
  std::size_t Footprint() const;
  void Save(std::string* out) const;
  bool Load(std::string_view* rest);
};

}  // namespace tocsin
