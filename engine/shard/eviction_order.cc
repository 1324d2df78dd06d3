#include "engine/shard/eviction_order.h"

namespace tocsin {

void EvictionOrder::Touch(const Entry& entry) {
  const std::size_t index = ClassOf(entry.progress);
  if (index >= queues_.size()) queues_.resize(index + 1);
  Queue& queue = queues_[index];
  if (!queue.empty() && queue.entries.back() == entry) return;
  queue.Push(entry);
  ++size_;
}

void EvictionOrder::Clear() {
  queues_.clear();
  size_ = 0;
}

}  // namespace tocsin
