// A rule set as it means: every name resolved, every expression typed, lets
// expanded, defaults and exceptions in their place. What Compile() turns into
// programs, what the reference evaluator of the tests walks, what explain
// shows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/check/checked_expr.h"
#include "dsl/check/checked_schema.h"
#include "dsl/check/checked_test.h"

namespace tocsin::dsl {

struct CheckedKey {
  std::string name;
  CheckedExpr expr;
  bool missing_ok = false;
  bool each = false;
  std::optional<std::uint32_t> among;  // List.
};

// One part of a rule's filter, and where it comes from. The filter is the
// conjunction of all kSchemaDefault, kDefaultsWhere, kWhere, kEvent, and of Not
// of the rest.
struct CheckedFilter {
  enum class Origin : std::uint8_t {
    kSchemaDefault,
    kDefaultsWhere,
    kWhere,
    kDefaultsUnless,
    kUnless,
    kTuneUnless,
    kEvent,  // Of an event of the rule: its own condition.
  };
  Origin origin = Origin::kWhere;
  CheckedExpr expr;
  std::optional<std::int64_t> until_us;  // Already part of `expr`.
};

// A named filter of a rule, with its own schema and key.
struct CheckedEvent {
  std::string name;
  Span span;
  std::uint32_t schema = 0;
  // Complete: the schema's default, the rule's where and unless as they read in
  // this schema, and its own condition last.
  std::vector<CheckedFilter> filters;
  std::vector<CheckedKey> by;  // Complete: its own, else the rule's.
};

inline constexpr std::uint32_t kNoEvent = 0xFFFFFFFF;

struct CheckedAggregate {
  enum class Kind : std::uint8_t {
    kCount,
    kDistinct,
    kSum,
    kAvg,
    kMin,
    kMax,
    kMedian,
    kPercentile,
  };
  Kind kind = Kind::kCount;
  // count(NAME), distinct(NAME.x): only its events, and in its schema.
  std::uint32_t event = kNoEvent;
  std::optional<CheckedExpr> filter;  // count(P)
  std::vector<CheckedExpr> values;    // distinct(E, ...): a tuple; sum(E): one
  double percent = 0;                 // percentile(E, 95)
  // Without a `test`: >= threshold (kSum: `least`).
  std::uint64_t threshold = 1;
  double least = 0;
  // `at most N (E)`: the threshold is E of the completing event, at most
  // `threshold`; missing: never reached.
  std::optional<CheckedExpr> threshold_of;
};

// As the author writes it, and as the canonical form has it: changing one
// changes uids.
std::string_view AggregateName(CheckedAggregate::Kind kind);

struct CheckedWindow {
  enum class Kind : std::uint8_t { kSliding, kTumbling, kHopping, kSession };
  Kind kind = Kind::kSliding;
  std::int64_t length_us = 0;  // Of a session: its `max`.
  std::int64_t step_us = 0;    // Of hopping; of a session its gap.
  std::string zone;            // Of tumbling; empty: aligned to the epoch.
};

struct CheckedStep {
  std::uint32_t event = 0;  // Into CheckedRule::events.
  std::uint32_t run = 1;    // x5
};

// What must happen to a group of events. A tree: kAnd and kOr join conditions
// that have a window each.
struct CheckedCondition {
  enum class Kind : std::uint8_t {
    kFilter,      // No `when`: each event that passes.
    kAggregates,  // aggregates; test or all of their thresholds; window
    kSequence,    // steps; without; where; window.length_us
    kThenNot,     // steps {A, B}: A then not B
    kNotThen,     // steps {A, B}: not A then B
    kPartsOf,     // steps; least of them
    kNew,         // values; window.length_us: H; learn_us; of a rule with
                  //   events steps[0].event is the one whose values they are
    kSilent,      // window.length_us
    kAnd,         // children
    kOr,
  };
  Kind kind = Kind::kFilter;
  Span span;
  CheckedWindow window;
  std::vector<CheckedAggregate> aggregates;
  // A boolean over kAggregate leaves: arithmetic, ratios, `or`, <=, ==. Absent
  // when every aggregate is compared by >= alone and all must stand.
  std::optional<CheckedExpr> test;
  std::vector<CheckedStep> steps;
  std::vector<std::uint32_t> without;
  std::optional<CheckedExpr> where;  // Over kStep leaves.
  std::uint32_t least = 0;
  std::vector<CheckedExpr> values;
  std::int64_t learn_us = 0;
  std::vector<CheckedCondition> children;
};

// The condition when it is one of aggregates that share a window, else null.
inline const CheckedCondition* AggregatesOf(const CheckedCondition& condition) {
  return condition.kind == CheckedCondition::Kind::kAggregates ? &condition
                                                               : nullptr;
}

// Can only become true by adding an event: decided on arrival. All others but
// kNew wait for the clock (language.md, "Monotone").
bool IsMonotone(const CheckedCondition& condition);
// The longest window in it.
std::int64_t LongestWindow(const CheckedCondition& condition);

struct CheckedThen {
  enum class Kind : std::uint8_t { kEvery, kOncePer, kReset, kEdge, kEscalate };
  Kind kind = Kind::kEvery;
  std::int64_t hold_us = 0;
  std::vector<std::uint32_t> per;     // Key parts that are held; empty: all.
  std::vector<std::uint64_t> levels;  // kEscalate, ascending.
};

struct CheckedCollect {
  std::string name;
  CheckedExpr expr;
  std::size_t up_to = 10;
  // collect a.x: of this event only, and in its schema. Else of every event;
  // they are of one schema then.
  std::uint32_t event = kNoEvent;
};

enum class AlertSeverity : std::uint8_t {
  kInfo,
  kLow,
  kMedium,
  kHigh,
  kCritical
};

struct CheckedRule {
  std::string name;  // With its group: k8s.authn.burst_of_401s
  Span span;
  Span name_span;
  std::uint32_t schema = 0;
  bool signal = false;  // Never delivered, only read by other rules.
  // Without events: complete. With events: where and unless in the rule's own
  // schema, for explain; what runs stands in each event.
  std::vector<CheckedFilter> filters;
  std::vector<CheckedKey> by;  // With keys of the events' own: the first's.
  std::vector<CheckedEvent> events;
  CheckedCondition condition;
  CheckedThen then;
  std::vector<CheckedCollect> collects;
  std::vector<CheckedField> shows;
  std::uint64_t keys = 0;
  bool late_now = false;
  std::optional<CheckedExpr> risk;
  // severity critical if P else high: the first that holds, else `severity`.
  struct SeverityArm {
    AlertSeverity severity = AlertSeverity::kMedium;
    CheckedExpr condition;
  };
  std::vector<SeverityArm> severity_arms;
  // 0: reads sources only; else one more than the deepest rule it reads.
  std::uint32_t depth = 0;
  std::optional<CheckedTemplate> alert, title, runbook;
  AlertSeverity severity = AlertSeverity::kMedium;
  std::vector<std::string> tags, references, falsepositives;
  std::string description, owner, id;
  bool enabled = true;
};

struct CheckedRules {
  std::vector<CheckedSchema>
      schemas;  // Only those that an enabled rule reads, or that are declared.
  std::vector<CheckedList> lists;
  std::vector<CheckedTable> tables;
  std::vector<CheckedRule> rules;  // By name; disabled ones too.
  std::vector<CheckedTest> tests;  // Those without a mistake, by place.
  bool ok = false;                 // No error anywhere: may be compiled.
};

}  // namespace tocsin::dsl
