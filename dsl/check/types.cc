// Types by name and by kind, and the small makers of checked expressions.
#include "dsl/check/types.h"

#include <array>
#include <utility>

namespace tocsin::dsl {
namespace {

constexpr std::array<std::string_view, 9> kScalarNames = {
    "any", "bool", "int", "float", "string", "time", "duration", "ip", "cidr"};

}  // namespace

Type MakeType(TypeKind kind) {
  Type type;
  type.kind = kind;
  return type;
}

Type ListOf(Type element) {
  Type type;
  type.kind = TypeKind::kList;
  type.element.push_back(std::move(element));
  return type;
}

std::string_view KindName(TypeKind kind) {
  const auto index = static_cast<std::size_t>(kind);
  if (index < kScalarNames.size()) return kScalarNames[index];
  if (kind == TypeKind::kList) return "list";
  return kind == TypeKind::kMap ? "map" : "object";
}

std::string TypeName(const Type& type) {
  std::string name(KindName(type.kind));
  const bool has_element =
      type.kind == TypeKind::kList || type.kind == TypeKind::kMap;
  if (has_element && !type.element.empty()) {
    name += " of " + TypeName(type.element[0]);
  }
  return name;
}

namespace {

std::string WithArticle(const std::string& name) {
  const bool vowel = !name.empty() && std::string_view("aeiou").find(name[0]) !=
                                          std::string_view::npos;
  std::string text(vowel ? "an " : "a ");
  text.append(name);
  return text;
}

}  // namespace

std::string AType(const Type& type) {
  return type.kind == TypeKind::kAny ? "a value of any type"
                                     : WithArticle(TypeName(type));
}

std::string AKind(TypeKind kind) { return AType(MakeType(kind)); }

std::string Grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) {
    at -= 3;
    text.insert(at, 1, ',');
  }
  return text;
}

bool IsNumber(TypeKind kind) {
  return kind == TypeKind::kInt || kind == TypeKind::kFloat;
}

bool IsScalar(TypeKind kind) { return kind < TypeKind::kList; }

bool IsOrdered(TypeKind kind) {
  return IsNumber(kind) || kind == TypeKind::kString ||
         kind == TypeKind::kTime || kind == TypeKind::kDuration ||
         kind == TypeKind::kAny;
}

const Type& TestedType(const Type& type) {
  return type.kind == TypeKind::kList && !type.element.empty()
             ? TestedType(type.element[0])
             : type;
}

const Field* FindField(const Type& object, std::string_view name) {
  for (const Field& field : object.fields) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

std::vector<std::string_view> FieldNames(const Type& object) {
  std::vector<std::string_view> names;
  names.reserve(object.fields.size());
  for (const Field& field : object.fields) names.push_back(field.name);
  return names;
}

bool FindScalar(std::string_view name, TypeKind* kind) {
  for (std::size_t i = 1; i < kScalarNames.size(); ++i) {
    if (kScalarNames[i] == name) {
      *kind = static_cast<TypeKind>(i);
      return true;
    }
  }
  return false;
}

CheckedExpr MakeConst(Constant value, TypeKind kind, Span span) {
  CheckedExpr expr;
  expr.op = ExprOp::kConst;
  expr.type.kind = kind;
  expr.span = span;
  expr.constant = std::move(value);
  return expr;
}

CheckedExpr MakeNot(CheckedExpr child, Span span) {
  CheckedExpr expr;
  expr.op = ExprOp::kNot;
  expr.type.kind = TypeKind::kBool;
  expr.span = span;
  expr.children.push_back(std::move(child));
  return expr;
}

CheckedExpr MakeJoin(ExprOp op, std::vector<CheckedExpr> children, Span span) {
  if (children.size() == 1) return std::move(children[0]);
  CheckedExpr expr;
  expr.op = op;
  expr.type.kind = TypeKind::kBool;
  expr.span = span;
  for (CheckedExpr& child : children) {
    if (child.op != op) {
      expr.children.push_back(std::move(child));
      continue;
    }
    for (CheckedExpr& inner : child.children) {
      expr.children.push_back(std::move(inner));
    }
  }
  return expr;
}

}  // namespace tocsin::dsl
