#include "engine/program/index_plan.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "engine/program/prepared.h"

namespace tocsin {
namespace {

constexpr std::uint32_t kNothing = 0xFFFFFFFF;  // Reads no column.
constexpr std::uint32_t kManyThings = 0xFFFFFFFE;

bool IsBoolean(Op op) {
  switch (op) {
    case Op::kNot:
    case Op::kAnd:
    case Op::kOr:
    case Op::kEqual:
    case Op::kLess:
    case Op::kLessEqual:
    case Op::kGreater:
    case Op::kGreaterEqual:
    case Op::kIn:
    case Op::kInRange:
    case Op::kContains:
    case Op::kStartsWith:
    case Op::kEndsWith:
    case Op::kLike:
    case Op::kMatches:
    case Op::kExists:
      return true;
    default:
      return false;
  }
}

bool IsNumberOrBool(const Constant& constant) {
  return std::holds_alternative<bool>(constant.value) ||
         std::holds_alternative<std::int64_t>(constant.value) ||
         std::holds_alternative<std::uint64_t>(constant.value) ||
         std::holds_alternative<double>(constant.value);
}

// Per node, the one column that it reads and nothing else that changes.
std::vector<std::uint32_t> OnlyFields(const ExprPool& pool) {
  std::vector<std::uint32_t> only(pool.size(), kNothing);
  for (ExprId id = 0; id < pool.size(); ++id) {
    const ExprNode& node = pool.node(id);
    if (node.varies || node.alert || node.navigates ||
        node.op == Op::kEventTime) {
      only[id] = kManyThings;
      continue;
    }
    if (node.op == Op::kField) only[id] = node.index;
    for (const ExprId child : pool.children(node)) {
      if (only[child] == kNothing) continue;
      only[id] = only[id] == kNothing || only[id] == only[child] ? only[child]
                                                                 : kManyThings;
    }
  }
  return only;
}

class Planner {
 public:
  explicit Planner(const RuleSet& rules)
      : rules_(rules), only_(OnlyFields(rules.exprs)) {}

  SchemaIndex Plan(std::uint16_t schema) {
    SchemaIndex index;
    seen_.assign(rules_.exprs.size(), false);
    atoms_.assign(rules_.projection.fields().size(), {});
    for (std::uint32_t feed = 0; feed < rules_.feeds.size(); ++feed) {
      if (rules_.feeds[feed].schema != schema) continue;
      index.feeds.push_back(feed);
      FindAtoms(rules_.feeds[feed].filter);
    }
    for (FieldId field = 0; field < atoms_.size(); ++field) {
      const std::uint8_t want = rules_.projection.fields()[field].want;
      const bool symbol = (want & kWantSymbol) != 0;
      if (atoms_[field].empty() || (want & kWantElements) != 0) continue;
      if (!symbol && !AllOfNumbers(atoms_[field])) continue;
      index.fields.push_back({field, symbol, std::move(atoms_[field])});
    }
    return index;
  }

 private:
  // The largest nodes that read one column.
  void FindAtoms(ExprId id) {
    if (seen_[id]) return;
    seen_[id] = true;
    const ExprNode& node = rules_.exprs.node(id);
    if (only_[id] < kManyThings && IsBoolean(node.op)) {
      atoms_[only_[id]].push_back(id);
      return;
    }
    if (node.op != Op::kNot && node.op != Op::kAnd && node.op != Op::kOr) {
      return;
    }
    for (const ExprId child : rules_.exprs.children(node)) FindAtoms(child);
  }

  bool AllOfNumbers(const std::vector<ExprId>& atoms) const {
    return std::all_of(atoms.begin(), atoms.end(), [&](ExprId atom) {
      const std::vector<ExprId> below = NodesBelow(rules_.exprs, atom);
      return std::all_of(below.begin(), below.end(), [&](ExprId id) {
        const ExprNode& node = rules_.exprs.node(id);
        return (IsBoolean(node.op) && node.index == kNoIndex) ||
               (node.op == Op::kIn &&
                !rules_.exprs.set(node.index).has_texts()) ||
               node.op == Op::kField ||
               (node.op == Op::kConstant &&
                IsNumberOrBool(rules_.exprs.constant(node.index)));
      });
    });
  }

  const RuleSet& rules_;
  std::vector<std::uint32_t> only_;
  std::vector<bool> seen_;
  std::vector<std::vector<ExprId>> atoms_;  // By field.
};

}  // namespace

std::vector<SchemaIndex> PlanIndex(const RuleSet& rules) {
  Planner planner(rules);
  std::vector<SchemaIndex> indexes;
  for (std::size_t i = 0; i < rules.schemas.size(); ++i) {
    indexes.push_back(planner.Plan(static_cast<std::uint16_t>(i)));
  }
  return indexes;
}

std::vector<ExprId> NodesBelow(const ExprPool& pool, ExprId root) {
  std::vector<ExprId> nodes = {root};
  absl::flat_hash_set<ExprId> seen = {root};
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    for (const ExprId child : pool.children(pool.node(nodes[i]))) {
      if (seen.insert(child).second) nodes.push_back(child);
    }
  }
  std::sort(nodes.begin(), nodes.end());
  return nodes;
}

std::vector<FieldId> FieldsRead(const ExprPool& pool, ExprId root) {
  std::vector<FieldId> fields;
  for (const ExprId id : NodesBelow(pool, root)) {
    if (pool.node(id).op == Op::kField) {
      fields.push_back(static_cast<FieldId>(pool.node(id).index));
    }
  }
  std::sort(fields.begin(), fields.end());
  fields.erase(std::unique(fields.begin(), fields.end()), fields.end());
  return fields;
}

}  // namespace tocsin
