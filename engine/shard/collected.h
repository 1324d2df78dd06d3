// Distinct values that a rule collects for one key: per collect the last seen,
// at most as many as it keeps. Confined to its shard.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "engine/program/rule_set.h"

namespace tocsin {

class Collected {
 public:
  static constexpr std::int64_t kNothingElse =
      std::numeric_limits<std::int64_t>::max();

  // What one collect keeps.
  struct Limits {
    std::size_t up_to = 10;
    // Values more than this before the newest are let go first; kNothingElse
    // for a filter, which has no window.
    std::int64_t span_us = kNothingElse;
  };

  // `held`: seen while a hold was on, so that the next alert tells it however
  // long that takes.
  void See(std::size_t collect, const Limits& limits, std::string_view encoding,
           std::int64_t time_us, bool held);
  // Per collect the sized values seen at or after `from_us`, and those held; in
  // the order in which they were last seen. Bit i of *more: there were more
  // than collect i keeps. Nothing is held afterwards. kNothingElse: only those
  // held.
  void Take(std::int64_t from_us, std::vector<std::string>* taken,
            std::uint64_t* more);
  // Other collects from now on: `from` says which each was before, kNew if
  // none. The values of the others are let go.
  static constexpr std::size_t kNew = static_cast<std::size_t>(-1);
  void Remap(const std::vector<std::size_t>& from);
  std::int64_t newest_us() const { return newest_us_; }
  // What the values count (docs/decisions/0022-state-budget.md).
  std::size_t footprint() const { return footprint_; }
  void Save(std::string* out) const;
  bool Load(std::string_view* rest);

  std::uint8_t mark = 0;  // A SaveMark.

 private:
  static constexpr std::int64_t kNone =
      std::numeric_limits<std::int64_t>::min();

  struct Value {
    std::string encoding;
    std::int64_t time_us = 0;  // The latest event that had it.
    std::uint64_t order = 0;   // When it was last seen.
    bool held = false;
  };
  struct Values {
    std::vector<Value> kept;
    std::int64_t dropped_us = kNone;  // The latest time of a value let go.
    bool dropped_held = false;
  };
  static void Drop(const Value& value, Values* values);
  void CountFootprint();

  std::vector<Values> values_;  // By collect.
  std::uint64_t seen_ = 0;
  std::size_t footprint_ = 0;
  std::int64_t newest_us_ = kNone;
};

}  // namespace tocsin
