// Checked expressions and rules by hand, for tests below the parser: the
// schema `t` and short names for what a rule's text would say.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dsl/check/checked.h"
#include "dsl/compile/compile.h"
#include "engine/event/extract.h"

namespace tocsin::testing {

using dsl::CheckedExpr;
using dsl::CheckedRule;
using dsl::CheckedRules;
using dsl::ExprOp;

inline Type TypeOf(TypeKind kind) {
  Type type;
  type.kind = kind;
  return type;
}

inline Type ListOf(TypeKind element) {
  Type type = TypeOf(TypeKind::kList);
  type.element.push_back(TypeOf(element));
  return type;
}

inline Field FieldOf(std::string name, Type type) {
  Field field;
  field.name = std::move(name);
  field.type = std::move(type);
  field.optional = true;
  return field;
}

// at time; id s t u string; n m int; f float; b bool; a ip; l list of string;
// ns list of int; o {p string, q int}; x any.
inline dsl::CheckedSchema TestSchema() {
  dsl::CheckedSchema schema;
  schema.name = "t";
  schema.type = TypeOf(TypeKind::kObject);
  Type inner = TypeOf(TypeKind::kObject);
  inner.fields = {FieldOf("p", TypeOf(TypeKind::kString)),
                  FieldOf("q", TypeOf(TypeKind::kInt))};
  auto& fields = schema.type.fields;
  fields.push_back(FieldOf("at", TypeOf(TypeKind::kTime)));
  for (const char* name : {"id", "s", "t", "u"}) {
    fields.push_back(FieldOf(name, TypeOf(TypeKind::kString)));
  }
  fields.push_back(FieldOf("n", TypeOf(TypeKind::kInt)));
  fields.push_back(FieldOf("m", TypeOf(TypeKind::kInt)));
  fields.push_back(FieldOf("f", TypeOf(TypeKind::kFloat)));
  fields.push_back(FieldOf("b", TypeOf(TypeKind::kBool)));
  fields.push_back(FieldOf("a", TypeOf(TypeKind::kIp)));
  fields.push_back(FieldOf("l", ListOf(TypeKind::kString)));
  fields.push_back(FieldOf("ns", ListOf(TypeKind::kInt)));
  fields.push_back(FieldOf("o", std::move(inner)));
  fields.push_back(FieldOf("x", TypeOf(TypeKind::kAny)));
  const auto key = [](const char* name) {
    PathSegment segment;
    segment.key = name;
    return FieldPath{segment};
  };
  schema.times.push_back({key("at"), TimeFormat::kRfc3339, ""});
  schema.identity.push_back(key("id"));
  return schema;
}

// "o.p", "l[0]", "x.c[*].i".
inline FieldPath PathOf(const std::string& text) {
  FieldPath path;
  for (std::size_t i = 0; i < text.size();) {
    PathSegment segment;
    if (text[i] == '[') {
      const std::size_t end = text.find(']', i);
      const std::string inside = text.substr(i + 1, end - i - 1);
      segment.kind =
          inside == "*" ? PathSegment::Kind::kEach : PathSegment::Kind::kIndex;
      if (inside != "*") segment.index = std::stoll(inside);
      i = end + 1;
    } else {
      if (text[i] == '.') ++i;
      const std::size_t end =
          std::min(text.find_first_of(".[", i), text.size());
      segment.key = text.substr(i, end - i);
      i = end;
    }
    path.push_back(segment);
  }
  return path;
}

inline CheckedExpr Path(const std::string& text, Type type) {
  CheckedExpr expr;
  expr.op = ExprOp::kPath;
  expr.path = PathOf(text);
  expr.type = std::move(type);
  return expr;
}
inline CheckedExpr Path(const std::string& text,
                        TypeKind kind = TypeKind::kString) {
  return Path(text, TypeOf(kind));
}

template <typename T>
CheckedExpr Const(T value, TypeKind kind = TypeKind::kAny) {
  CheckedExpr expr;
  expr.constant.value = std::move(value);
  expr.type = TypeOf(kind);
  return expr;
}
inline CheckedExpr Text(std::string text) {
  return Const(std::move(text), TypeKind::kString);
}
inline CheckedExpr Int(std::int64_t number) {
  return Const(number, TypeKind::kInt);
}
inline CheckedExpr Texts(const std::vector<std::string>& texts) {
  ConstantList list;
  for (const std::string& text : texts) list.push_back({text});
  return Const(list);
}

inline CheckedExpr Make(ExprOp op, std::vector<CheckedExpr> children) {
  CheckedExpr expr;
  expr.op = op;
  expr.type = TypeOf(TypeKind::kBool);
  expr.children = std::move(children);
  return expr;
}
inline CheckedExpr Not(CheckedExpr child) {
  return Make(ExprOp::kNot, {std::move(child)});
}

inline CheckedRule FilterRule(std::string name, CheckedExpr filter) {
  CheckedRule rule;
  rule.name = std::move(name);
  dsl::CheckedFilter where;
  where.expr = std::move(filter);
  rule.filters.push_back(std::move(where));
  return rule;
}

inline CheckedRules RulesOf(std::vector<CheckedRule> rules) {
  CheckedRules checked;
  checked.schemas.push_back(TestSchema());
  checked.rules = std::move(rules);
  checked.ok = true;
  return checked;
}

// The lines as one batch, read by the hot reader.
inline void ExtractLines(const RuleSet& rules, SymbolTables* symbols,
                         const std::string& lines, EventBatch* batch) {
  batch->Clear();
  batch->bytes.assign(lines.begin(), lines.end());
  batch->bytes.resize(lines.size() + EventBatch::kPadding);
  batch->input_size = lines.size();
  static const std::unique_ptr<Extractor> extractor = MakeSimdjsonExtractor();
  extractor->Extract(rules.projection, symbols, batch);
}

}  // namespace tocsin::testing
