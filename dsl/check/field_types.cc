// Types as written into types, with their limits: one of, usually, in.
#include "dsl/check/field_types.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/const_test.h"
#include "dsl/check/expr_checker.h"
#include "dsl/check/types.h"

namespace tocsin::dsl {
namespace {

class FieldTypes {
 public:
  FieldTypes(const FileSettings& file, Context* context)
      : file_(file), report_(context->report), expressions_(context) {}

  Type TypeOf(const cst::TypeExpr& type);

 private:
  Type BlockOf(const cst::TypeExpr& block);
  void LimitOf(const cst::FieldDecl& decl, Field* field);
  bool Values(const cst::FieldDecl& decl, const Field& field,
              ConstantList* values);
  void BadLimit(const cst::Node& at, std::string message);

  const FileSettings& file_;
  Reporter& report_;
  ExprChecker expressions_;
};

Type FieldTypes::TypeOf(const cst::TypeExpr& type) {
  using K = cst::TypeExpr::Kind;
  Type result;
  switch (type.kind) {
    case K::kAny:
      return result;
    case K::kScalar:
      if (type.scalar.text == "any" ||
          FindScalar(type.scalar.text, &result.kind)) {
        return result;
      }
      report_
          .Emit(Kind::kUnknownWord, At(file_, type.scalar),
                absl::StrFormat("unknown type `%s`", type.scalar.text))
          .help =
          "one of string int float bool time duration ip cidr any, "
          "list of T, map of T";
      return result;
    case K::kListOf:
    case K::kMapOf:
      result.kind = type.kind == K::kListOf ? TypeKind::kList : TypeKind::kMap;
      result.element.push_back(type.element.empty() ? Type()
                                                    : TypeOf(type.element[0]));
      return result;
    case K::kBlock:
      return BlockOf(type);
  }
  return result;
}

Type FieldTypes::BlockOf(const cst::TypeExpr& block) {
  Type type = MakeType(TypeKind::kObject);
  type.open = block.open;
  for (const cst::FieldDecl& decl : block.fields) {
    if (FindField(type, decl.name.text) != nullptr) {
      report_.Emit(
          Kind::kDuplicateName, At(file_, decl.name),
          absl::StrFormat("field `%s` is declared twice", decl.name.text));
      continue;
    }
    Field field;
    field.name = decl.name.text;
    field.type = TypeOf(decl.type);
    field.optional = decl.optional;
    LimitOf(decl, &field);
    type.fields.push_back(std::move(field));
  }
  return type;
}

void FieldTypes::BadLimit(const cst::Node& at, std::string message) {
  report_.Emit(Kind::kBadLimit, At(file_, at), std::move(message));
}

bool FieldTypes::Values(const cst::FieldDecl& decl, const Field& field,
                        ConstantList* values) {
  Scope scope;
  scope.file = &file_;
  scope.constants = true;
  const bool range = decl.limit.kind == cst::FieldLimit::Kind::kIn;
  bool good = true;
  for (const cst::Expr& child : decl.limit.values->children) {
    Value value = expressions_.ConstantOf(child, scope);
    if (value.bad) return false;
    const TypeKind kind = value.expr.type.kind;
    const bool fits = kind == field.type.kind ||
                      (IsNumber(kind) && IsNumber(field.type.kind) && range);
    if (!fits) {
      BadLimit(child, absl::StrFormat("%s as a value of `%s`, %s", AKind(kind),
                                      field.name, AType(field.type)));
      good = false;
    }
    values->push_back(std::move(value.expr.constant));
  }
  return good;
}

void FieldTypes::LimitOf(const cst::FieldDecl& decl, Field* field) {
  using K = cst::FieldLimit::Kind;
  if (decl.limit.kind == K::kNone || !decl.limit.values.has_value()) return;
  const cst::Expr& written = *decl.limit.values;
  if (written.kind == cst::ExprKind::kBad) return;
  const bool range = decl.limit.kind == K::kIn;
  if (range && !IsNumber(field->type.kind)) {
    BadLimit(written, absl::StrFormat("a range for %s", AType(field->type)));
    return;
  }
  ConstantList values;
  if (!Values(decl, *field, &values)) return;
  if (range) {
    int order = 0;
    const bool open = values.size() == 1;
    if (!open &&
        (values.size() != 2 ||
         !CompareConstants(values[0], values[1], &order) || order > 0)) {
      BadLimit(written, "an empty range");
      return;
    }
  }
  field->values = std::move(values);
  field->limit = range                          ? Field::Limit::kRange
                 : decl.limit.kind == K::kOneOf ? Field::Limit::kOneOf
                                                : Field::Limit::kUsually;
}

}  // namespace

Type FieldsType(const cst::TypeExpr& block, const FileSettings& file,
                Context* context) {
  return FieldTypes(file, context).TypeOf(block);
}

}  // namespace tocsin::dsl
