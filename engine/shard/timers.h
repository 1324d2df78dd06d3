// Deadlines of a shard, the next first. Only an index: each is in its key's
// incident too, and one that its incident has outlived is skipped; when those
// may be the greater part they are dropped. Never saved. Confined to its shard.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <tuple>
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
  void Set(const Timer& timer) {
    heap_.push_back(timer);
    std::push_heap(heap_.begin(), heap_.end(), Later);
  }
  // When the next is due; INT64_MAX when there is none.
  std::int64_t next_us() const {
    return heap_.empty() ? std::numeric_limits<std::int64_t>::max()
                         : heap_.front().due_us;
  }
  Timer Take() {
    std::pop_heap(heap_.begin(), heap_.end(), Later);
    const Timer timer = heap_.back();
    heap_.pop_back();
    compact_at_ = std::min(compact_at_, 2 * heap_.size() + kLeast);
    return timer;
  }
  void Clear() {
    heap_.clear();
    compact_at_ = kLeast;
  }
  std::size_t size() const { return heap_.size(); }
  // Once there are twice as many as there were at the least since the last
  // time: keeps those that are current.
  template <typename IsCurrent>
  void Compact(const IsCurrent& is_current) {
    if (heap_.size() < compact_at_) return;
    std::erase_if(heap_,
                  [&](const Timer& timer) { return !is_current(timer); });
    if (heap_.capacity() > 4 * (heap_.size() + kLeast)) heap_.shrink_to_fit();
    std::make_heap(heap_.begin(), heap_.end(), Later);
    compact_at_ = 2 * heap_.size() + kLeast;
  }

 private:
  static constexpr std::size_t kLeast = 64;

  static bool Later(const Timer& a, const Timer& b) {
    return std::tie(b.due_us, b.deadline_us, b.what, b.setter, b.rule, b.key) <
           std::tie(a.due_us, a.deadline_us, a.what, a.setter, a.rule, a.key);
  }
  std::vector<Timer> heap_;
  std::size_t compact_at_ = kLeast;
};

}  // namespace tocsin
