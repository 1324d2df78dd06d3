// Deadlines of a shard, the next first. Only an index: each is in its key's
// incident too, and one that its incident has outlived is skipped; when those
// may be the greater part they are dropped. Never saved. Confined to its shard.
//
// A hierarchical timing wheel without ticks: time does not go back, so a
// deadline waits at the level of the highest six bits in which it differs from
// the latest time reached, in the slot of their value, and moves down a few
// levels on its way. What is next stands in a small heap; so does what is set
// for a time already reached.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace tocsin {

struct Timer {
  // Decided at the first event that moves the clock past this: the deadline, or
  // where the clock stood when it was set, whichever is later.
  std::int64_t due_us = 0;
  std::int64_t deadline_us = 0;
  std::uint64_t setter = 0;  // Position of the event that set it.
  // Of one instant in this order: what is detected then may go on with the
  // incident whose hold ends then.
  enum class What : std::uint8_t { kCondition, kClose, kHold };
  What what = What::kHold;
  std::uint32_t rule = 0;
  std::uint64_t key = 0;
};

class Timers {
 public:
  void Set(const Timer& timer);
  // When the next is due; INT64_MAX when there is none.
  std::int64_t next_us() const { return next_us_; }
  // There is one.
  Timer Take();
  void Clear();
  std::size_t size() const { return size_; }
  // Once there are twice as many as there were at the least since the last
  // time: keeps those that are current.
  template <typename IsCurrent>
  void Compact(const IsCurrent& is_current) {
    if (size_ < compact_at_) return;
    std::vector<Timer> kept;
    const auto keep = [&](const std::vector<Timer>& timers) {
      for (const Timer& timer : timers) {
        if (is_current(timer)) kept.push_back(timer);
      }
    };
    keep(near_);
    for (const Level& level : far_) {
      for (const std::vector<Timer>& slot : level.slots) keep(slot);
    }
    Clear();
    for (const Timer& timer : kept) Set(timer);
    compact_at_ = 2 * size_ + kLeast;
  }

 private:
  static constexpr std::size_t kLeast = 64;
  static constexpr std::int64_t kNever =
      std::numeric_limits<std::int64_t>::max();
  static constexpr std::int64_t kLongAgo =
      std::numeric_limits<std::int64_t>::min();

  struct Level {
    std::vector<std::vector<Timer>> slots;
    std::uint64_t used = 0;  // Which slots hold any.
  };

  void Place(const Timer& timer);
  bool First(std::size_t* level, std::size_t* slot) const;
  void FindNext();
  void Refill();

  // A heap of those due at or before reached_us_.
  std::vector<Timer> near_;
  std::vector<Level> far_;  // Those behind it; the lowest level first.
  std::int64_t reached_us_ = kLongAgo;
  std::int64_t next_us_ = kNever;
  std::size_t size_ = 0;
  std::size_t compact_at_ = kLeast;
};

}  // namespace tocsin
