// Lets are expanded where they are used: the body sees its parameters and the
// rule set, never the variables of the place of use; an argument is read in
// the scope it was written in.
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/expr_checker.h"
#include "dsl/check/symbols.h"
#include "engine/base/limits.h"

namespace tocsin::dsl {

// Told at the first let of the cycle by name, so that it is told once.
void ExprChecker::ReportCycle(const std::string& name) {
  std::size_t begin = 0;
  while (expanding_[begin] != name) ++begin;
  const std::vector<std::string_view> cycle(
      expanding_.begin() + static_cast<std::ptrdiff_t>(begin),
      expanding_.end());
  std::size_t first = 0;
  for (std::size_t i = 1; i < cycle.size(); ++i) {
    if (cycle[i] < cycle[first]) first = i;
  }
  std::string chain;
  for (std::size_t i = 0; i <= cycle.size(); ++i) {
    if (i > 0) chain += " -> ";
    chain += cycle[(first + i) % cycle.size()];
  }
  const auto let = context_.symbols.lets.find(cycle[first]);
  report_
      .Emit(Kind::kCycle, let->second.span,
            absl::StrFormat("let `%s` needs itself: %s", cycle[first], chain))
      .help = "a let is expanded where it is used; it cannot use itself";
}

// The argument behind a parameter, as if it stood at the call.
Value ExprChecker::Argument(const Binding& binding) {
  const std::vector<std::string_view> inside = expanding_;
  expanding_.resize(binding.expansions);
  Value value = Check(*binding.argument, *binding.argument_scope);
  expanding_ = inside;
  return value;
}

Value ExprChecker::CheckLet(std::string_view name, const cst::LetItem& let,
                            const Scope& scope) {
  let_alone_ = true;
  expanding_.push_back(name);
  Value value = Check(let.body, scope);
  expanding_.pop_back();
  let_alone_ = false;
  return value;
}

Value ExprChecker::ExpandLet(const std::string& name, const LetSymbol& let,
                             const cst::Expr& use, const Scope& scope) {
  const Span span = SpanOf(use, scope);
  const cst::LetItem& item = *let.item;
  const bool called = use.kind == cst::ExprKind::kCall;
  if (called != item.has_parameters ||
      (called && use.children.size() != item.parameters.size())) {
    Diagnostic& d = report_.Emit(
        Kind::kArgumentCount, span,
        item.has_parameters
            ? absl::StrFormat("let `%s` takes %d argument%s, %d given", name,
                              item.parameters.size(),
                              item.parameters.size() == 1 ? "" : "s",
                              called ? use.children.size() : 0)
            : absl::StrFormat("let `%s` takes no arguments", name));
    d.notes.push_back({let.span, "declared here"});
    if (called && !item.has_parameters) d.fix = Fix{span, name};
    return Bad(span);
  }
  for (const std::string_view outer : expanding_) {
    if (outer != name) continue;
    ReportCycle(name);
    return Bad(span);
  }
  if (expanding_.size() >= static_cast<std::size_t>(limits::kNesting)) {
    if (!let_alone_) {
      report_.Emit(
          Kind::kLetsTooDeep, rule_span_,
          absl::StrFormat("lets use lets more than %d deep", limits::kNesting));
    }
    return Bad(span);
  }
  Scope body;
  body.file = let.file;
  body.schema = scope.schema;
  body.lenient = scope.lenient;
  body.events = scope.events;
  body.plain = scope.plain;
  body.let_use = scope.let_use.has_value() ? scope.let_use : span;
  for (std::size_t i = 0; i < item.parameters.size(); ++i) {
    Binding binding;
    binding.kind = Binding::Kind::kParameter;
    binding.name = item.parameters[i].text;
    binding.argument = &use.children[i];
    binding.argument_scope = &scope;
    binding.expansions = expanding_.size();
    body.bindings.push_back(std::move(binding));
    // A mistake in an argument that the body never reads is told all the same.
    if (!ReadsName(item.body, item.parameters[i].text)) {
      Check(use.children[i], scope);
    }
  }
  expanding_.push_back(name);
  Value value = Check(item.body, body);
  expanding_.pop_back();
  // The use is what a message underlines.
  value.expr.span = span;
  return value;
}

}  // namespace tocsin::dsl
