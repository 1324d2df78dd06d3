// The 1,024 shards, and the work that a slice of the sequence is for them:
// which rows go to which shard, which shards have something due, and how to
// split it into parts that may run at once.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "engine/durable/checkpoints.h"
#include "engine/shard/saving.h"
#include "engine/shard/shard.h"
#include "engine/shard/slice.h"

namespace tocsin {

// Reused. `rows` is filled in the order of the sequence; then Sort(), then
// Split(), both serial.
struct ShardWork {
  struct Range {
    std::uint32_t shard = 0;
    std::uint32_t begin = 0, end = 0;  // Into rows.
  };
  std::vector<RowRef> rows;          // By shard, once sorted.
  std::vector<Range> ranges;         // By shard; a shard stands once.
  std::vector<std::size_t> parts;    // Where in ranges each part ends.
  std::vector<ShardOutput> outputs;  // One a part; some may be spare.

  struct Sorted {
    std::uint32_t shard = 0, row = 0;
  };
  std::vector<Sorted> order;  // Of Sort().
  std::vector<RowRef> unsorted;
};

// Parts of one stratum of a slice may run on different threads at once, strata
// and slices only one after the other.
class ShardSet {
 public:
  ShardSet() : shards_(limits::kShards) {}

  void Adopt(const RuleSet* rules);
  // The members of rules for silence, as if each had been seen at `us`; those
  // that are known already stay as they are.
  void Arm(const RuleSet& rules, std::uint64_t key_seed, std::int64_t us);
  // The rows by their shards; those of one shard stay in their order.
  static void Sort(const RuleSet& rules, ShardWork* work);
  // Adds the shards that have something of the stratum due within the slice, or
  // all when a plan for the budget begins in it, and splits. After every
  // earlier slice and stratum.
  void Split(const Slice& slice, std::uint32_t stratum, std::size_t rules,
             std::size_t rows_per_part, ShardWork* work) const;
  void Apply(const Slice& slice, std::uint32_t stratum, std::size_t part,
             ShardWork* work);

  // Keys held of each of `rules` rules.
  std::vector<std::uint64_t> Keys(std::size_t rules) const;
  // And their state in bytes.
  std::vector<std::uint64_t> Bytes(std::size_t rules) const;

  // ---- checkpoints ----
  void TurnSavingOn();
  // The state behind the slices so far is to be saved. Everything of the marker
  // before it has been. Shards take note when they are next touched.
  void BeginSave(const SaveMarker& marker);
  // Between two slices: the records of about so many entries go to `give`,
  // those of each shard whole. False once there are no more.
  using Give = std::function<void(std::size_t group, std::string_view bytes)>;
  bool SaveSome(std::size_t entries, const Give& give);
  bool Load(std::string_view records);
  void EndLoad();

 private:
  void ReadDue(std::size_t shard);
  void TakeMarker(std::size_t shard);
  static std::size_t GroupEnd(const ShardWork& work, std::size_t begin,
                              std::size_t end);
  void LookAhead(const ShardWork& work, std::size_t step, std::size_t begin,
                 std::size_t end);
  void ApplyRanges(const Slice& slice, std::uint32_t stratum, std::size_t begin,
                   std::size_t end, ShardWork* work, ShardOutput* out);

  std::vector<Shard> shards_;
  SaveMarker marker_;
  std::size_t next_saved_ = limits::kShards;  // Those before are done.
  std::string records_;                       // Of SaveSome(), for its room.
  // By stratum, of each shard.
  std::vector<std::vector<std::int64_t>> due_us_;
};

}  // namespace tocsin
