// The events that windows of a shard took last, for the samples that an alert
// carries: at most limits::kSampleRing of them and kSampleBytes of identity, so
// that evidence costs a shard and not a key. When other keys of the shard have
// flushed an old event, the alert shows the newer ones. Confined to its shard.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/alert/detection.h"

namespace tocsin {

class SampleRing {
 public:
  static constexpr std::size_t kSampleBytes = 32u << 10;

  void Add(std::uint64_t key_hash, std::int64_t time_us, std::uint64_t position,
           std::uint16_t schema, std::string_view identity);
  // Of the key's run of `events` events in [first, last] that holds `position`:
  // the earliest, that one, and the latest of the others, limits::kSamples at
  // most; by (time, position). `counted`: the run has exactly `events`, else
  // more may lie between its ends. `only`: of a run that has but the events of
  // these times.
  std::vector<EventRef> Of(std::uint64_t key_hash, std::int64_t first_us,
                           std::int64_t last_us, std::uint64_t events,
                           bool counted, std::uint64_t position,
                           std::span<const std::int64_t> only = {}) const;
  // What has changed since the last Save(), or all of it. Load() goes on from
  // what was loaded before.
  void Save(bool whole, std::string* out);
  bool Load(std::string_view* rest);
  bool HasChanged() const { return added_ > 0; }

 private:
  struct Entry {
    std::uint64_t key_hash = 0;
    std::int64_t time_us = 0;
    std::uint64_t position = 0;
    std::uint64_t offset = 0;  // Of the identity, counted from the first ever.
    std::uint32_t size = 0;
    std::uint16_t schema = 0;
  };
  const Entry& At(std::size_t i) const {
    return ring_[(head_ + i) & (ring_.size() - 1)];
  }
  static void Thin(std::uint64_t most, std::uint64_t position,
                   std::vector<const Entry*>* entries);
  void PopFront();
  std::string_view Identity(const Entry& entry) const {
    return std::string_view(bytes_).substr(entry.offset - base_, entry.size);
  }

  std::vector<Entry> ring_;  // The oldest first; a power of two.
  std::size_t head_ = 0, count_ = 0;
  std::string bytes_;        // Identities, in the same order.
  std::uint64_t base_ = 0;   // Offset of bytes_[0].
  std::size_t live_ = 0;     // Bytes in use.
  std::uint64_t added_ = 0;  // Since the last Save().
};

}  // namespace tocsin
