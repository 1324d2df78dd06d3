// One of the 1,024 virtual shards: owns its keys, holds, deadlines, duplicates
// and evictions, and applies the sequence in order. Which shard a row belongs
// to follows from the rule and the key alone, so no result depends on threads.
//
// Confined: one step at a time, handed over between threads by the executor.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/base/limits.h"
#include "engine/match/condition_tests.h"
#include "engine/shard/dedup.h"
#include "engine/shard/rule_state.h"
#include "engine/shard/saved_record.h"
#include "engine/shard/slice.h"

namespace tocsin {

// One shard for every key of a rule that LivesWhole().
std::uint32_t ShardOf(const RuleProgram& rule, std::uint64_t key_hash);

class Shard {
 public:
  Shard() = default;
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  // From the next slice on, `rules` hold: state of a rule whose uid is
  // unchanged stays, the rest is dropped. `rules` outlives its use.
  void Adopt(const RuleSet* rules);
  // `rows`: those of the slice that are this shard's and of rules of `stratum`,
  // in order. A slice is applied stratum by stratum, from 0.
  void Apply(const Slice& slice, std::uint32_t stratum,
             std::span<const RowRef> rows, ShardOutput* out);
  // Steps of looking ahead for a row that Apply() will get soon, each some rows
  // after the one before it: state is where nobody has been for long, and what
  // leads to it is fetched while others are worked on.
  void PrefetchRule(const MatchedRow& row) const { states_.prefetch(row.rule); }
  void PrefetchTable(const MatchedRow& row) const;
  void PrefetchSlot(const MatchedRow& row) const;
  void PrefetchWindow(const MatchedRow& row);
  // A member of a rule for silence, to be waited for from `us` on unless it is
  // known already.
  void Arm(std::uint32_t rule, std::string_view key, std::uint64_t key_hash,
           std::int64_t us);
  // When the next deadline of a stratum is due; INT64_MAX when there is none.
  std::int64_t next_due_us(std::uint32_t stratum) const {
    return strata_[stratum]->timers.next_us();
  }
  // Adds the state of every rule in bytes to *bytes, by rule.
  void AddBytes(std::vector<std::uint64_t>* bytes) const;
  // Keys of a rule; and adds those of every rule to *keys, by rule.
  std::size_t keys(std::uint32_t rule) const;
  void AddKeys(std::vector<std::uint64_t>* keys) const;
  std::size_t timers() const;

  // ---- checkpoints, in the records of docs/reference/state.md ----
  // From now on it is noted what changes.
  void TurnSavingOn() { saving_.TurnOn(); }
  // The marker that it stands behind.
  std::uint64_t marker() const { return marker_; }
  // Between two slices: what has changed (or everything) is to be saved as it
  // is now. Everything of the marker before it has been saved.
  void BeginSave(std::uint64_t marker, bool whole);
  // Appends the records of at most so many entries, and of those that changed
  // meanwhile; how many. Saved() once there are no more.
  std::size_t SaveSome(std::size_t most, std::string* out);
  bool saved() const { return !saving_.saving(); }
  // After Adopt(): takes the records up to the next shard's, those of rules
  // with another uid passed over; false when they are none. Then EndLoad().
  bool Load(std::string_view* records);
  void EndLoad();

 private:
  // What the rules of one stratum share. Strata go through a slice one after
  // the other: what depends on the order of rows must not be common to two.
  struct Stratum {
    Timers timers;
    SampleRing samples;
    Dedup dedup;
    std::uint64_t plan_from = 0;  // Of the BudgetPlan that holds.
  };

  RuleState::Shared SharedOf(std::uint32_t stratum);
  RuleState* StateOf(std::uint32_t rule);  // Made when it is not there.
  RuleState* Find(std::uint32_t rule) const;
  void Decide(const Slice& slice, std::int64_t clock_us, std::uint32_t stratum,
              ShardOutput* out);
  void TakePlan(const Slice& slice, std::uint64_t position,
                std::uint32_t stratum, ShardOutput* out);
  bool LoadRecord(const SavedRecord& record, RuleState* state);

  const RuleSet* rules_ = nullptr;
  std::optional<ConditionTests> tests_;
  BlockPool pool_;
  std::vector<std::unique_ptr<Stratum>> strata_;
  RowValues values_;
  absl::flat_hash_map<std::uint32_t, std::unique_ptr<RuleState>> states_;
  Saving saving_;
  std::uint64_t marker_ = 0;
  std::string records_;                  // Not given to SaveSome() yet.
  std::vector<RuleState*> to_be_saved_;  // Of the marker.
};

}  // namespace tocsin
