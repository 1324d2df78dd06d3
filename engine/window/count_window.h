// Decides count >= N within a closed span of event time, for one key at a time.
//
// Exact for any order of arrival within the lateness, and bounded: of the
// times at or below the clock the latest N-1, above it the first and the last
// N-1 of every stretch no longer than the span (docs/decisions/0007-exact-
// windows.md says why that is enough). It is thinned when a block is full, so
// an update costs a constant. Late events are looked at against what is kept.
//
// A key's state is one word in its slot (0: nothing yet, a single time in
// place, else a block of the pool): a key seen once costs 16 bytes. Confined to
// its shard.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/window/block_pool.h"
#include "engine/window/window_spec.h"

namespace tocsin {

class CountWindow {
 public:
  explicit CountWindow(const WindowSpec& spec)
      : span_(spec.span_us), threshold_(spec.aggregates[0].threshold) {}

  // An event of the key at `time`, while the clock stands at `clock`. True when
  // it completes the condition; then fills `evidence`.
  bool Arrive(std::int64_t time, std::int64_t clock, std::uint64_t* word,
              BlockPool* pool, Evidence* evidence);

  // The latest time kept; INT64_MIN when nothing is.
  std::int64_t Newest(std::uint64_t word, BlockPool* pool) const;
  // Events kept within a span before the newest: how far the key has come.
  std::uint64_t Progress(std::uint64_t word, BlockPool* pool) const;
  std::vector<std::int64_t> Kept(std::uint64_t word, BlockPool* pool) const;
  void Free(std::uint64_t word, BlockPool* pool) const;
  // Byte for byte what a restart needs to go on as if nothing had happened.
  void Save(std::uint64_t word, BlockPool* pool, std::string* out) const;
  bool Load(std::string_view* rest, BlockPool* pool, std::uint64_t* word) const;

  // Times that limits::kZoneEvents made it settle early, since construction.
  std::uint64_t settled_early() const { return settled_early_; }

 private:
  struct Block;
  static Block* At(std::uint64_t word, BlockPool* pool);
  template <typename Offset>
  bool Insert(Block* block, std::int64_t time, Evidence* evidence) const;
  bool Settle(Block* block, std::int64_t time, std::int64_t clock) const;
  std::uint32_t Thin(std::vector<std::int64_t>* times, std::int64_t clock);
  void Rewrite(const std::vector<std::int64_t>& times, std::int64_t next,
               std::uint32_t least, BlockPool* pool, std::uint64_t* word) const;
  static void Write(const std::vector<std::int64_t>& times, std::int64_t base,
                    bool wide, std::uint32_t least, BlockPool* pool,
                    std::uint64_t* word);
  bool MakeRoom(std::int64_t time, std::int64_t clock, BlockPool* pool,
                std::uint64_t* word);

  std::int64_t span_;
  std::uint64_t threshold_;
  std::uint64_t settled_early_ = 0;
  std::vector<std::int64_t> scratch_;
};

}  // namespace tocsin
