// What a condition means for whoever waits for its alerts and pays for its
// memory: what kind it is, when it is decided, what a key keeps.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dsl/check/checked.h"

namespace tocsin::dsl {

// "count over a sliding window", "a sequence of 3 steps"
std::string KindText(const CheckedRule& rule);
// "monotone: ..." or why not.
std::string MonotoneText(const CheckedCondition& condition);
// When an alert is told, from the time of the event that completes it; with
// what rules that are read add.
std::string LatencyText(const CheckedRules& rules, const CheckedRule& rule);

struct StateBound {
  std::vector<std::string> parts;  // "27 timestamps", "61 panes"
  std::uint64_t bytes = 0;         // At worst, of one key.
};
// While the lateness is at most the window (docs/decisions).
StateBound BoundOf(const CheckedRule& rule);

}  // namespace tocsin::dsl
