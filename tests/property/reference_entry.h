// What a rule keeps of one event of one key, and what a detection rests on.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/property/reference_evaluate.h"
#include "tests/property/reference_expr.h"

namespace tocsin::reference {

using EventPtr = std::shared_ptr<const Event>;

// What one event adds to one aggregate, or the tuples of a `new`.
struct Contribution {
  std::set<std::string> values;  // Different values; of a count, itself.
  std::optional<Value> number;   // Of sum, avg and the like.
  bool empty() const { return values.empty() && !number; }
};

// One event of one key, with what the rule sees in it.
struct Entry {
  EventPtr event;
  std::uint64_t ordinal = 0;  // Place among all that reached the rule.
  std::vector<bool> of;       // By event of the rule; without events, empty.
  std::map<const void*, Contribution> adds;   // By CheckedAggregate, or `new`.
  std::vector<std::vector<Value>> collected;  // By collect.
  std::map<const void*, std::uint64_t> thresholds;  // `at most N (E)`.
  bool held = false;       // Arrived in the hold that is on.
  bool fresh = false;      // A `new` was new at its arrival.
  bool completed = false;  // Its arrival was a detection.
  std::int64_t ts() const { return event->ts; }
};
using EntryPtr = std::shared_ptr<Entry>;
using Entries = std::vector<const Entry*>;  // By (ts, position).

inline bool Before(const Entry& a, const Entry& b) {
  return std::pair(a.ts(), a.ordinal) < std::pair(b.ts(), b.ordinal);
}

struct Evidence {
  Entries run;  // In time order.
  std::uint64_t count = 1;
  std::vector<Entries> steps;  // By event of the rule, where it has any.
};

// What expressions and events of one rule are read with.
struct Context {
  const dsl::CheckedRules* rules = nullptr;
  const dsl::CheckedRule* rule = nullptr;

  Scope ScopeOf(const Event& event) const;
  // With the events of `steps` under their names.
  void Name(const std::vector<Entries>& steps, Scope* scope) const;
};

}  // namespace tocsin::reference
