// What the checker asks of types: names for messages, fields, kinship.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/check/checked.h"
#include "engine/event/type.h"

namespace tocsin::dsl {

Type MakeType(TypeKind kind);
Type ListOf(Type element);

// As an author would say it: "list of string", "a value of any type".
std::string TypeName(const Type& type);
std::string_view KindName(TypeKind kind);
// With its article: "an int", "a list of string".
std::string AType(const Type& type);
std::string AKind(TypeKind kind);
// 1000000 as "1,000,000".
std::string Grouped(std::uint64_t number);

bool IsNumber(TypeKind kind);
bool IsScalar(TypeKind kind);   // Neither list, map nor object; any is one.
bool IsOrdered(TypeKind kind);  // May stand around <.

// What a test on it looks at: a list's element, else the type itself.
const Type& TestedType(const Type& type);

const Field* FindField(const Type& object, std::string_view name);
std::vector<std::string_view> FieldNames(const Type& object);

bool FindScalar(std::string_view name, TypeKind* kind);  // "string" .. "cidr"

CheckedExpr MakeConst(Constant value, TypeKind kind, Span span);
CheckedExpr MakeNot(CheckedExpr child, Span span);
// Flat: children that are of the same op are spliced in.
CheckedExpr MakeJoin(ExprOp op, std::vector<CheckedExpr> children, Span span);

}  // namespace tocsin::dsl
