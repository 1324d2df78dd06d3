// Which key of a full table goes first: those whose window has expired, then
// those with the least progress, among equals the one whose latest event is the
// earliest, then the least key: so the order follows from the keys alone, and
// is never saved. Queues by progress with stale entries skipped: keys become
// active in about the order of time, so that most entries stand in line and few
// in a heap beside it; a flood of new keys costs little each, and it cannot
// flush a key that has come further. An expired key is looked for at the front
// of each queue. Confined to its shard.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "engine/base/prefetch.h"
#include "engine/window/window_spec.h"

namespace tocsin {

class EvictionOrder {
 public:
  struct Entry {
    std::uint64_t key = 0;
    std::int64_t active_us = 0;  // Its latest event.
    std::uint64_t progress = 1;
    friend bool operator==(const Entry&, const Entry&) = default;
  };

  // The key stands thus now; what was said of it before is stale.
  void Touch(const Entry& entry);
  // The next to go, taken out; `is_current(entry)` says whether an entry is
  // how its key stands, `expired(active_us)` whether such a key has. False when
  // no entry is current.
  template <typename IsCurrent, typename Expired>
  bool Take(const IsCurrent& is_current, const Expired& expired, Entry* entry);
  // Drops stale entries when there are many more than `keys`.
  template <typename IsCurrent>
  void Compact(std::size_t keys, const IsCurrent& is_current);
  void Clear();
  bool empty() const { return size_ == 0; }
  // The key that most likely goes when so many have gone before it, so that it
  // can be looked up ahead; 0 when nobody knows.
  std::uint64_t Soon(std::size_t after) const {
    for (const Queue& queue : queues_) {
      if (queue.InLine() > after) return queue.LineAt(after)->key;
    }
    return 0;
  }
  // What Soon() will read.
  void Prefetch() const {
    for (const Queue& queue : queues_) {
      if (queue.InLine() > 0) return tocsin::Prefetch(queue.LineAt(0));
    }
  }

 private:
  // The first to go on top.
  static bool GoesAfter(const Entry& a, const Entry& b) {
    return a.active_us != b.active_us ? a.active_us > b.active_us
                                      : a.key > b.key;
  }
  class Queue {
   public:
    // False when it was the last to come before.
    bool Push(const Entry& entry);
    void Pop();
    const Entry* Front() const {
      const Entry* const first = InLine() > 0 ? LineAt(0) : nullptr;
      if (heap_.empty()) return first;
      return first == nullptr || GoesAfter(*first, heap_[0]) ? heap_.data()
                                                             : first;
    }
    std::size_t InLine() const { return line_.size() - head_; }
    const Entry* LineAt(std::size_t i) const { return &line_[head_ + i]; }
    template <typename Visit>
    void ForEach(const Visit& visit) const {
      for (std::size_t i = head_; i < line_.size(); ++i) visit(line_[i]);
      for (const Entry& entry : heap_) visit(entry);
    }

   private:
    std::vector<Entry> line_;  // In order, from head_ on.
    std::size_t head_ = 0;
    std::vector<Entry> heap_;  // Came out of order; the first to go on top.
  };
  static std::size_t ClassOf(std::uint64_t progress) {
    return progress > kProgressCap ? kProgressCap : progress;
  }

  std::vector<Queue> queues_;  // By progress, as far as any came.
  std::size_t size_ = 0;
};

template <typename IsCurrent, typename Expired>
bool EvictionOrder::Take(const IsCurrent& is_current, const Expired& expired,
                         Entry* entry) {
  Queue* least = nullptr;
  for (Queue& queue : queues_) {
    const Entry* front = queue.Front();
    while (front != nullptr && !is_current(*front)) {
      queue.Pop();
      --size_;
      front = queue.Front();
    }
    if (front == nullptr) continue;
    if (expired(front->active_us)) {
      least = &queue;
      break;
    }
    if (least == nullptr) least = &queue;
  }
  if (least == nullptr) return false;
  *entry = *least->Front();
  least->Pop();
  --size_;
  return true;
}

// A key that stands thus twice stays once.
template <typename IsCurrent>
void EvictionOrder::Compact(std::size_t keys, const IsCurrent& is_current) {
  if (size_ < 3 * keys + 64) return;
  std::vector<Queue> queues;
  queues.swap(queues_);
  size_ = 0;
  absl::flat_hash_set<std::uint64_t> seen;
  for (const Queue& queue : queues) {
    queue.ForEach([&](const Entry& entry) {
      if (is_current(entry) && seen.insert(entry.key).second) Touch(entry);
    });
  }
}

}  // namespace tocsin
