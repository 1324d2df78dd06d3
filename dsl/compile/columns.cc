#include "dsl/compile/columns.h"

#include <utility>

#include "engine/base/check.h"
#include "engine/program/prepared.h"

namespace tocsin::dsl {
namespace {

// Past this many, a new path is read from the column of what holds it: every
// row has a cell of every column.
constexpr std::size_t kMostColumns = 2'048;

std::string NameOf(const std::vector<std::string>& keys) {
  std::string name;
  for (const std::string& key : keys) AppendSized(key, &name);
  return name;
}

bool IsScalar(TypeKind kind) {
  return kind != TypeKind::kAny && kind < TypeKind::kList;
}

const Type& AnyType() {
  static const Type any;
  return any;
}

// The type under a key; null where the schema does not look further.
const Type* Under(const Type& type, const std::string& key) {
  if (type.kind == TypeKind::kMap) return &type.element[0];
  if (type.kind != TypeKind::kObject) return nullptr;
  for (const Field& field : type.fields) {
    if (field.name == key) return &field.type;
  }
  return &AnyType();
}

bool IsEqualToText(const ExprPool& pool, const ExprNode& node) {
  if (node.op == Op::kIn && node.index != kNoIndex) {
    return pool.set(node.index).has_texts();
  }
  if (node.op != Op::kEqual) return false;
  const ExprNode& right = pool.node(pool.child(node, 1));
  return right.op == Op::kConstant &&
         std::holds_alternative<std::string>(pool.constant(right.index).value);
}

bool SearchesText(const ExprNode& node) {
  return node.op == Op::kContains || node.op == Op::kMatches ||
         node.op == Op::kLike || node.op == Op::kCall;
}

}  // namespace

FieldId Columns::Find(const std::vector<std::string>& keys) {
  const auto [found, inserted] =
      by_keys_.try_emplace(NameOf(keys), static_cast<FieldId>(columns_.size()));
  if (inserted) {
    TOCSIN_CHECK(columns_.size() < kNoField);
    Column& column = columns_.emplace_back();
    column.spec.keys = keys;
  }
  return found->second;
}

ColumnPath Columns::Add(const Type& schema, const FieldPath& path, Use use) {
  const Type* type = &schema;
  std::vector<std::string> keys;
  std::vector<const Type*> types;
  for (const PathSegment& segment : path) {
    if (segment.kind != PathSegment::Kind::kKey) break;
    const Type* under = Under(*type, segment.key);
    if (under == nullptr && use == Use::kColumn) under = &AnyType();
    if (under == nullptr) break;
    keys.push_back(segment.key);
    types.push_back(under);
    type = under;
  }
  if (use != Use::kColumn) {
    while (keys.size() > 1 && columns_.size() >= kMostColumns &&
           !by_keys_.contains(NameOf(keys))) {
      keys.pop_back();
      types.pop_back();
    }
  }
  if (!types.empty()) type = types.back();
  ColumnPath column;
  column.rest.assign(path.begin() + static_cast<std::ptrdiff_t>(keys.size()),
                     path.end());
  column.field = Find(keys);
  Column& of = columns_[column.field];
  if (use == Use::kPresence && column.rest.empty()) return column;
  if (IsScalar(type->kind)) {
    of.scalar = true;
  } else if (use != Use::kJson && type->kind == TypeKind::kList &&
             IsScalar(type->element[0].kind)) {
    of.elements = true;
  } else {
    of.json = true;
  }
  return column;
}

std::vector<FieldSpec> Columns::Build(const ExprPool& pool) {
  std::vector<int> equal(columns_.size()), searched(columns_.size());
  for (ExprId id = 0; id < pool.size(); ++id) {
    const ExprNode& node = pool.node(id);
    if (node.child_count == 0) continue;
    const ExprNode& left = pool.node(pool.child(node, 0));
    if (left.op != Op::kField) continue;
    if (IsEqualToText(pool, node)) ++equal[left.index];
    if (SearchesText(node)) ++searched[left.index];
  }
  std::vector<FieldSpec> specs;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const Column& column = columns_[i];
    FieldSpec spec = column.spec;
    spec.want = kWantScalar;
    if (column.json) {
      spec.want |= kWantSlice;
    } else if (column.elements) {
      spec.want |= kWantElements;
    } else if (column.scalar && equal[i] > 0 && equal[i] >= searched[i]) {
      spec.want |= kWantSymbol;
    }
    specs.push_back(std::move(spec));
  }
  return specs;
}

}  // namespace tocsin::dsl
