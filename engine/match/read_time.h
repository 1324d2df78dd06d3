// The time of an event from one of its fields.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/match/row_value.h"
#include "engine/program/rule_set.h"

namespace tocsin {

// Remembers the day read last, since logs stay on one for long. Confined to one
// worker.
class TimeReader {
 public:
  // False when the value is missing or not as the format says.
  bool Read(const TimeProgram& source, const Value& value, std::int64_t* us);

 private:
  bool ReadUtc(std::string_view text, std::int64_t* us);

  char day_[10] = {};
  std::int64_t day_us_ = 0;  // Meaningful once day_ is set.
};

}  // namespace tocsin
