// Finds the events that satisfy a condition among those of one key: a sequence,
// parts, or aggregates over a sliding window. Of several answers the one that
// ends earliest, and of those the one that begins latest. Confined to its
// shard.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/match/condition_tests.h"
#include "engine/program/rule_set.h"
#include "engine/window/history.h"

namespace tocsin {

// Which entry serves which step (or part) of a condition.
struct Pick {
  std::uint32_t step = 0;
  std::size_t entry = 0;
};

struct FoundRun {
  std::size_t first = 0, last = 0;  // Entries.
  std::uint64_t count = 0;          // As alerts tell it.
  std::vector<Pick> picks;          // In the order of the steps.
  // Of the evidence, when it is more than the entries that are kept.
  bool timed = false;
  std::int64_t first_us = 0, last_us = 0;
};

// Where a run may lie.
struct Reach {
  static constexpr std::size_t kNoEntry = static_cast<std::size_t>(-1);

  std::int64_t from_us = 0, to_us = 0;  // Closed.
  std::size_t through = kNoEntry;       // It must use this entry.
};

class RunSearch {
 public:
  // Both outlive it.
  RunSearch(const RuleProgram* rule, ConditionTests* tests)
      : rule_(*rule), tests_(*tests) {}

  // `condition`: kSequence, kPartsOf or kAggregates of counts and distincts
  // without a test, over a sliding window.
  bool Find(const ConditionProgram& condition,
            std::span<const History::Entry> entries, const History& history,
            const Reach& reach, FoundRun* run);
  // When the newest events that satisfy kAggregates as above no longer all lie
  // in its window; long ago when none do.
  std::int64_t EndOfNewest(const ConditionProgram& condition,
                           std::span<const History::Entry> entries,
                           const History& history);
  // Combinations that limits::kRunTries made it leave out, since construction.
  std::uint64_t given_up() const { return given_up_; }

 private:
  struct Unit {
    std::uint32_t event = 0, step = 0;
  };
  struct Partial;
  // Of an aggregate, over the entries at hand.
  struct Reached {
    std::uint64_t wanted = 0, count = 0;
    absl::flat_hash_map<std::uint64_t, std::uint32_t> values;  // Of a distinct.
  };

  bool Sequence(const ConditionProgram& condition, const Reach& reach,
                FoundRun* run);
  bool ThroughUnit(const ConditionProgram& condition, const Reach& reach,
                   std::size_t unit, std::vector<std::size_t>* chosen);
  bool Greedy(const ConditionProgram& condition, const Reach& reach,
              std::size_t unit, std::vector<std::size_t>* chosen) const;
  void Search(const ConditionProgram& condition, const Reach& reach,
              std::size_t through, std::size_t placed,
              std::vector<std::size_t>* chosen);
  bool TestsHold(const ConditionProgram& condition, std::size_t unit,
                 const std::vector<std::size_t>& chosen);
  bool IsWhole(const ConditionProgram& condition,
               const std::vector<std::size_t>& chosen) const;
  bool Parts(const ConditionProgram& condition, const Reach& reach,
             FoundRun* run);
  bool Aggregates(const ConditionProgram& condition, const Reach& reach,
                  FoundRun* run);
  void Tally(const ConditionProgram& condition, std::size_t at, bool add);
  void ClearTally();
  bool AllReached() const;
  std::uint64_t ThresholdOf(std::uint32_t aggregate, const Reach& reach) const;

  bool Is(std::size_t entry, std::uint32_t event) const {
    return (entries_[entry].events >> event & 1) != 0;
  }

  const RuleProgram& rule_;
  ConditionTests& tests_;
  std::span<const History::Entry> entries_;
  const History* history_ = nullptr;
  std::vector<Unit> units_;
  std::vector<Reached> reached_;
  std::vector<std::size_t> chosen_, found_;  // Of Sequence().
  std::vector<std::size_t> best_;            // Of a search through one unit.
  std::size_t tries_ = 0;
  std::uint64_t given_up_ = 0;
};

}  // namespace tocsin
