// Which construct goes where, and the bounds on depth and size.
#include "dsl/check/expr_checker.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/types.h"
#include "engine/base/limits.h"

namespace tocsin::dsl {

Value ExprChecker::Bad(Span span) const {
  Value value;
  value.expr.span = span;
  value.bad = true;
  return value;
}

void ExprChecker::BeginRule(Span name) {
  rule_span_ = name;
  nodes_ = 0;
  too_large_ = false;
  unequals_.clear();
}

CheckedExpr ExprChecker::Make(ExprOp op, TypeKind kind, Span span) {
  if (++nodes_ > limits::kExpandedNodes && !too_large_) {
    too_large_ = true;
    if (let_alone_) return {};
    report_
        .Emit(Kind::kRuleTooLarge, rule_span_,
              absl::StrFormat("more than %s parts once lets are expanded",
                              Grouped(limits::kExpandedNodes)))
        .help = "lets that use lets several times grow quickly; use lists";
  }
  CheckedExpr expr;
  expr.op = op;
  expr.type.kind = kind;
  expr.span = span;
  return expr;
}

Value ExprChecker::Check(const cst::Expr& expr, const Scope& scope) {
  const Span span = SpanOf(expr, scope);
  if (too_large_) return Bad(span);
  if (depth_ >= limits::kExpandedDepth) {
    if (!let_alone_) {
      report_.Emit(Kind::kLetsTooDeep, rule_span_,
                   absl::StrFormat("deeper than %d once lets are expanded",
                                   limits::kExpandedDepth));
    }
    return Bad(span);
  }
  ++depth_;
  Value value = Bad(span);
  switch (expr.kind) {
    case cst::ExprKind::kBad:
      break;
    case cst::ExprKind::kLiteral:
      value = Literal(expr, scope);
      break;
    case cst::ExprKind::kList:
      value = ListLiteral(expr, scope);
      break;
    case cst::ExprKind::kName:
    case cst::ExprKind::kMember:
    case cst::ExprKind::kSubscript:
    case cst::ExprKind::kWildcard:
      value = Path(expr, scope);
      break;
    case cst::ExprKind::kParen:
      value = Check(expr.children[0], scope);
      break;
    case cst::ExprKind::kCall:
      value = Call(expr, scope);
      break;
    case cst::ExprKind::kUnary:
      value = Unary(expr, scope);
      break;
    case cst::ExprKind::kBinary:
      value = expr.op == "or" || expr.op == "and" || expr.op == "??"
                  ? Junction(expr, scope)
                  : Arithmetic(expr, scope);
      break;
    case cst::ExprKind::kTest:
      value = Test(expr, scope);
      break;
    case cst::ExprKind::kQuantifier:
      value = Quantifier(expr, scope);
      break;
    case cst::ExprKind::kTuple:
      report_.Emit(Kind::kWrongType, span,
                   "several values in parentheses stand before `in` a table: "
                   "(a, b) in TABLE");
      break;
    case cst::ExprKind::kRange:
      report_.Emit(Kind::kWrongType, span, "a range stands right of `in`");
      break;
    case cst::ExprKind::kElements:
      report_
          .Emit(Kind::kWrongType, span,
                absl::StrFormat("`%s(..)` needs a test behind it", expr.text))
          .help = absl::StrFormat("`%s(path) == value`", expr.text);
      break;
    case cst::ExprKind::kAtMost:
      report_
          .Emit(Kind::kMisplaced, span,
                "`at most` bounds the threshold of a count")
          .help = "count() >= at most 1000 (limits[who].max ?? 20)";
      break;
  }
  --depth_;
  return value;
}

Value ExprChecker::Condition(const cst::Expr& expr, const Scope& scope) {
  return AsCondition(Check(expr, scope), scope);
}

Value ExprChecker::AsCondition(Value value, const Scope& scope) {
  static_cast<void>(scope);
  if (value.bad) return value;
  const Span span = value.expr.span;
  const Type& type = value.expr.type;
  if (type.kind == TypeKind::kBool) return value;
  const TypeKind tested = TestedType(type).kind;
  if (value.expr.op != ExprOp::kList && value.expr.op != ExprOp::kConst &&
      (tested == TypeKind::kAny || tested == TypeKind::kBool)) {
    CheckedExpr truth = Make(ExprOp::kConst, TypeKind::kBool, span);
    truth.constant.value = true;
    CheckedExpr test = Make(ExprOp::kEq, TypeKind::kBool, span);
    test.children.push_back(std::move(value.expr));
    test.children.push_back(std::move(truth));
    value.expr = std::move(test);
    value.field = nullptr;
    return value;
  }
  report_
      .Emit(Kind::kWrongType, span,
            absl::StrFormat("a condition is needed here, and this is %s",
                            AType(type)))
      .help = "compare it with something: ==, in, startswith, exists(..)";
  return Bad(span);
}

}  // namespace tocsin::dsl
