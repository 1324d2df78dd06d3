// A rule set as it means: every name resolved, every expression typed, lets
// expanded, defaults and exceptions in their place. What Compile() turns into
// programs, what the reference evaluator of the tests walks, what explain
// shows.
//
// Sugar that Check() removes, so that no reader downstream meets it:
//   a != b              Not(Eq)
//   a not in b, ...     Not(...)
//   all(a) != b, ...    kAll over the elements, its body Not(...)
//   401 == a            Eq(a, 401)
//   x == [..], x == L   kIn
//   x in [a.b, "c"]     Or(Eq(x, a.b), In(x, ["c"]))
//   count() > b         threshold b + 1
//   a (any) as a test   Eq(a, true)
//   let, let(x)         expanded
//   coalesce(a, b)      kCoalesce; exists() of it: Or of exists
//   x == ADDRESS, TIME  x a text or any: kCall(ip|time) around it; the constant
//                       parsed; in a list with networks addresses are networks
//   max(E) >= v         count(E >= v) >= 1, and min(E) <= v likewise
//   sum(E) > v          sum(E) >= least, where E never falls below zero
//   unless P until D    the part's expression is And(P, ts < D)
//   (a and (b and c))   flat n-ary kAnd, kOr
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dsl/check/checked_test.h"
#include "dsl/source/source_file.h"
#include "engine/event/type.h"
#include "engine/event/value.h"
#include "engine/program/function.h"

namespace tocsin::dsl {

enum class ExprOp : std::uint8_t {
  kConst,     // constant (a ConstantList for an inline list)
  kList,      // list: index into CheckedRules::lists
  kPath,      // path, from the event, or from children[0] when there is one.
              //   A path with [*] gives the list of what it reaches, flattened.
              //   A declared time, ip, cidr, duration reads its JSON text
              //   converted.
  kVariable,  // slot: the element bound by a quantifier
  kDerived,   // derived: index into the schema's derives
  kEventTime,  // ts
  kNot,
  kAnd,
  kOr,
  kEq,
  kLess,
  kLessEq,
  kGreater,
  kGreaterEq,
  kIn,  // children[1]: kConst list, kList, a constant cidr, or any list-valued
        // expression
  kInRange,  // children[1] <= children[0] <= children[2]
  kContains,
  kStartsWith,
  kEndsWith,
  kLike,
  kMatches,   // children[1]: text, list, or expression;
              //   a list means any of it (all: each of it). kMatches: constant
              //   patterns only.
  kExists,    // children[0] is a kPath (or kDerived, or a kVariable)
  kCoalesce,  // children..., the first that is not missing
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,  // of two numbers always a float
  kModulo,
  kNegate,
  kCall,  // function, children; hour, weekday, time_of_day always carry the
          // zone as a constant
  kAny,
  kAll,
  kNone,
  kCount,   // quantifier: slot; children[0] domain, children[1] body
  kLookup,  // index: into CheckedRules::tables; children: the key's parts;
            //   column: what is read, kWholeRow: whether the row is there
  // Of a rule with events, in texts, `show`, `severity if`, `risk`, `collect`
  // and a sequence's `where`:
  kStep,       // index: event; pick; children[0]: in the event's schema
  kStepCount,  // index: event
  // In a condition's `test` only:
  kAggregate,  // index: into the condition's aggregates
  // In templates, `severity if` and `risk` only:
  kKey,         // index: key part
  kCollected,   // index
  kShown,       // index into the rule's own show
  kAlertField,  // alert_field
};

// How a test treats a left side that is a list: `x == v` any, all(x) == v,
// none(x) == v. kAll is false on an empty or missing list; kNone true.
enum class Elements : std::uint8_t { kAny, kAll, kNone };

enum class AlertField : std::uint8_t {
  kCount,
  kTotal,
  kFolded,
  kTime,
  kRule,
  kSeverity
};

// Which of a step's events is read: `bound.x` and `last(bound).x` the newest,
// `first(bound).x` the oldest. In a sequence's `where` kNewest stands for each.
enum class StepPick : std::uint8_t { kNewest, kOldest };

inline constexpr std::uint32_t kWholeRow = 0xFFFFFFFF;

struct CheckedExpr {
  ExprOp op = ExprOp::kConst;
  Type type;
  Span span;
  std::vector<CheckedExpr> children;
  Constant constant;
  FieldPath path;
  std::uint32_t list = 0;
  std::uint32_t slot =
      0;  // Quantifiers number their variables from 0, outermost first.
  std::uint32_t derived = 0;
  std::uint32_t index = 0;
  Function function = Function::kLower;
  std::uint32_t column = kWholeRow;  // kLookup
  StepPick pick = StepPick::kNewest;
  AlertField alert_field = AlertField::kCount;
  Elements elements = Elements::kAny;
  bool all = false;  // contains all [...]
  bool nocase = false;
};

struct CheckedTemplate {
  struct Part {
    std::string text;
    std::optional<CheckedExpr> hole;
  };
  std::vector<Part> parts;
};

struct CheckedList {
  std::string name;
  TypeKind element = TypeKind::kString;
  std::vector<Constant> values;
  std::string file;  // Where it was read from, or empty.
  Span span;
};

struct CheckedTimeSource {
  FieldPath path;
  TimeFormat format = TimeFormat::kRfc3339;
  std::string pattern;
};

struct CheckedField {  // derive NAME TYPE = E, show E as NAME
  std::string name;
  CheckedExpr expr;
};

struct CheckedSchema {
  std::string name;
  Type type;  // kObject
  std::vector<CheckedTimeSource> times;
  bool identity_position = false;
  std::vector<FieldPath> identity;
  std::vector<std::string> unwrap;  // Keys of envelopes: items, Records.
  std::optional<CheckedExpr> match;
  std::vector<CheckedField> derives;
  std::vector<CheckedField> shows;
  std::optional<CheckedExpr> default_where;
  std::vector<FieldPath> default_unless_mentioned;
  bool built_in = false;
  // Of the alerts of this rule or signal (`from R`), or of all rules that are
  // no signals and do not read `alert` themselves, directly or through others
  // ("alert"): such a schema takes no events of a source. Its `type` has a
  // field for each key, collect and show of the rule, and
  // count total time severity risk rule tags id; of two of one name the fixed
  // one is told, then the key, the collect, the rule's show, the schema's.
  std::string alerts_of;
  Span span;
};

// A table from a file: looked up by its whole key.
struct CheckedTable {
  struct Column {
    std::string name;
    Type type;  // Scalar.
    bool optional = false;
  };
  std::string name;
  std::vector<Column> columns;
  std::vector<std::uint32_t> key;           // Into columns, as written.
  std::vector<std::vector<Constant>> rows;  // A missing value: monostate.
  std::string file;
  Span span;
};

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
