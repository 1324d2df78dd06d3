// Steps of a path: .member, [index], ["key"], [*], each typed by the schema.
#include <cstdint>
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/expr_checker.h"
#include "dsl/check/types.h"

namespace tocsin::dsl {
namespace {

bool HasEach(const FieldPath& path) {
  for (const PathSegment& segment : path) {
    if (segment.kind == PathSegment::Kind::kEach) return true;
  }
  return false;
}

// The type at the end of the path so far, without the list that [*] makes.
Type ReachedType(const CheckedExpr& expr) {
  const bool each = expr.op == ExprOp::kPath && HasEach(expr.path);
  return each && expr.type.kind == TypeKind::kList ? expr.type.element[0]
                                                   : expr.type;
}

}  // namespace

Value ExprChecker::Path(const cst::Expr& expr, const Scope& scope) {
  if (expr.kind == cst::ExprKind::kName) return Root(expr, scope);
  const cst::Expr& inner = expr.children[0];
  if (expr.kind == cst::ExprKind::kMember) {
    StepPick pick{};
    if (const CheckedEvent* event = StepOf(inner, scope, &pick)) {
      return StepField(*event, pick, expr, scope);
    }
    if (inner.kind == cst::ExprKind::kSubscript) {
      if (const TableSymbol* table = TableOf(inner.children[0], scope)) {
        return TableColumn(expr, *table, scope);
      }
    }
  }
  if (expr.kind == cst::ExprKind::kSubscript) {
    if (const TableSymbol* table = TableOf(inner, scope)) {
      return TableRow(expr, *table, scope);
    }
  }
  Value base = Check(inner, scope);
  if (base.bad || base.expr.op != ExprOp::kStep) {
    return PathStep(std::move(base), expr, scope);
  }
  // The path goes on within the step's event.
  CheckedExpr step = std::move(base.expr);
  CheckedExpr field = std::move(step.children[0]);
  base.expr = std::move(field);
  Value value = PathStep(std::move(base), expr, scope);
  return WrapStep(std::move(value), step, SpanOf(expr, scope));
}

Value ExprChecker::PathStep(Value base, const cst::Expr& expr,
                            const Scope& scope) {
  if (expr.kind == cst::ExprKind::kMember) {
    return Member(std::move(base), expr, scope);
  }
  if (expr.kind == cst::ExprKind::kWildcard) {
    return EachOf(std::move(base), expr, scope);
  }
  return Subscript(std::move(base), expr, scope);
}

namespace {

// Makes `base` a path that takes one more step.
void Extend(Value* base, PathSegment segment, Span span, bool* wrapped) {
  *wrapped = base->expr.op != ExprOp::kPath;
  if (*wrapped) {
    CheckedExpr path;
    path.op = ExprOp::kPath;
    path.children.push_back(std::move(base->expr));
    path.path.push_back(std::move(segment));
    base->expr = std::move(path);
  } else {
    base->expr.path.push_back(std::move(segment));
  }
  base->expr.span = span;
}

// The type after a step: within what [*] reaches, lists are spliced.
void SetReached(Value* value, Type reached) {
  if (!HasEach(value->expr.path)) {
    value->expr.type = std::move(reached);
    return;
  }
  Type element = std::move(reached);
  while (element.kind == TypeKind::kList && !element.element.empty()) {
    Type inner = std::move(element.element[0]);
    element = std::move(inner);
  }
  value->expr.type = ListOf(std::move(element));
}

}  // namespace

Value ExprChecker::Member(Value base, const cst::Expr& expr,
                          const Scope& scope) {
  if (base.bad) return base;
  const Span whole = SpanOf(expr, scope);
  return StepKey(std::move(base), expr.text, whole, SpanOf(expr.word, scope));
}

Value ExprChecker::StepKey(Value base, const std::string& key, Span whole,
                           Span word) {
  Make(ExprOp::kPath, TypeKind::kAny, whole);  // Counted.
  const Type reached = ReachedType(base.expr);
  Type next;
  const Field* field = nullptr;
  switch (reached.kind) {
    case TypeKind::kAny:
      base.optional = true;
      break;
    case TypeKind::kMap:
      next = reached.element[0];
      base.optional = true;
      break;
    case TypeKind::kObject:
      // The declared one, which outlives this copy of its parent's type.
      field =
          base.field != nullptr ? FindField(base.field->type, key) : nullptr;
      if (field == nullptr && FindField(reached, key) == nullptr &&
          !reached.open) {
        Diagnostic& d =
            report_.Emit(Kind::kUnknownField, word,
                         absl::StrFormat("unknown field `%s`", key));
        std::string_view nearest;
        d.help = DidYouMean(key, FieldNames(reached), &nearest);
        if (!nearest.empty()) {
          d.fix = Fix{word, std::string(nearest)};
        } else {
          std::string names;
          for (const std::string_view name : FieldNames(reached)) {
            names += names.empty() ? "" : ", ";
            names += name;
          }
          d.help = absl::StrFormat("expected one of: %s", names);
        }
        return Bad(whole);
      }
      if (const Field* inner = FindField(reached, key)) {
        next = inner->type;
        base.optional = base.optional || inner->optional;
      } else {
        base.optional = true;
      }
      break;
    case TypeKind::kList: {
      const Span at{whole.file, base.expr.span.end, base.expr.span.end};
      Diagnostic& d =
          report_.Emit(Kind::kWrongType, word,
                       absl::StrFormat("`%s` of %s", key, AType(reached)));
      const Type& element = reached.element[0];
      const bool has_none =
          (IsScalar(element.kind) && element.kind != TypeKind::kAny) ||
          (element.kind == TypeKind::kObject && !element.open &&
           FindField(element, key) == nullptr);
      if (has_none) {
        d.help =
            absl::StrFormat("nor has any element: each is %s", AType(element));
        return Bad(whole);
      }
      d.help = "write `[*]` for any element, or `[0]`, `[-1]` for one";
      if (whole.file == base.expr.span.file) d.fix = Fix{at, "[*]"};
      return Bad(whole);
    }
    default:
      report_
          .Emit(Kind::kWrongType, word,
                absl::StrFormat("`%s` of %s, which has no fields", key,
                                AType(reached)))
          .help = "";
      return Bad(whole);
  }
  bool wrapped = false;
  PathSegment segment;
  segment.key = key;
  Extend(&base, std::move(segment), whole, &wrapped);
  SetReached(&base, std::move(next));
  base.field = field;
  return base;
}

Value ExprChecker::Subscript(Value base, const cst::Expr& expr,
                             const Scope& scope) {
  const Span whole = SpanOf(expr, scope);
  if (base.bad) return base;
  if (expr.children.size() != 2) {
    report_.Emit(Kind::kWrongType, whole,
                 "several keys in [ ] read a table, and this is none");
    return Bad(whole);
  }
  const Value index = ConstantOf(expr.children[1], scope);
  if (index.bad) return Bad(whole);
  const Span inside = SpanOf(expr.children[1], scope);
  if (const auto* key = std::get_if<std::string>(&index.expr.constant.value)) {
    return StepKey(std::move(base), *key, whole, inside);
  }
  const auto* number = std::get_if<std::int64_t>(&index.expr.constant.value);
  const Type reached = ReachedType(base.expr);
  const bool indexable =
      reached.kind == TypeKind::kList || reached.kind == TypeKind::kAny;
  if (number == nullptr || !indexable) {
    report_
        .Emit(Kind::kWrongType, inside,
              number == nullptr
                  ? absl::StrFormat("%s in [ ]", AType(index.expr.type))
                  : absl::StrFormat("an index into %s", AType(reached)))
        .help = "a list takes a whole number, a map or object a text";
    return Bad(whole);
  }
  Make(ExprOp::kPath, TypeKind::kAny, whole);
  bool wrapped = false;
  PathSegment segment;
  segment.kind = PathSegment::Kind::kIndex;
  segment.index = *number;
  Extend(&base, std::move(segment), whole, &wrapped);
  SetReached(&base, reached.kind == TypeKind::kList ? reached.element[0]
                                                    : MakeType(TypeKind::kAny));
  base.field = nullptr;
  base.optional = true;
  return base;
}

Value ExprChecker::EachOf(Value base, const cst::Expr& expr,
                          const Scope& scope) {
  const Span whole = SpanOf(expr, scope);
  if (base.bad) return base;
  const Type reached = ReachedType(base.expr);
  if (reached.kind != TypeKind::kList && reached.kind != TypeKind::kAny) {
    report_
        .Emit(Kind::kWrongType, whole,
              absl::StrFormat("`[*]` of %s, which is no list", AType(reached)))
        .help = reached.kind == TypeKind::kMap
                    ? "the values of a map are values_of(..)"
                    : "";
    return Bad(whole);
  }
  Make(ExprOp::kPath, TypeKind::kAny, whole);
  bool wrapped = false;
  PathSegment segment;
  segment.kind = PathSegment::Kind::kEach;
  Extend(&base, std::move(segment), whole, &wrapped);
  SetReached(&base, reached.kind == TypeKind::kList ? reached.element[0]
                                                    : MakeType(TypeKind::kAny));
  base.field = nullptr;
  base.optional = true;
  return base;
}

bool ExprChecker::PathOf(const cst::Expr& expr, const Scope& scope, bool each,
                         FieldPath* path) {
  const std::size_t errors = report_.errors();
  const Value value = Check(expr, scope);
  if (value.bad) return false;
  if (value.expr.op == ExprOp::kPath && value.expr.children.empty() &&
      (each || !HasEach(value.expr.path))) {
    *path = value.expr.path;
    return true;
  }
  if (report_.errors() == errors) {
    report_.Emit(Kind::kNotAPath, SpanOf(expr, scope),
                 "a field of the event is needed here");
  }
  return false;
}

}  // namespace tocsin::dsl
