#include "engine/shard/eviction_order.h"

#include <algorithm>

namespace tocsin {

bool EvictionOrder::Queue::Push(const Entry& entry) {
  const bool in_line = InLine() > 0;
  if (in_line && line_.back() == entry) return false;
  if (!in_line || GoesAfter(entry, line_.back())) {
    line_.push_back(entry);
    return true;
  }
  if (!heap_.empty() && heap_.back() == entry) return false;
  heap_.push_back(entry);
  std::push_heap(heap_.begin(), heap_.end(), GoesAfter);
  return true;
}

void EvictionOrder::Queue::Pop() {
  constexpr std::size_t kWorthMoving = 64;
  constexpr std::size_t kPart = 4;  // Of the line may be empty.
  if (InLine() == 0 || Front() != LineAt(0)) {
    std::pop_heap(heap_.begin(), heap_.end(), GoesAfter);
    heap_.pop_back();
  } else if (++head_ >= kWorthMoving && head_ >= line_.size() / kPart) {
    line_.erase(line_.begin(),
                line_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
}

void EvictionOrder::Touch(const Entry& entry) {
  const std::size_t index = ClassOf(entry.progress);
  if (index >= queues_.size()) queues_.resize(index + 1);
  if (queues_[index].Push(entry)) ++size_;
}

void EvictionOrder::Clear() {
  queues_.clear();
  size_ = 0;
}

}  // namespace tocsin
