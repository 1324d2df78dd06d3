// Decides distinct(E) >= N, and aggregates joined by `and` over one closed
// span, for one key at a time.
//
// Each aggregate keeps what decides it over *every* span that can still hold an
// arrival within the lateness, so that a span decides all of them together:
//   count     at or below the clock the latest N, above it the first and the
//             last N of every stretch no longer than the span
//   distinct  at or below the clock the N newest values, latest time each;
//             above it, of every such stretch, the first N different values
//             from either end
// (N, not the N-1 of CountWindow: an arrival may count for another aggregate
// only.) docs/decisions/0007-exact-windows.md has the argument. Thinned when a
// block is full. Late events are looked at against what is kept. Confined to
// its shard.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/window/block_pool.h"
#include "engine/window/window_spec.h"

namespace tocsin {

// What one event adds: to a count itself, to a distinct one value.
struct Contribution {
  std::uint8_t aggregate = 0;
  std::uint64_t value = 0;  // Hash of the tuple; counts leave it 0.
};

class JointWindow {
 public:
  explicit JointWindow(WindowSpec spec) : spec_(std::move(spec)) {}

  // As CountWindow::Arrive. `adds` is not empty: an event that adds nothing
  // completes nothing.
  bool Arrive(std::int64_t time, std::int64_t clock,
              std::span<const Contribution> adds, std::uint64_t* word,
              BlockPool* pool, Evidence* evidence);

  std::int64_t Newest(std::uint64_t word, BlockPool* pool) const;
  std::uint64_t Progress(std::uint64_t word, BlockPool* pool) const;
  void Free(std::uint64_t word, BlockPool* pool) const;
  void Save(std::uint64_t word, BlockPool* pool, std::string* out) const;
  bool Load(std::string_view* rest, BlockPool* pool, std::uint64_t* word) const;
  // Contributions kept, for tests.
  std::size_t Size(std::uint64_t word, BlockPool* pool) const;

  std::uint64_t settled_early() const { return settled_early_; }

 private:
  struct Entry {
    std::int64_t time;
    // 55 bits of the value's hash, whether an event's contributions begin
    // here, 8 bits of the aggregate.
    std::uint64_t tag;
  };
  struct Block {
    std::uint32_t size = 0, capacity = 0;
    // Of one distinct(): above 0, so many more values must come before it can
    // stand; below, so many before that is counted again. Follows from the
    // entries and is not saved.
    std::int64_t away = 0;
    Entry* entries() {
      return static_cast<Entry*>(static_cast<void*>(this + 1));
    }
  };
  // A few values: a plain list, then a table.
  class ValueSet {
   public:
    void Clear();
    bool Insert(std::uint64_t tag);  // False: was there.
    std::size_t size() const { return size_; }

   private:
    bool InsertIntoMany(std::uint64_t tag);

    std::array<std::uint64_t, 16> few_;
    std::size_t size_ = 0;
    std::vector<std::uint64_t> values_;  // All, when they are more.
    std::vector<std::uint32_t> table_;   // Index into values_ + 1.
  };

  static Block* At(std::uint64_t word, BlockPool* pool);
  static void Write(std::span<const Entry> entries, std::uint32_t least,
                    BlockPool* pool, std::uint64_t* word);
  bool MayHold(std::span<const Entry> entries, std::size_t at);
  bool Decide(std::span<const Entry> entries, std::size_t at, std::size_t end,
              Evidence* evidence);
  bool LatestStart(std::span<const Entry> entries, std::size_t end,
                   std::size_t aggregate, std::int64_t lowest,
                   std::size_t* start);
  void Tell(std::span<const Entry> run, bool latest, Evidence* evidence);
  void CountAway(Block* block, std::int64_t more);
  std::size_t Sweep(std::vector<Entry>* entries, std::size_t zone,
                    std::int64_t lowest);
  std::uint32_t Larger(std::uint32_t need) const;
  bool Settle(Block* block, std::uint32_t more, std::int64_t clock);
  void Thin(std::vector<Entry>* entries, std::int64_t clock);
  void MarkSettled(std::span<const Entry> entries, std::size_t end,
                   std::size_t aggregate, std::int64_t lowest);
  void MarkStretch(std::span<const Entry> entries, std::size_t from,
                   std::size_t to, std::size_t aggregate);
  void MarkEnds(std::span<const Entry> entries, std::size_t from,
                std::size_t to, std::size_t aggregate);

  WindowSpec spec_;
  std::uint64_t settled_early_ = 0;
  std::vector<Entry> scratch_;
  std::vector<char> keep_;
  ValueSet values_;
};

}  // namespace tocsin
