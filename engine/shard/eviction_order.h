// Which key of a full table goes first: those whose window has expired, then
// those with the least progress, among equals the least recently active. Queues
// by progress with stale entries skipped, so that a flood of new keys costs a
// constant each and cannot flush a key that has come further. An expired key is
// looked for at the head of each queue. Confined to its shard.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_set.h"
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
  // Every current entry in the order of its queue, for saving.
  template <typename IsCurrent>
  std::vector<Entry> Current(const IsCurrent& is_current) const;
  void Clear();
  bool empty() const { return size_ == 0; }

 private:
  struct Queue {
    std::vector<Entry> entries;
    std::size_t head = 0;
    bool empty() const { return head == entries.size(); }
    const Entry& front() const { return entries[head]; }
    void Push(const Entry& entry) { entries.push_back(entry); }
    void Pop() {
      if (++head < entries.size() / 2) return;
      entries.erase(entries.begin(), entries.begin() + head);
      head = 0;
    }
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
    while (!queue.empty() && !is_current(queue.front())) {
      queue.Pop();
      --size_;
    }
    if (queue.empty()) continue;
    if (expired(queue.front().active_us)) {
      least = &queue;
      break;
    }
    if (least == nullptr) least = &queue;
  }
  if (least == nullptr) return false;
  *entry = least->front();
  least->Pop();
  --size_;
  return true;
}

template <typename IsCurrent>
void EvictionOrder::Compact(std::size_t keys, const IsCurrent& is_current) {
  if (size_ < 3 * keys + 64) return;
  const std::vector<Entry> current = Current(is_current);
  Clear();
  for (const Entry& entry : current) Touch(entry);
}

// An entry that stands twice counts where it stands first, as in Take().
template <typename IsCurrent>
std::vector<EvictionOrder::Entry> EvictionOrder::Current(
    const IsCurrent& is_current) const {
  std::vector<Entry> current;
  absl::flat_hash_set<std::uint64_t> seen;
  for (const Queue& queue : queues_) {
    for (std::size_t i = queue.head; i < queue.entries.size(); ++i) {
      const Entry& entry = queue.entries[i];
      if (is_current(entry) && seen.insert(entry.key).second) {
        current.push_back(entry);
      }
    }
  }
  return current;
}

}  // namespace tocsin
