// Whether a condition stands over events of one key: every span is tried.
#pragma once

#include <cstdint>
#include <optional>

#include "tests/property/reference_entry.h"

namespace tocsin::reference {

// Can only become true by adding an event: decided on arrival. A sum without a
// test is one of values that are never below zero.
bool OnlyRises(const dsl::CheckedCondition& condition);
// The longest window in it.
std::int64_t Longest(const dsl::CheckedCondition& condition);

// Where a satisfying set is looked for.
struct Search {
  const Entry* with = nullptr;     // Must be in the set; null: any set.
  const Entry* arrived = nullptr;  // The completing event.
  std::int64_t from = INT64_MIN, to = INT64_MAX;
  std::int64_t span = INT64_MAX;  // last - first
  bool panes = false;             // Sums are over panes: the window slides.
};

inline constexpr std::int64_t kPanes = 60;
// The begin of the pane of 1/60 of `window_us` that holds `ts`.
std::int64_t PaneOf(std::int64_t ts, std::int64_t window_us);

// A monotone condition without children: of the satisfying sets the one that
// ends earliest, then begins latest.
std::optional<Evidence> Complete(const Context& context,
                                 const dsl::CheckedCondition& condition,
                                 const Entries& order, const Search& search);

// Of aggregates (reference_aggregate.cc).
std::optional<Evidence> CompleteAggregates(
    const dsl::CheckedCondition& condition, const Entries& order,
    const Search& search);
// Whether an event adds to any of the aggregates.
bool Contributes(const dsl::CheckedCondition& condition, const Entry& entry);

// Of sequences (reference_sequence.cc), with or without `without`. `last`:
// must be the set's last.
std::optional<Evidence> FindSequence(const Context& context,
                                     const dsl::CheckedCondition& condition,
                                     const Entries& order, const Search& search,
                                     const Entry* last);

// Aggregates with a test over [low, t]; what is over panes from `pane_low` on.
std::optional<Evidence> TestAggregates(const Context& context,
                                       const dsl::CheckedCondition& condition,
                                       const Entries& order, std::int64_t low,
                                       std::int64_t pane_low, std::int64_t t);

// On arrival of `e`: whether a monotone condition stands using it. `or` and
// `and` of conditions included; windows that slide.
std::optional<Evidence> StandsUsing(const Context& context,
                                    const dsl::CheckedCondition& condition,
                                    const Entries& order, const Entry& e);

// Behind the clock: over the events up to e.ts.
std::optional<Evidence> StandsAt(const Context& context,
                                 const dsl::CheckedCondition& condition,
                                 const Entries& order, const Entry& e);

// When a count, distinct, max or sum that stands will stand no more unless
// another event comes.
std::int64_t StopsAt(const dsl::CheckedCondition& condition,
                     const Entries& order);

}  // namespace tocsin::reference
