#include "engine/shard/timers.h"

#include <algorithm>
#include <bit>
#include <tuple>

namespace tocsin {
namespace {

constexpr int kBits = 6;  // A level tells 64 apart.
constexpr std::size_t kSlots = std::size_t{1} << kBits;
constexpr std::size_t kFew = 32;  // Sorted rather than parted further.

bool Later(const Timer& a, const Timer& b) {
  return std::tie(b.due_us, b.deadline_us, b.what, b.setter, b.rule, b.key) <
         std::tie(a.due_us, a.deadline_us, a.what, a.setter, a.rule, a.key);
}

// Unsigned, in the same order.
std::uint64_t Ordered(std::int64_t time) {
  return static_cast<std::uint64_t>(time) ^ std::uint64_t{1} << 63;
}

}  // namespace

void Timers::Place(const Timer& timer) {
  if (timer.due_us <= reached_us_) {
    near_.push_back(timer);
    std::push_heap(near_.begin(), near_.end(), Later);
    return;
  }
  const std::uint64_t due = Ordered(timer.due_us);
  const std::size_t level = static_cast<std::size_t>(
      (std::bit_width(due ^ Ordered(reached_us_)) - 1) / kBits);
  const std::size_t slot = due >> (level * kBits) & (kSlots - 1);
  if (level >= far_.size()) far_.resize(level + 1);
  Level& of = far_[level];
  if (of.slots.empty()) of.slots.resize(kSlots);
  of.slots[slot].push_back(timer);
  of.used |= std::uint64_t{1} << slot;
}

void Timers::Set(const Timer& timer) {
  ++size_;
  Place(timer);
  next_us_ = std::min(next_us_, timer.due_us);
}

Timer Timers::Take() {
  if (near_.empty()) Refill();
  std::pop_heap(near_.begin(), near_.end(), Later);
  const Timer timer = near_.back();
  near_.pop_back();
  --size_;
  FindNext();
  compact_at_ = std::min(compact_at_, 2 * size_ + kLeast);
  return timer;
}

// The slot that stands first, as its level and its number there.
bool Timers::First(std::size_t* level, std::size_t* slot) const {
  for (*level = 0; *level < far_.size(); ++*level) {
    if (far_[*level].used == 0) continue;
    *slot = static_cast<std::size_t>(std::countr_zero(far_[*level].used));
    return true;
  }
  return false;
}

void Timers::FindNext() {
  std::size_t level = 0, slot = 0;
  if (!near_.empty()) {
    next_us_ = near_.front().due_us;
    return;
  }
  next_us_ = kNever;
  if (!First(&level, &slot)) return;
  for (const Timer& timer : far_[level].slots[slot]) {
    next_us_ = std::min(next_us_, timer.due_us);
  }
}

// On to the next, which stands in the first slot: all of that moves down, or
// near when it is little.
void Timers::Refill() {
  std::size_t level = 0, slot = 0;
  if (!First(&level, &slot)) return;
  std::vector<Timer> moved;
  moved.swap(far_[level].slots[slot]);
  far_[level].used &= ~(std::uint64_t{1} << slot);
  reached_us_ = next_us_;
  if (moved.size() <= kFew) {
    for (const Timer& timer : moved) {
      reached_us_ = std::max(reached_us_, timer.due_us);
    }
  }
  for (const Timer& timer : moved) Place(timer);
  if (moved.capacity() > 2 * kFew) return;
  moved.clear();
  moved.swap(far_[level].slots[slot]);
}

void Timers::Clear() {
  near_.clear();
  far_.clear();
  size_ = 0;
  reached_us_ = kLongAgo;
  next_us_ = kNever;
  compact_at_ = kLeast;
}

}  // namespace tocsin
