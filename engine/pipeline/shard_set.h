// The 1,024 shards, and the work that a slice of the sequence is for them:
// which rows go to which shard, which shards have something due, and how to
// split it into parts that may run at once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "engine/shard/shard.h"
#include "engine/shard/slice.h"
#include "engine/state/state_store.h"

namespace tocsin {

// Reused. Filled by Sort(), then Split(), both serial.
struct ShardWork {
  struct Range {
    std::uint32_t shard = 0;
    std::uint32_t begin = 0, end = 0;  // Into rows.
  };
  std::vector<std::uint32_t> rows;   // Into MatchResult::rows, by shard.
  std::vector<Range> ranges;         // By shard; a shard stands once.
  std::vector<std::size_t> parts;    // Where in ranges each part ends.
  std::vector<ShardOutput> outputs;  // One a part; some may be spare.
};

// Parts of one slice may run on different threads at once, slices only one
// after the other.
class ShardSet {
 public:
  ShardSet() : shards_(limits::kShards), due_us_(limits::kShards, INT64_MAX) {}

  void Adopt(const RuleSet* rules);
  // Rows [from, to) by their shards.
  void Sort(const RuleSet& rules, const MatchResult& matched, std::size_t from,
            std::size_t to, ShardWork* work) const;
  // Adds the shards that have something due before `clock_us`, and splits.
  // After every earlier slice.
  void Split(std::int64_t clock_us, std::size_t rules,
             std::size_t rows_per_part, ShardWork* work) const;
  void Apply(const Slice& slice, std::size_t part, ShardWork* work);

  // Keys held of each of `rules` rules.
  std::vector<std::uint64_t> Keys(std::size_t rules) const;

  absl::Status Save(StateStore* store);
  absl::Status Load(StateStore* store);

 private:
  std::vector<Shard> shards_;
  std::vector<std::int64_t> due_us_;  // Of each shard.
};

}  // namespace tocsin
