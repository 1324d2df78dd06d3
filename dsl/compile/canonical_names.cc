#include "dsl/compile/canonical_names.h"

namespace tocsin::dsl {

std::string_view OpName(ExprOp op) {
  switch (op) {
    case ExprOp::kConst:
      return "const";
    case ExprOp::kList:
      return "list";
    case ExprOp::kPath:
      return "path";
    case ExprOp::kVariable:
      return "var";
    case ExprOp::kDerived:
      return "derived";
    case ExprOp::kEventTime:
      return "ts";
    case ExprOp::kNot:
      return "not";
    case ExprOp::kAnd:
      return "and";
    case ExprOp::kOr:
      return "or";
    case ExprOp::kEq:
      return "==";
    case ExprOp::kLess:
      return "<";
    case ExprOp::kLessEq:
      return "<=";
    case ExprOp::kGreater:
      return ">";
    case ExprOp::kGreaterEq:
      return ">=";
    case ExprOp::kIn:
      return "in";
    case ExprOp::kInRange:
      return "range";
    case ExprOp::kContains:
      return "contains";
    case ExprOp::kStartsWith:
      return "startswith";
    case ExprOp::kEndsWith:
      return "endswith";
    case ExprOp::kLike:
      return "like";
    case ExprOp::kMatches:
      return "matches";
    case ExprOp::kExists:
      return "exists";
    case ExprOp::kCoalesce:
      return "??";
    case ExprOp::kAdd:
      return "+";
    case ExprOp::kSubtract:
      return "-";
    case ExprOp::kMultiply:
      return "*";
    case ExprOp::kDivide:
      return "/";
    case ExprOp::kModulo:
      return "%";
    case ExprOp::kNegate:
      return "neg";
    case ExprOp::kCall:
      return "call";
    case ExprOp::kAny:
      return "any";
    case ExprOp::kAll:
      return "all";
    case ExprOp::kNone:
      return "none";
    case ExprOp::kCount:
      return "count";
    case ExprOp::kLookup:
      return "lookup";
    case ExprOp::kStep:
      return "step";
    case ExprOp::kStepCount:
      return "steps";
    case ExprOp::kAggregate:
      return "aggregate";
    case ExprOp::kKey:
      return "key";
    case ExprOp::kCollected:
      return "collected";
    case ExprOp::kShown:
      return "shown";
    case ExprOp::kAlertField:
      return "alert";
  }
  return "?";
}

std::string_view ConditionWord(CheckedCondition::Kind kind) {
  switch (kind) {
    case CheckedCondition::Kind::kFilter:
      return "filter";
    case CheckedCondition::Kind::kAggregates:
      return "within";
    case CheckedCondition::Kind::kSequence:
      return "then";
    case CheckedCondition::Kind::kThenNot:
      return "then-not";
    case CheckedCondition::Kind::kNotThen:
      return "not-then";
    case CheckedCondition::Kind::kPartsOf:
      return "of";
    case CheckedCondition::Kind::kNew:
      return "new";
    case CheckedCondition::Kind::kSilent:
      return "silent";
    case CheckedCondition::Kind::kAnd:
      return "and";
    case CheckedCondition::Kind::kOr:
      return "or";
  }
  return "?";
}

}  // namespace tocsin::dsl
