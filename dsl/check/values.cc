// Constants and inline lists of constants.
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/constants.h"
#include "dsl/check/expr_checker.h"
#include "dsl/check/list_values.h"
#include "dsl/check/types.h"

namespace tocsin::dsl {

Value ExprChecker::ConstantOf(const cst::Expr& expr, const Scope& scope) {
  Value value = Check(expr, scope);
  if (value.bad || value.expr.op == ExprOp::kConst) return value;
  report_.Emit(Kind::kNotConstant, SpanOf(expr, scope),
               "a constant is needed here");
  value.bad = true;
  return value;
}

Value ExprChecker::ListLiteral(const cst::Expr& expr, const Scope& scope) {
  std::vector<Value> items;
  items.reserve(expr.children.size());
  for (const cst::Expr& child : expr.children) {
    items.push_back(ConstantOf(child, scope));
  }
  return MakeList(std::move(items), SpanOf(expr, scope));
}

Value ExprChecker::MakeList(std::vector<Value> items, Span span) {
  Value value;
  value.expr = Make(ExprOp::kConst, TypeKind::kList, span);
  if (items.size() > context_.options.limits.list_items) {
    report_.Emit(
        Kind::kListTooLong, span,
        absl::StrFormat("%d values; a list has at most %d", items.size(),
                        context_.options.limits.list_items));
    return Bad(span);
  }
  ConstantList constants;
  constants.reserve(items.size());
  ListKind kind;
  for (Value& item : items) {
    if (item.bad) {
      value.bad = true;
    } else if (!kind.Add(item.expr.type.kind)) {
      report_
          .Emit(Kind::kMixedList, item.expr.span,
                absl::StrFormat("%s in a list of %s", AType(item.expr.type),
                                KindName(kind.kind())))
          .help = "int with float, ip with cidr may mix; nothing else";
      value.bad = true;
    } else {
      constants.push_back(std::move(item.expr.constant));
    }
  }
  if (value.bad) return Bad(span);
  kind.Settle(&constants);
  value.expr.constant.value = std::move(constants);
  value.expr.type = ListOf(MakeType(kind.kind()));
  return value;
}

}  // namespace tocsin::dsl
