#include "dsl/check/alert_type.h"

#include <utility>

#include "dsl/check/types.h"

namespace tocsin::dsl {
namespace {

Field MakeField(std::string name, Type type, bool optional) {
  Field field;
  field.name = std::move(name);
  field.type = std::move(type);
  field.optional = optional;
  return field;
}

bool IsFixed(std::string_view name) {
  for (const std::string_view fixed :
       {"count", "total", "time", "severity", "risk", "rule", "tags", "id"}) {
    if (name == fixed) return true;
  }
  return false;
}

bool SameType(const Type& a, const Type& b) {
  return TypeName(a) == TypeName(b) && a.kind != TypeKind::kObject;
}

void Add(std::string name, Type type, bool optional, CheckedSchema* schema) {
  if (name.empty() || IsFixed(name)) return;
  for (Field& field : schema->type.fields) {
    if (field.name != name) continue;
    if (!SameType(field.type, type)) field.type = MakeType(TypeKind::kAny);
    field.optional = field.optional || optional;
    return;
  }
  schema->type.fields.push_back(
      MakeField(std::move(name), std::move(type), optional));
}

}  // namespace

bool HidesField(const CheckedSchema& schema, std::string_view name) {
  if (schema.alerts_of == "alert" && !IsFixed(name)) return false;
  return FindField(schema.type, name) != nullptr;
}

CheckedSchema AlertSchema(std::string name) {
  CheckedSchema schema;
  schema.alerts_of = name;
  schema.name = std::move(name);
  schema.type = MakeType(TypeKind::kObject);
  std::vector<Field>& fields = schema.type.fields;
  fields.push_back(MakeField("count", MakeType(TypeKind::kInt), false));
  fields.push_back(MakeField("total", MakeType(TypeKind::kInt), false));
  fields.push_back(MakeField("time", MakeType(TypeKind::kTime), false));
  Field severity = MakeField("severity", MakeType(TypeKind::kString), false);
  severity.limit = Field::Limit::kOneOf;
  for (const char* level : {"info", "low", "medium", "high", "critical"}) {
    severity.values.push_back(Constant{std::string(level)});
  }
  fields.push_back(std::move(severity));
  fields.push_back(MakeField("risk", MakeType(TypeKind::kInt), true));
  fields.push_back(MakeField("rule", MakeType(TypeKind::kString), false));
  fields.push_back(
      MakeField("tags", ListOf(MakeType(TypeKind::kString)), false));
  fields.push_back(MakeField("id", MakeType(TypeKind::kString), false));
  return schema;
}

void AddAlertFields(const CheckedRule& rule,
                    const std::deque<CheckedSchema>& schemas,
                    CheckedSchema* schema) {
  // Of all rules: a field of one is missing in the alerts of another.
  const bool all = schema->alerts_of != rule.name;
  for (const CheckedKey& key : rule.by) {
    Add(key.name, key.each ? TestedType(key.expr.type) : key.expr.type,
        all || key.missing_ok, schema);
  }
  for (const CheckedCollect& collect : rule.collects) {
    Add(collect.name, ListOf(TestedType(collect.expr.type)), all, schema);
  }
  for (const CheckedField& show : rule.shows) {
    Add(show.name, show.expr.type, true, schema);
  }
  // A name of the rule's own stands before that of its schema.
  for (const CheckedField& show : schemas[rule.schema].shows) {
    if (!all && FindField(schema->type, show.name) != nullptr) continue;
    Add(show.name, show.expr.type, true, schema);
  }
}

}  // namespace tocsin::dsl
