// The tests of conditions that are decided when the events are gone: a
// conjunct of a sequence's `where`, over values that its steps left behind, and
// a test over aggregates. No field of an event can be read here: it is missing.
//
// Confined to one worker. Makes what it needs on first use and keeps it; small
// whatever the size of the rule set, so a shard may have its own.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "engine/program/rule_set.h"

namespace tocsin {

// What the steps of one partial match left behind.
class StepValues {
 public:
  virtual ~StepValues() = default;
  // The encoding of RuleProgram::captures[capture] as the event at `step` (into
  // ConditionProgram::steps) gave it; empty: missing. Must stay where it is
  // until the test is decided.
  virtual std::string_view Of(std::uint32_t step,
                              std::uint32_t capture) const = 0;
};

struct AggregateValue {
  bool missing = true;  // Of no values: avg, min, max, median, percentile.
  bool is_int = false;
  std::int64_t i = 0;
  double f = 0;
};

class ConditionTests {
 public:
  // `rules` outlives it.
  explicit ConditionTests(const RuleSet* rules);
  ~ConditionTests();
  ConditionTests(ConditionTests&&) noexcept;
  ConditionTests& operator=(ConditionTests&&) noexcept;

  // Of StepTest::test.
  bool StepHolds(ExprId test, const StepValues& values);
  // Of ConditionProgram::test; `values` by RuleProgram::aggregates.
  bool AggregatesHold(ExprId test, std::span<const AggregateValue> values);

 private:
  struct Impl;
  Impl& Made();

  const RuleSet* rules_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tocsin
