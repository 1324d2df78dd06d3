// One of the 1,024 virtual shards: owns its keys, holds, deadlines, duplicates
// and evictions, and applies the sequence in order. Which shard a row belongs
// to follows from the rule and the key alone, so no result depends on threads.
//
// Confined: one step at a time, handed over between threads by the executor.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/base/limits.h"
#include "engine/shard/dedup.h"
#include "engine/shard/rule_state.h"
#include "engine/shard/slice.h"

namespace tocsin {

// Rules with at most limits::kWholeRuleKeys keys live whole in one shard.
std::uint32_t ShardOf(const RuleProgram& rule, std::uint64_t key_hash);

class Shard {
 public:
  Shard() = default;
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  // From the next slice on, `rules` hold: state of a rule whose uid is
  // unchanged stays, the rest is dropped. `rules` outlives its use.
  void Adopt(const RuleSet* rules);
  // `rows`: those of the slice that are this shard's, in order.
  void Apply(const Slice& slice, std::span<const std::uint32_t> rows,
             ShardOutput* out);
  // When the next deadline is due; INT64_MAX when there is none.
  std::int64_t next_due_us() const { return timers_.next_us(); }
  // Keys of a rule; and adds those of every rule to *keys, by rule.
  std::size_t keys(std::uint32_t rule) const;
  void AddKeys(std::vector<std::uint64_t>* keys) const;
  std::size_t timers() const { return timers_.size(); }
  // Nothing to save.
  bool IsFresh() const { return states_.empty() && dedup_.size() == 0; }

  // The state in the encoding of docs/reference/state.md. Load() follows
  // Adopt(); it takes the rules whose uid it knows, and gives false when the
  // bytes are not such a state.
  void Save(std::string* out);
  bool Load(std::string_view bytes);

 private:
  RuleState* StateOf(std::uint32_t rule);
  void Decide(const Slice& slice, std::int64_t clock_us, ShardOutput* out);

  const RuleSet* rules_ = nullptr;
  BlockPool pool_;
  SampleRing samples_;
  Timers timers_;
  Dedup dedup_;
  RowValues values_;
  absl::flat_hash_map<std::uint32_t, std::unique_ptr<RuleState>> states_;
};

}  // namespace tocsin
