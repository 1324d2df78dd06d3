// Literals, and/or/??, not, minus and arithmetic.
#include <cctype>
#include <cstdint>
#include <limits>
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/constants.h"
#include "dsl/check/expr_checker.h"
#include "dsl/check/types.h"

namespace tocsin::dsl {

Value ExprChecker::Literal(const cst::Expr& expr, const Scope& scope) {
  const Span span = SpanOf(expr, scope);
  Value value;
  value.expr = Make(ExprOp::kConst, TypeKind::kAny, span);
  if (!LiteralValue(expr.literal, &value.expr.constant,
                    &value.expr.type.kind)) {
    report_
        .Emit(Kind::kBadConstant, span,
              absl::StrFormat("`%s` is too large, or no %s", expr.literal.text,
                              expr.literal.kind == cst::LiteralKind::kAddress
                                  ? "address"
                                  : "number"))
        .help = "numbers are held in 64 bits";
    return Bad(span);
  }
  if (expr.literal.kind == cst::LiteralKind::kAddress &&
      HasHostBits(expr.literal.text)) {
    const std::string meant = FormatConstant(value.expr.constant);
    Diagnostic& d = report_.Emit(
        Kind::kHostBits, span,
        absl::StrFormat("`%s` has bits set behind its prefix; it is %s",
                        expr.literal.text, meant));
    d.fix = Fix{span, meant};
  }
  return value;
}

Value ExprChecker::Junction(const cst::Expr& expr, const Scope& scope) {
  const Span span = SpanOf(expr, scope);
  if (expr.op == "??") {
    std::vector<Value> values;
    for (const cst::Expr& child : expr.children) {
      values.push_back(Check(child, scope));
    }
    return Coalesce(std::move(values), span, scope);
  }
  Make(ExprOp::kAnd, TypeKind::kBool, span);  // Counted.
  std::vector<CheckedExpr> parts;
  bool bad = false;
  for (const cst::Expr& child : expr.children) {
    Value part = Condition(child, scope);
    bad = bad || part.bad;
    parts.push_back(std::move(part.expr));
  }
  if (bad) return Bad(span);
  Value value;
  value.expr = MakeJoin(expr.op == "or" ? ExprOp::kOr : ExprOp::kAnd,
                        std::move(parts), span);
  return value;
}

Value ExprChecker::Coalesce(std::vector<Value> values, Span span,
                            const Scope& scope) {
  Value value;
  value.expr = Make(ExprOp::kCoalesce, TypeKind::kAny, span);
  value.optional = true;
  bool first = true;
  for (Value& part : values) {
    if (part.bad) return Bad(span);
    const Type& type = part.expr.type;
    Type& common = value.expr.type;
    if (first) {
      common = type;
    } else if (IsNumber(common.kind) && IsNumber(type.kind)) {
      if (type.kind != common.kind) common = MakeType(TypeKind::kFloat);
    } else if (type.kind != common.kind) {
      const bool any =
          type.kind == TypeKind::kAny || common.kind == TypeKind::kAny;
      if (!any && !scope.text) {
        report_
            .Emit(Kind::kWrongType, part.expr.span,
                  absl::StrFormat("%s where the value before is %s",
                                  AType(type), AType(common)))
            .help = "the values around `??` are of one type";
        return Bad(span);
      }
      common = MakeType(TypeKind::kAny);
    }
    first = false;
    value.optional = value.optional && part.optional;
    value.expr.children.push_back(std::move(part.expr));
  }
  return value;
}

Value ExprChecker::Unary(const cst::Expr& expr, const Scope& scope) {
  const Span span = SpanOf(expr, scope);
  if (expr.op == "not") {
    Value value = Condition(expr.children[0], scope);
    if (value.bad) return Bad(span);
    Make(ExprOp::kNot, TypeKind::kBool, span);
    value.expr = MakeNot(std::move(value.expr), span);
    value.field = nullptr;
    return value;
  }
  Value value = Check(expr.children[0], scope);
  if (value.bad) return Bad(span);
  const TypeKind kind = value.expr.type.kind;
  Constant& constant = value.expr.constant;
  if (value.expr.op == ExprOp::kConst) {
    if (auto* number = std::get_if<std::int64_t>(&constant.value)) {
      *number = -*number;
      value.expr.span = span;
      return value;
    }
    constexpr std::uint64_t kLowest = std::uint64_t{1} << 63;
    if (const auto* number = std::get_if<std::uint64_t>(&constant.value);
        number != nullptr && *number == kLowest) {
      constant.value = std::numeric_limits<std::int64_t>::min();
      value.expr.span = span;
      return value;
    }
    if (auto* number = std::get_if<double>(&constant.value)) {
      *number = -*number;
      value.expr.span = span;
      return value;
    }
  }
  if (!IsNumber(kind) && kind != TypeKind::kDuration &&
      kind != TypeKind::kAny) {
    report_.Emit(Kind::kWrongType, span,
                 absl::StrFormat("minus %s", AType(value.expr.type)));
    return Bad(span);
  }
  CheckedExpr negated = Make(ExprOp::kNegate, kind, span);
  negated.children.push_back(std::move(value.expr));
  value.expr = std::move(negated);
  value.field = nullptr;
  return value;
}

namespace {

ExprOp ArithmeticOp(std::string_view op) {
  if (op == "+") return ExprOp::kAdd;
  if (op == "-") return ExprOp::kSubtract;
  if (op == "*") return ExprOp::kMultiply;
  return op == "/" ? ExprOp::kDivide : ExprOp::kModulo;
}

// The type of `a op b`; false when it has none. The quotient of two whole
// numbers is a float, so that a ratio is what it looks like.
bool ArithmeticType(ExprOp op, TypeKind a, TypeKind b, TypeKind* result) {
  using K = TypeKind;
  const bool sum = op == ExprOp::kAdd || op == ExprOp::kSubtract;
  if (a == K::kAny || b == K::kAny) {
    const auto fits = [](K k) {
      return k == K::kAny || IsNumber(k) || k == K::kTime || k == K::kDuration;
    };
    *result = K::kAny;
    return fits(a) && fits(b);
  }
  if (IsNumber(a) && IsNumber(b)) {
    const bool whole = a == K::kInt && b == K::kInt && op != ExprOp::kDivide;
    *result = whole ? K::kInt : K::kFloat;
    return true;
  }
  if (a == K::kDuration && b == K::kDuration) {
    *result = op == ExprOp::kDivide ? K::kFloat : K::kDuration;
    return op != ExprOp::kMultiply;
  }
  if (a == K::kTime && b == K::kTime) {
    *result = K::kDuration;
    return op == ExprOp::kSubtract;
  }
  if (a == K::kTime && b == K::kDuration) {
    *result = K::kTime;
    return sum;
  }
  if (a == K::kDuration && b == K::kTime) {
    *result = K::kTime;
    return op == ExprOp::kAdd;
  }
  *result = K::kDuration;
  if (a == K::kDuration && IsNumber(b)) {
    return op == ExprOp::kMultiply || op == ExprOp::kDivide;
  }
  return IsNumber(a) && b == K::kDuration && op == ExprOp::kMultiply;
}

}  // namespace

// 2026-12-31 without quotes: a subtraction of three whole numbers that touch.
bool ExprChecker::BareDate(const cst::Expr& expr, const Scope& scope) {
  const auto whole = [](const cst::Expr& e) {
    return e.kind == cst::ExprKind::kLiteral &&
           e.literal.kind == cst::LiteralKind::kInt;
  };
  if (expr.op != "-" || expr.children[0].kind != cst::ExprKind::kBinary ||
      expr.children[0].op != "-" || !whole(expr.children[1]) ||
      !whole(expr.children[0].children[0]) ||
      !whole(expr.children[0].children[1])) {
    return false;
  }
  const Span span = SpanOf(expr, scope);
  const std::string text = context_.Text(span);
  std::int64_t day = 0;
  if (!ParseDay(text, &day)) return false;
  const std::string meant = absl::StrFormat("time(\"%sT00:00:00Z\")", text);
  Diagnostic& d = report_.Emit(
      Kind::kBareDate, span,
      absl::StrFormat("`%s` without quotes is a subtraction", text));
  d.help = absl::StrFormat("write %s", meant);
  d.fix = Fix{span, meant};
  return true;
}

Value ExprChecker::Arithmetic(const cst::Expr& expr, const Scope& scope) {
  const Span span = SpanOf(expr, scope);
  if (BareDate(expr, scope)) return Bad(span);
  Value left = Check(expr.children[0], scope);
  Value right = Check(expr.children[1], scope);
  if (left.bad || right.bad) return Bad(span);
  const ExprOp op = ArithmeticOp(expr.op);
  TypeKind kind = TypeKind::kAny;
  if (!ArithmeticType(op, left.expr.type.kind, right.expr.type.kind, &kind)) {
    report_
        .Emit(Kind::kWrongType, span,
              absl::StrFormat("`%s` between %s and %s", expr.op,
                              AType(left.expr.type), AType(right.expr.type)))
        .help =
        "arithmetic takes numbers, times and durations; int(..) and "
        "float(..) read a text";
    return Bad(span);
  }
  Value value;
  value.expr = Make(op, kind, span);
  value.optional = left.optional || right.optional || op == ExprOp::kDivide ||
                   op == ExprOp::kModulo;
  value.expr.children.push_back(std::move(left.expr));
  value.expr.children.push_back(std::move(right.expr));
  return value;
}

}  // namespace tocsin::dsl
