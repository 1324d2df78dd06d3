// What one rule's `when` asks of a key's events, without its expressions.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/program/rule_set.h"

namespace tocsin {

struct WindowSpec {
  struct Aggregate {
    bool distinct = false;
    std::uint64_t threshold = 1;
  };
  std::vector<Aggregate> aggregates;
  std::int64_t span_us = 0;  // Closed: last - first <= span.

  static WindowSpec Of(const RuleProgram& rule);

  // One count: the compact form of engine/window/count_window.h.
  bool IsCount() const {
    return aggregates.size() == 1 && !aggregates[0].distinct;
  }
};

// Of an arriving event that completes the condition. Of the runs of events
// that hold it, span at most span_us and satisfy every aggregate, the one that
// ends earliest, and of those the one that begins latest.
struct Evidence {
  std::int64_t first_us = 0;
  std::int64_t last_us = 0;
  std::uint64_t count = 0;   // N of a first count, else its different values.
  std::uint64_t events = 1;  // Of the run, as far as they are kept.
};

// Progress beyond this is not told apart (engine/shard/eviction_order.h).
inline constexpr std::uint64_t kProgressCap = 63;

}  // namespace tocsin
