// What a rule asks of the events of a key: aggregates, windows, and the tree of
// its condition, as dsl/compile makes it and engine/window decides it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/event/extract.h"
#include "engine/program/expr.h"

namespace tocsin {

inline constexpr std::uint32_t kNoEvent = 0xFFFFFFFF;

struct AggregateProgram {
  enum class Kind : std::uint8_t {
    kCount,
    kDistinct,
    kSum,
    kAvg,
    kMin,
    kMax,
    kMedian,
    kPercentile,
    kNew,  // The tuples of a `new(..)`.
  };
  Kind kind = Kind::kCount;
  std::uint32_t event = kNoEvent;    // Only of this event.
  std::uint16_t schema = kNoSchema;  // Only of events of this schema, if any.
  ExprId filter = kNoExpr;
  std::vector<ExprId> values;
  std::uint64_t threshold = 1;  // kCount, kDistinct
  double least = 0;             // kSum, kMax: >= least.
  double percent = 0;           // kPercentile
  // The threshold of the completing event, at most `threshold`: a number.
  ExprId threshold_of = kNoExpr;
};

enum class WindowKind : std::uint8_t {
  kSliding,
  kTumbling,
  kHopping,
  kSession
};

struct StepProgram {
  std::uint32_t event = 0;
  std::uint32_t run = 1;
};

// One conjunct of a sequence's `where`: decided as soon as its steps are
// known. In it Op::kStepValue's index is a capture, its `step` the step.
struct StepTest {
  ExprId test = kNoExpr;
  std::vector<std::uint32_t> steps;  // Into ConditionProgram::steps, ascending.
};

struct ConditionProgram {
  enum class Kind : std::uint8_t {
    kFilter,
    kAggregates,
    kSequence,
    kThenNot,
    kNotThen,
    kPartsOf,
    kNew,
    kSilent,
    kAnd,
    kOr,
  };
  Kind kind = Kind::kFilter;
  WindowKind window = WindowKind::kSliding;
  std::int64_t length_us = 0;
  std::int64_t step_us = 0;  // Of hopping; of a session its gap.
  std::string zone;          // Of tumbling; empty: the epoch.
  // kAggregates, and kNew (one): RuleProgram::aggregates[first, first + count).
  std::uint32_t first_aggregate = 0, aggregate_count = 0;
  // Over Op::kAggregate (index: into RuleProgram::aggregates); kNoExpr: each
  // aggregate has reached its threshold.
  ExprId test = kNoExpr;
  std::vector<StepProgram> steps;  // kThenNot, kNotThen: two.
  std::uint64_t without = 0;       // Events, as bits.
  std::vector<StepTest> where;
  std::uint32_t least = 0;    // kPartsOf
  std::int64_t learn_us = 0;  // kNew
  std::vector<ConditionProgram> children;
};

}  // namespace tocsin
