// When a rule's condition stands, and what is known of it then.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/base/hash.h"
#include "engine/shard/row_values.h"
#include "engine/window/condition_window.h"

namespace tocsin {

// An event, or a deadline, at which the condition stands.
struct Moment {
  std::uint64_t key = 0;  // As KeyTable has it.
  std::string_view key_bytes;
  std::int64_t time_us = 0;
  std::int64_t clock_us = 0;
  std::uint64_t position = 0;  // Where in the sequence it is told.
  std::uint64_t setter = 0;    // Position of the event it is about.
  std::size_t row = 0;
  bool deadline = false;
  Hash128 identity;
  std::uint16_t schema = 0;
  std::string_view identity_values;
  const RowValues* values = nullptr;  // Of an arriving event.
  // What steps and completing event left behind; null: texts read the row.
  WindowDecision* decision = nullptr;
};

}  // namespace tocsin
