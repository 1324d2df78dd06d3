// The events of one key that a condition may still need, in the order of
// (time, arrival): what sequences, absence, tests over aggregates and joined
// conditions are decided on. A key's state is one word: 0, or a block of the
// pool. What an event leaves behind beyond its time and which events it is
// stands in a record beside it, only where the rule needs one. Confined to its
// shard.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/hash.h"
#include "engine/window/block_pool.h"
#include "engine/window/joint_window.h"

namespace tocsin {

// What an event adds to a numeric aggregate.
struct NumberAdded {
  std::uint8_t aggregate = 0;
  double value = 0;
};

// What an event leaves behind for a decision that comes later.
struct Record {
  std::uint64_t position = 0;
  std::size_t row = 0;  // Of its chunk; not saved.
  Hash128 identity;
  std::uint16_t schema = 0;
  std::string identity_values;
  std::vector<Contribution> adds;
  std::vector<NumberAdded> numbers;
  std::vector<double> thresholds;  // By aggregate with a threshold_of.
  std::vector<std::string> captures;

  // Other captures from now on: `from` says which each was, kNone if none.
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  void Remap(const std::vector<std::size_t>& from);
  void Save(std::string* out) const;
  bool Load(std::string_view* rest);
  std::size_t Footprint() const;
};

class History {
 public:
  // Bits of `events`: the rule's events below, its aggregates from 32.
  static constexpr int kAggregateBit = 32;
  static constexpr std::uint32_t kPending = 1;  // Not decided yet.
  static constexpr std::uint32_t kCounted = 2;  // In the panes already.

  struct Entry {
    std::int64_t time = 0;
    std::uint64_t events = 0;
    std::uint32_t record = 0;  // 0: none.
    std::uint32_t flags = 0;
  };

  std::span<Entry> Entries(std::uint64_t word, BlockPool* pool) const;
  // No other fits: time to let go of what nobody needs.
  static bool IsFull(std::uint64_t word, BlockPool* pool) {
    if (word == 0) return false;
    const Block* const block = At(word, pool);
    return block->size == block->capacity;
  }
  // Room for more than is kept, so that it is not full again at once.
  static void Grow(std::uint64_t* word, BlockPool* pool);
  // Where it stands now: behind those of its time.
  std::size_t Insert(const Entry& entry, std::uint64_t* word, BlockPool* pool);
  // Keeps what `keep[i]` says; frees the records of the others.
  void Keep(std::span<const char> keep, std::uint64_t word, BlockPool* pool);
  // Keeps `one`, if any, and those from `from` on; in place, for the hot path.
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  void KeepOneAnd(std::size_t one, std::size_t from, std::uint64_t word,
                  BlockPool* pool);
  void Free(std::uint64_t word, BlockPool* pool);
  // As if an event of this time had been inserted and let go.
  void Touch(std::int64_t time, std::uint64_t word, BlockPool* pool) {
    std::int64_t& newest = At(word, pool)->newest;
    if (time > newest) newest = time;
  }
  // The latest time ever inserted; INT64_MIN without one.
  std::int64_t Newest(std::uint64_t word, BlockPool* pool) const;

  std::uint32_t AddRecord(Record record);
  void RemapCaptures(const std::vector<std::size_t>& from);
  Record& RecordOf(const Entry& entry) { return *records_[entry.record]; }
  const Record& RecordOf(const Entry& entry) const {
    return *records_[entry.record];
  }

  void Save(std::uint64_t word, BlockPool* pool, std::string* out) const;
  bool Load(std::string_view* rest, BlockPool* pool, std::uint64_t* word);
  // What all records count; blocks are counted by who has the words.
  std::size_t record_footprint() const { return record_footprint_; }

 private:
  struct Block {
    std::uint32_t size = 0, capacity = 0;
    std::int64_t newest = 0;
    Entry* entries() {
      return static_cast<Entry*>(static_cast<void*>(this + 1));
    }
  };
  static Block* At(std::uint64_t word, BlockPool* pool) {
    return static_cast<Block*>(static_cast<void*>(pool->At(word >> 1)));
  }
  static Block* Room(std::uint32_t entries, std::uint64_t* word,
                     BlockPool* pool);
  void FreeRecord(const Entry& entry);

  std::vector<std::unique_ptr<Record>> records_{1};
  std::vector<std::uint32_t> free_records_;
  std::size_t record_footprint_ = 0;
};

}  // namespace tocsin
