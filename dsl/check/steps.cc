// Names of a rule's events: `bound.objectRef.name` in texts, `a.x` in the tests
// of a sequence; first(a).x, last(a).x and count(a) of the evidence.
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/condition.h"
#include "dsl/check/expr_checker.h"
#include "dsl/check/types.h"

namespace tocsin::dsl {
namespace {

const CheckedEvent* FindEvent(const Scope& scope, std::string_view name) {
  if (scope.events == nullptr) return nullptr;
  for (const CheckedEvent& event : *scope.events) {
    if (event.name == name) return &event;
  }
  return nullptr;
}

bool HasField(const CheckedSchema& schema, std::string_view name) {
  if (name == "ts" || FindField(schema.type, name) != nullptr) return true;
  for (const CheckedField& derived : schema.derives) {
    if (derived.name == name) return true;
  }
  return false;
}

bool IsPick(const cst::Expr& expr) {
  return expr.kind == cst::ExprKind::kCall && !expr.quoted &&
         (expr.text == "first" || expr.text == "last") &&
         expr.children.size() == 1 &&
         expr.children[0].kind == cst::ExprKind::kName;
}

}  // namespace

// The event of `a`, `first(a)`, `last(a)`; null when it is none of these.
const CheckedEvent* ExprChecker::StepOf(const cst::Expr& expr,
                                        const Scope& scope,
                                        StepPick* pick) const {
  *pick = StepPick::kNewest;
  if (scope.events == nullptr) return nullptr;
  if (expr.kind == cst::ExprKind::kName) {
    if (expr.quoted || scope.Find(expr.text) != nullptr) return nullptr;
    return FindEvent(scope, expr.text);
  }
  if (!scope.evidence || !IsPick(expr) ||
      context_.symbols.lets.contains(expr.text)) {
    return nullptr;
  }
  if (expr.text == "first") *pick = StepPick::kOldest;
  return FindEvent(scope, expr.children[0].text);
}

Value ExprChecker::StepField(const CheckedEvent& event, StepPick pick,
                             const cst::Expr& expr, const Scope& scope) {
  const Span span = SpanOf(expr, scope);
  cst::Expr name;
  name.kind = cst::ExprKind::kName;
  name.begin = expr.word.begin;
  name.end = expr.word.end;
  name.text = expr.text;
  // A field and nothing else, but the event's time.
  name.quoted = expr.quoted || expr.text != "ts";
  Scope inside;
  inside.file = scope.file;
  inside.schema = &context_.schemas[event.schema];
  inside.lenient = scope.lenient;
  CheckedExpr step = Make(ExprOp::kStep, TypeKind::kAny, span);
  step.index = static_cast<std::uint32_t>(&event - scope.events->data());
  step.pick = pick;
  return WrapStep(FieldRoot(name, inside), step, span);
}

// What `value` reads, of this step's event.
Value ExprChecker::WrapStep(Value value, const CheckedExpr& step, Span span) {
  if (value.bad) return value;
  CheckedExpr wrapped = step;
  wrapped.children.clear();
  wrapped.span = span;
  wrapped.type = value.expr.type;
  wrapped.children.push_back(std::move(value.expr));
  value.expr = std::move(wrapped);
  return value;
}

Value ExprChecker::StepAlone(const cst::Expr& expr, const Scope& scope) {
  const Span span = SpanOf(expr, scope);
  const bool pick = expr.kind == cst::ExprKind::kCall;
  if (pick) {
    if (scope.events == nullptr) {
      report_
          .Emit(Kind::kUnknownEvent, span,
                absl::StrFormat("`%s(..)` reads an event of the rule, and this "
                                "rule declares none",
                                expr.text))
          .help =
          "event NAME = .. declares one; a rule without events reads "
          "its fields as they are";
      return Bad(span);
    }
    if (!IsPick(expr)) {
      report_
          .Emit(
              Kind::kUnknownEvent, span,
              absl::StrFormat("`%s(..)` takes the name of an event", expr.text))
          .help =
          absl::StrFormat("%s(%s).ts", expr.text, ExampleEvent(*scope.events));
      return Bad(span);
    }
    const cst::Expr& name = expr.children[0];
    if (FindEvent(scope, name.text) == nullptr) {
      cst::Name written;
      written.begin = name.begin;
      written.end = name.end;
      written.text = name.text;
      return UnknownStep(written, scope);
    }
  }
  const std::string text = context_.Text(span);
  report_
      .Emit(
          Kind::kStepNeedsField, span,
          absl::StrFormat("`%s` is an event, and a value is needed here", text))
      .help = absl::StrFormat("name a field of it: %s.ts", text);
  return Bad(span);
}

Value ExprChecker::StepCount(const cst::Expr& expr, const Scope& scope) {
  const Span span = SpanOf(expr, scope);
  const bool named = expr.children.size() == 1 &&
                     expr.children[0].kind == cst::ExprKind::kName;
  if (!named) {
    report_
        .Emit(Kind::kUnknownEvent, span,
              "`count(..)` takes the name of an event")
        .help = "{count} alone is the size of the evidence";
    return Bad(span);
  }
  const cst::Expr& name = expr.children[0];
  const CheckedEvent* event = FindEvent(scope, name.text);
  if (event == nullptr) {
    cst::Name written;
    written.begin = name.begin;
    written.end = name.end;
    written.text = name.text;
    return UnknownStep(written, scope);
  }
  Value value;
  value.expr = Make(ExprOp::kStepCount, TypeKind::kInt, span);
  value.expr.index = static_cast<std::uint32_t>(event - scope.events->data());
  return value;
}

Value ExprChecker::UnknownStep(const cst::Name& name, const Scope& scope) {
  const Span span = SpanOf(name, scope);
  if (scope.lenient) return Bad(span);
  Diagnostic& d =
      report_.Emit(Kind::kUnknownEvent, span,
                   absl::StrFormat("the rule has no event `%s`", name.text));
  std::vector<std::string_view> known;
  if (scope.events != nullptr) {
    for (const CheckedEvent& event : *scope.events) known.push_back(event.name);
  }
  std::string_view nearest;
  d.help = DidYouMean(name.text, known, &nearest);
  const SymbolMap<RuleSymbol>& rules = context_.symbols.rules;
  const bool rule = rules.contains(name.text) ||
                    rules.contains(scope.file->group + "." + name.text);
  if (rule) {
    d.help = absl::StrFormat(
        "it is a rule or signal; its alerts are read as "
        "an event: event %s from %s = total >= 1",
        name.text, name.text);
  } else if (!nearest.empty()) {
    d.fix = Fix{span, std::string(nearest)};
  } else if (known.empty()) {
    d.help =
        absl::StrFormat("declare it in the rule: event %s = ..", name.text);
  } else {
    for (const std::string_view event : known) {
      d.help += d.help.empty() ? "its events: " : ", ";
      d.help += event;
    }
  }
  return Bad(span);
}

// `where a.x == b.x` as a clause: a filter looks at one event by itself.
bool ExprChecker::RefuseStepInFilter(const cst::Expr& expr,
                                     const Scope& scope) {
  if (scope.unreachable == nullptr || expr.quoted) return false;
  for (const CheckedEvent& event : *scope.unreachable) {
    if (event.name != expr.text) continue;
    report_
        .Emit(Kind::kStepNeeded, SpanOf(expr, scope),
              absl::StrFormat("`%s` is another event of the rule, and a filter "
                              "looks at one by itself",
                              expr.text))
        .help =
        "steps are compared before `within`: when a then b where "
        "a.client == b.client within 10m";
    return true;
  }
  return false;
}

// A field without an event's name where there is no one event.
Value ExprChecker::RefusePlainField(const cst::Expr& expr, const Scope& scope) {
  const Span span = SpanOf(expr, scope);
  if (scope.lenient) return Bad(span);
  const Span use = scope.let_use.value_or(span);
  if (scope.plain == PlainField::kNeedsAggregate) {
    report_
        .Emit(Kind::kFreeThreshold, use,
              absl::StrFormat("`%s` differs from event to event, and an "
                              "aggregate is compared with a number",
                              expr.text))
        .help =
        "a threshold by key has a bound, which bounds the state: "
        "count() >= at most 1000 (limits[who].max ?? 20)";
    return Bad(span);
  }
  std::vector<std::string> steps;
  for (const CheckedEvent& event : *scope.events) {
    if (HasField(context_.schemas[event.schema], expr.text)) {
      steps.push_back(absl::StrFormat("%s.%s", event.name, expr.text));
    }
  }
  if (steps.empty()) {
    Scope fields = scope;
    if (fields.schema == nullptr) return Bad(span);
    return UnknownName(expr, fields);
  }
  Diagnostic& d = report_.Emit(
      Kind::kStepNeeded, use,
      scope.let_use.has_value()
          ? absl::StrFormat("this let reads `%s`, and of which event?",
                            expr.text)
          : absl::StrFormat("`%s` of which event?", expr.text));
  for (const std::string& step : steps) {
    d.help += d.help.empty() ? "name it: " : " or ";
    d.help += step;
  }
  if (scope.let_use.has_value()) {
    d.help = "give the let a parameter, and it the event's field";
  } else if (steps.size() == 1) {
    d.fix = Fix{span, steps[0]};
  }
  return Bad(span);
}

}  // namespace tocsin::dsl
