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
//   unless P until D    the part's expression is And(P, ts < D)
//   (a and (b and c))   flat n-ary kAnd, kOr
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

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
  kCount,  // quantifier: slot; children[0] domain, children[1] body
  // In templates only:
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
// conjunction of all kDefault, kDefaultsWhere, kWhere, and of Not of the rest.
struct CheckedFilter {
  enum class Origin : std::uint8_t {
    kSchemaDefault,
    kDefaultsWhere,
    kWhere,
    kDefaultsUnless,
    kUnless,
  };
  Origin origin = Origin::kWhere;
  CheckedExpr expr;
  std::optional<std::int64_t> until_us;  // Already part of `expr`.
};

struct CheckedAggregate {
  enum class Kind : std::uint8_t { kCount, kDistinct };
  Kind kind = Kind::kCount;
  std::optional<CheckedExpr> filter;  // count(P)
  std::vector<CheckedExpr> values;    // distinct(E, ...): a tuple
  std::uint64_t threshold = 1;        // >= threshold
};

// Aggregates that share one sliding window; all must stand.
struct CheckedThreshold {
  std::vector<CheckedAggregate> aggregates;
  std::int64_t window_us = 0;
};

// No condition: a filter. Further conditions become further alternatives.
using CheckedCondition = std::variant<std::monostate, CheckedThreshold>;

struct CheckedThen {
  enum class Kind : std::uint8_t { kEvery, kOncePer };
  Kind kind = Kind::kEvery;
  std::int64_t hold_us = 0;
};

struct CheckedCollect {
  std::string name;
  CheckedExpr expr;
  std::size_t up_to = 10;
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
  std::vector<CheckedFilter> filters;
  std::vector<CheckedKey> by;
  CheckedCondition condition;
  CheckedThen then;
  std::vector<CheckedCollect> collects;
  std::vector<CheckedField> shows;
  std::uint64_t keys = 0;
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
  std::vector<CheckedRule> rules;  // By name; disabled ones too.
  bool ok = false;                 // No error anywhere: may be compiled.
};

}  // namespace tocsin::dsl
