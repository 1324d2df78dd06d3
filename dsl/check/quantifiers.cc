// any c in P (E), all, none, and count c in P (E), which is a number.
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/expr_checker.h"
#include "dsl/check/types.h"

namespace tocsin::dsl {

Value ExprChecker::Quantifier(const cst::Expr& expr, const Scope& scope) {
  const Span span = SpanOf(expr, scope);
  Value domain = Check(expr.children[0], scope);
  Binding binding;
  binding.name = expr.variable.text;
  binding.slot = slots_;
  bool whole = !domain.bad;
  if (whole) {
    const Type& type = domain.expr.type;
    if (type.kind == TypeKind::kList) {
      binding.type = type.element[0];
    } else if (type.kind != TypeKind::kAny) {
      report_
          .Emit(Kind::kWrongType, domain.expr.span,
                absl::StrFormat("`%s .. in` looks at the elements of a list, "
                                "and this is %s",
                                expr.text, AType(type)))
          .help = type.kind == TypeKind::kMap || type.kind == TypeKind::kObject
                      ? "keys_of(..) and values_of(..) give lists"
                      : "";
      whole = false;
    }
  }
  if (scope.schema != nullptr &&
      (context_.symbols.lets.contains(expr.variable.text) ||
       context_.symbols.lists.contains(expr.variable.text) ||
       FindField(scope.schema->type, expr.variable.text) != nullptr)) {
    report_.Emit(Kind::kShadowedName, SpanOf(expr.variable, scope),
                 absl::StrFormat("`%s` hides a field, let or list of that name",
                                 expr.variable.text));
  }
  Scope inner = scope;
  inner.outer = &scope;
  inner.bindings.clear();
  if (!whole) {
    binding.kind = Binding::Kind::kParameter;  // Of no known value.
  }
  inner.bindings.push_back(std::move(binding));
  ++slots_;
  Value body = Condition(expr.children[1], inner);
  --slots_;
  if (!whole || body.bad) return Bad(span);
  const ExprOp op = expr.text == "all"    ? ExprOp::kAll
                    : expr.text == "none" ? ExprOp::kNone
                    : expr.text == "any"  ? ExprOp::kAny
                                          : ExprOp::kCount;
  Value value;
  value.expr =
      Make(op, op == ExprOp::kCount ? TypeKind::kInt : TypeKind::kBool, span);
  value.expr.slot = slots_;
  value.expr.children.push_back(std::move(domain.expr));
  value.expr.children.push_back(std::move(body.expr));
  return value;
}

}  // namespace tocsin::dsl
