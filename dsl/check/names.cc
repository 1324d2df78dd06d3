// What a bare name means: a bound variable or parameter; in texts a key, a
// collected or shown name or a property of the alert; a list or let; then the
// event's time, a derived field, a field. Backticks: a field, whatever else.
#include <array>
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/alert_type.h"
#include "dsl/check/expr_checker.h"
#include "dsl/check/types.h"

namespace tocsin::dsl {
namespace {

struct AlertName {
  std::string_view name;
  AlertField field;
  TypeKind kind;
};
constexpr std::array<AlertName, 6> kAlertNames = {{
    {"count", AlertField::kCount, TypeKind::kInt},
    {"total", AlertField::kTotal, TypeKind::kInt},
    {"folded", AlertField::kFolded, TypeKind::kInt},
    {"time", AlertField::kTime, TypeKind::kTime},
    {"rule", AlertField::kRule, TypeKind::kString},
    {"severity", AlertField::kSeverity, TypeKind::kString},
}};

const AlertName* FindAlertName(std::string_view name) {
  for (const AlertName& alert : kAlertNames) {
    if (alert.name == name) return &alert;
  }
  return nullptr;
}

template <typename T>
int IndexOf(const std::vector<T>* items, std::string_view name) {
  if (items == nullptr) return -1;
  for (std::size_t i = 0; i < items->size(); ++i) {
    if ((*items)[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

// Whether the bare name reads just this: `by verb` and {verb}.
bool ReadsSame(const CheckedExpr& expr, std::string_view name,
               const CheckedSchema* schema) {
  if (expr.op == ExprOp::kDerived) {
    return schema != nullptr && schema->derives[expr.derived].name == name;
  }
  return expr.op == ExprOp::kPath && expr.children.empty() &&
         expr.path.size() == 1 && expr.path[0].key == name;
}

}  // namespace

Value ExprChecker::Root(const cst::Expr& expr, const Scope& scope) {
  const Span span = SpanOf(expr, scope);
  const Symbols& symbols = context_.symbols;
  if (!expr.quoted) {
    if (const Binding* binding = scope.Find(expr.text)) {
      if (binding->kind == Binding::Kind::kParameter) {
        return binding->argument == nullptr ? Bad(span) : Argument(*binding);
      }
      if (binding->kind == Binding::Kind::kValue) {
        Value value;
        value.expr = *binding->value;
        value.expr.span = span;
        value.optional = true;
        return value;
      }
      Value value;
      value.expr = Make(ExprOp::kVariable, TypeKind::kAny, span);
      value.expr.slot = binding->slot;
      value.expr.type = binding->type;
      value.optional = true;
      return value;
    }
    StepPick pick{};
    if (StepOf(expr, scope, &pick) != nullptr) return StepAlone(expr, scope);
    Value named;
    if (scope.names != nullptr && TextName(expr, scope, &named)) return named;
    if (const auto list = symbols.lists.find(expr.text);
        list != symbols.lists.end()) {
      if (list->second.broken) return Bad(span);
      Value value;
      value.expr = Make(ExprOp::kList, TypeKind::kList, span);
      value.expr.list = list->second.index;
      value.expr.type =
          ListOf(MakeType(context_.lists[list->second.index].element));
      return value;
    }
    if (const auto let = symbols.lets.find(expr.text);
        let != symbols.lets.end()) {
      return ExpandLet(let->first, let->second, expr, scope);
    }
    if (const auto table = symbols.tables.find(expr.text);
        table != symbols.tables.end()) {
      if (table->second.broken) return Bad(span);
      report_
          .Emit(Kind::kWrongType, span,
                absl::StrFormat("`%s` is a table, and a value is needed here",
                                expr.text))
          .help = absl::StrFormat("`key in %s`, `%s[key].column`", expr.text,
                                  expr.text);
      return Bad(span);
    }
  }
  return FieldRoot(expr, scope);
}

Value ExprChecker::FieldRoot(const cst::Expr& expr, const Scope& scope) {
  const Span span = SpanOf(expr, scope);
  if (scope.constants) {
    report_
        .Emit(Kind::kNotConstant, span,
              absl::StrFormat("`%s` is no constant", expr.text))
        .help = "texts stand in quotes; a list holds constants only";
  }
  if (scope.plain != PlainField::kOfTheEvent) {
    return RefusePlainField(expr, scope);
  }
  if (scope.schema == nullptr) return Bad(span);
  Value value;
  if (!expr.quoted && expr.text == "ts") {
    value.expr = Make(ExprOp::kEventTime, TypeKind::kTime, span);
    return value;
  }
  const int derived = IndexOf(&scope.schema->derives, expr.text);
  if (derived >= 0) {
    const CheckedField& field =
        scope.schema->derives[static_cast<std::size_t>(derived)];
    value.expr = Make(ExprOp::kDerived, TypeKind::kAny, span);
    value.expr.type = field.expr.type;
    value.expr.derived = static_cast<std::uint32_t>(derived);
    value.optional = field.expr.type.kind != TypeKind::kBool;
    return value;
  }
  const Field* field = FindField(scope.schema->type, expr.text);
  if (field == nullptr && !scope.schema->type.open) {
    return UnknownName(expr, scope);
  }
  value.expr = Make(ExprOp::kPath, TypeKind::kAny, span);
  PathSegment segment;
  segment.key = expr.text;
  value.expr.path.push_back(std::move(segment));
  value.optional = true;
  if (field != nullptr) {
    value.expr.type = field->type;
    value.field = field;
    value.optional = field->optional;
  }
  return value;
}

bool ExprChecker::TextName(const cst::Expr& expr, const Scope& scope,
                           Value* value) {
  const Span span = SpanOf(expr, scope);
  const TextNames& names = *scope.names;
  const int key = IndexOf(names.keys, expr.text);
  const int collected = IndexOf(names.collects, expr.text);
  const int shown = IndexOf(names.shows, expr.text);
  const AlertName* alert = FindAlertName(expr.text);
  const CheckedExpr* source = nullptr;
  if (key >= 0) {
    const CheckedKey& part = (*names.keys)[static_cast<std::size_t>(key)];
    value->expr = Make(ExprOp::kKey, TypeKind::kAny, span);
    value->expr.index = static_cast<std::uint32_t>(key);
    value->expr.type = part.each ? TestedType(part.expr.type) : part.expr.type;
    source = &part.expr;
  } else if (collected >= 0) {
    const auto index = static_cast<std::size_t>(collected);
    source = &(*names.collects)[index].expr;
    value->expr = Make(ExprOp::kCollected, TypeKind::kAny, span);
    value->expr.index = static_cast<std::uint32_t>(collected);
    value->expr.type = ListOf(TestedType(source->type));
  } else if (shown >= 0) {
    source = &(*names.shows)[static_cast<std::size_t>(shown)].expr;
    value->expr = Make(ExprOp::kShown, TypeKind::kAny, span);
    value->expr.index = static_cast<std::uint32_t>(shown);
    value->expr.type = source->type;
  } else if (alert != nullptr) {
    value->expr = Make(ExprOp::kAlertField, alert->kind, span);
    value->expr.alert_field = alert->field;
  } else {
    return false;
  }
  std::string_view second;
  if (source != nullptr && alert != nullptr) {
    second = "a property of the alert";
  } else if (context_.symbols.lets.contains(expr.text) ||
             context_.symbols.lists.contains(expr.text)) {
    second = "a let or list";
  } else if (scope.schema != nullptr &&
             scope.plain == PlainField::kOfTheEvent &&
             (HidesField(*scope.schema, expr.text) ||
              IndexOf(&scope.schema->derives, expr.text) >= 0) &&
             (source == nullptr ||
              !ReadsSame(*source, expr.text, scope.schema))) {
    second = "a field of the event";
  }
  if (second.empty()) return true;
  report_
      .Emit(Kind::kTwoMeanings, span,
            absl::StrFormat("`%s` is a %s here, and also %s", expr.text,
                            key >= 0         ? "key"
                            : collected >= 0 ? "collected name"
                            : shown >= 0     ? "shown name"
                                             : "property of the alert",
                            second))
      .help = absl::StrFormat(
      "give the %s another name with `as`; in backticks, `%s` is the field",
      source != nullptr ? "key or name" : "value", expr.text);
  *value = Bad(span);
  return true;
}

Value ExprChecker::UnknownName(const cst::Expr& expr, const Scope& scope) {
  const Span span = SpanOf(expr, scope);
  const Symbols& symbols = context_.symbols;
  if (scope.lenient || symbols.unreadable.contains(expr.text)) {
    return Bad(span);
  }
  if (RefuseStepInFilter(expr, scope)) return Bad(span);
  std::vector<std::string_view> known = FieldNames(scope.schema->type);
  for (const CheckedField& field : scope.schema->derives) {
    known.push_back(field.name);
  }
  if (!expr.quoted) {
    for (const Scope* s = &scope; s != nullptr; s = s->outer) {
      for (const Binding& binding : s->bindings) known.push_back(binding.name);
    }
    for (const auto& [name, let] : symbols.lets) known.push_back(name);
    for (const auto& [name, list] : symbols.lists) known.push_back(name);
    if (scope.events != nullptr) {
      for (const CheckedEvent& event : *scope.events) {
        known.push_back(event.name);
      }
    }
    if (scope.names != nullptr) {
      for (const CheckedKey& key : *scope.names->keys) {
        known.push_back(key.name);
      }
      for (const CheckedCollect& collect : *scope.names->collects) {
        known.push_back(collect.name);
      }
      for (const CheckedField& show : *scope.names->shows) {
        known.push_back(show.name);
      }
      for (const AlertName& alert : kAlertNames) known.push_back(alert.name);
    }
  }
  Diagnostic& d =
      report_.Emit(Kind::kUnknownField, span,
                   absl::StrFormat("unknown field `%s`", expr.text));
  std::string_view nearest;
  if (expr.text == "null") {
    d.help = "what is missing or null: not exists(field)";
    return Bad(span);
  }
  if (expr.text == "any" && !expr.quoted) {
    d.help = "a test with a list on the right means any of it: x contains [..]";
    return Bad(span);
  }
  d.help = DidYouMean(expr.text, known, &nearest);
  if (scope.list_wanted && !expr.quoted) {
    std::vector<std::string_view> lists;
    for (const auto& [name, list] : symbols.lists) lists.push_back(name);
    std::string_view list;
    const std::string help = DidYouMean(expr.text, lists, &list);
    if (!list.empty()) {
      d.help = help;
      d.fix = Fix{span, std::string(list)};
      return Bad(span);
    }
  }
  const bool declared =
      symbols.lets.contains(nearest) || symbols.lists.contains(nearest);
  if (scope.text_wanted && !expr.quoted && !declared) {
    const std::string quoted = absl::StrFormat("\"%s\"", expr.text);
    d.help = absl::StrFormat("a text stands in quotes: %s", quoted);
    d.fix = Fix{span, quoted};
    return Bad(span);
  }
  if (!nearest.empty()) {
    d.fix = Fix{span, std::string(nearest)};
    return Bad(span);
  }
  d.help = absl::StrFormat(
      "%s has no such field, and no let or list has "
      "this name",
      scope.schema->name);
  if (!scope.schema->alerts_of.empty()) {
    d.help.clear();
    for (const std::string_view name : FieldNames(scope.schema->type)) {
      d.help += d.help.empty() ? "an alert has: " : ", ";
      d.help += name;
    }
    return Bad(span);
  }
  for (const CheckedSchema& schema : context_.schemas) {
    if (&schema == scope.schema) continue;
    if (FindField(schema.type, expr.text) == nullptr) continue;
    d.help = absl::StrFormat("`%s` is a field of %s, and this reads %s",
                             expr.text, schema.name, scope.schema->name);
  }
  return Bad(span);
}

}  // namespace tocsin::dsl
