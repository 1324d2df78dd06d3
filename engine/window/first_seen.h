// Decides new(E) within H for one (key, tuple) at a time: whether no other
// occurrence among those that arrived before lies within H of this one, before
// or behind it. Exact for any order of arrival within the lateness: at or below
// the clock the latest occurrence is kept, above it all but those between two
// that lie at most 2H apart, whose reach covers theirs. In time order that is
// one time, in the key's slot itself. Confined to its shard.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/window/block_pool.h"

namespace tocsin {

class FirstSeen {
 public:
  explicit FirstSeen(std::int64_t span_us) : span_(span_us) {}

  // True when the occurrence is new; remembers it.
  bool Arrive(std::int64_t time, std::int64_t clock, std::uint64_t* word,
              BlockPool* pool);
  std::int64_t Newest(std::uint64_t word, BlockPool* pool) const;
  void Free(std::uint64_t word, BlockPool* pool) const;
  void Save(std::uint64_t word, BlockPool* pool, std::string* out) const;
  bool Load(std::string_view* rest, BlockPool* pool, std::uint64_t* word) const;
  std::int64_t span_us() const { return span_; }

 private:
  void Read(std::uint64_t word, BlockPool* pool,
            std::vector<std::int64_t>* times) const;
  void Write(const std::vector<std::int64_t>& times, BlockPool* pool,
             std::uint64_t* word) const;

  std::int64_t span_;
  std::vector<std::int64_t> times_;
};

}  // namespace tocsin
