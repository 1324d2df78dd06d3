// Which matched events a shard has seen within the last 15 minutes of event
// time (limits::kDedupMicros), at most limits::kDedupEntries of them: past that
// the oldest is forgotten early, and counted. 24 bytes each; grows as needed
// and shrinks when their time has passed. Confined to its shard.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/hash.h"

namespace tocsin {

class Dedup {
 public:
  // True when this event was remembered for this key already, not more than 15
  // minutes away; else remembers it.
  bool Seen(const Hash128& identity, std::uint64_t key_hash,
            std::int64_t time_us, std::int64_t clock_us);
  std::size_t size() const { return count_; }
  // Room for so many.
  std::size_t capacity() const { return ring_.size(); }
  // How many were forgotten before their time, since the last call.
  std::uint64_t TakeForgotten() { return std::exchange(forgotten_, 0); }
  // What has changed since the last Save(), or all of it. Load() goes on from
  // what was loaded before.
  void Save(bool whole, std::string* out);
  bool Load(std::string_view* rest);
  bool HasChanged() const { return rebuilt_ || pushed_ > 0 || popped_; }

 private:
  struct Entry {
    std::uint64_t mark = 0;
    std::int64_t time_us = 0;
  };
  const Entry& At(std::size_t i) const {
    return ring_[(head_ + i) & (ring_.size() - 1)];
  }
  void Push(const Entry& entry, std::int64_t clock_us);
  void PopFront();
  // Keeps what is not over yet as of the clock, in a ring of `capacity`.
  void Rebuild(std::size_t capacity, std::int64_t clock_us);
  std::size_t Place(std::uint64_t mark) const {
    return static_cast<std::size_t>(mark) & (table_.size() - 1);
  }

  // The oldest first; a power of two.
  std::vector<Entry> ring_;
  std::size_t head_ = 0, count_ = 0;
  std::vector<std::uint32_t> table_;  // Index into ring_ + 1, by mark.
  std::uint64_t forgotten_ = 0;
  // Since the last Save().
  std::uint64_t pushed_ = 0;
  bool popped_ = false, rebuilt_ = false;
};

}  // namespace tocsin
