// Checked expressions: every name resolved, typed, lets expanded.
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

}  // namespace tocsin::dsl
