// What the shards see of a chunk: the rows that matched, and the clock as of
// every event; and what they give back.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "engine/alert/detection.h"
#include "engine/match/match.h"
#include "engine/program/rule_set.h"
#include "engine/shard/budget.h"

namespace tocsin {

// A matched row: of the chunk's events, or of alerts that rules read.
struct RowRef {
  const MatchResult* matched = nullptr;
  std::uint32_t row = 0;  // Into matched->rows.
};

// A stretch of the sequence, stamped by the clock stage. Borrowed for the step.
struct Slice {
  const RuleSet* rules = nullptr;
  std::uint64_t first_position = 1;      // Of clocks[0].
  std::span<const std::int64_t> clocks;  // As of each event; never falls.
  std::int64_t clock_us = 0;             // Behind the last of them.
  // By rule: the time of the first event that reached the rule set after the
  // rule was first loaded; kNotStarted before it.
  std::span<const std::int64_t> started_us;
  // The state budget (budget.h): what changes before this position is counted
  // apart, and the plan that begins to hold within the slice, if any.
  std::uint64_t budget_point = 0;
  const BudgetPlan* budget_plan = nullptr;

  std::uint64_t end_position() const { return first_position + clocks.size(); }
};
inline constexpr std::int64_t kNotStarted =
    std::numeric_limits<std::int64_t>::max();

// Of one rule in one slice.
struct RuleDelta {
  std::uint64_t detections = 0, alerts = 0, folded = 0, late = 0;
  std::uint64_t duplicates = 0, evictions = 0;
  std::uint64_t over_budget = 0;  // Of the evictions.
  std::int64_t keys = 0;          // More (or fewer) than before.
  // Of state, as the budget counts it; and up to Slice::budget_point.
  std::int64_t bytes = 0, bytes_before = 0;
};

// Keys, holds or times that a limit made a shard forget, at one event.
struct Eviction {
  std::uint32_t rule = 0;
  std::uint64_t position = 0;
  std::int64_t time_us = 0;  // The event's.
  std::int64_t clock_us = 0;
  std::uint64_t count = 0;
  bool over_budget = false;  // The state budget, not a limit of the rule.
};

// Reused: a steady state allocates nothing.
struct ShardOutput {
  std::vector<Detection> detections;
  std::vector<Eviction> evictions;
  std::vector<std::uint64_t> duplicates;  // Positions of events.
  std::vector<RuleDelta> deltas;          // By rule; only those touched count.
  std::uint64_t forgotten = 0;     // Identities, before their 15 minutes.
  std::uint64_t budget_point = 0;  // The slice's.
  std::vector<std::uint32_t> touched;
  std::vector<char> is_touched;

  RuleDelta* Delta(std::uint32_t rule) {
    if (is_touched[rule] == 0) {
      is_touched[rule] = 1;
      touched.push_back(rule);
    }
    return &deltas[rule];
  }
  void Clear(std::size_t rules);
};

}  // namespace tocsin
