#include "engine/program/expr_builder.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "absl/container/flat_hash_map.h"
#include "engine/base/check.h"
#include "engine/program/zone.h"

namespace tocsin {
namespace {

// Nanoseconds on the machine of bench/; only their order matters.
std::uint32_t OwnCost(const ExprNode& node) {
  switch (node.op) {
    case Op::kConstant:
    case Op::kVariable:
    case Op::kEventTime:
    case Op::kNot:
    case Op::kAnd:
    case Op::kOr:
    case Op::kKey:
    case Op::kCollected:
    case Op::kAlertField:
    case Op::kCaptured:
    case Op::kStepCount:
    case Op::kStepValue:
    case Op::kAggregate:
      return 1;
    case Op::kField:
    case Op::kExists:
    case Op::kCoalesce:
      return 2;
    case Op::kNavigate:
      return 3'000;  // Reads the whole value below the column.
    case Op::kContains:
    case Op::kLike:
      return 15;
    case Op::kMatches:
      return 120;
    case Op::kConvert:
      return 20;
    case Op::kLookup:
      return 60;
    case Op::kAny:
    case Op::kAll:
    case Op::kNone:
    case Op::kCount:
      return 100;
    case Op::kCall:
      switch (Describe(node.function).cost) {
        case Cost::kConstant:
          return 15;
        case Cost::kText:
          return 60;
        case Cost::kParse:
          return 500;
      }
      return 60;
    default:
      return 5;
  }
}

void AppendNumber(std::uint64_t number, std::string* key) {
  for (int shift = 0; shift < 64; shift += 8) {
    *key += static_cast<char>(number >> shift);
  }
}

// All that makes two nodes one.
std::string NodeKey(const ExprNode& node, std::span<const ExprId> children) {
  std::string key;
  key += static_cast<char>(node.op);
  key += static_cast<char>(node.function);
  key += static_cast<char>(node.elements);
  key += static_cast<char>(node.convert);
  key += static_cast<char>(node.nocase ? 1 : 0);
  key += static_cast<char>(node.all ? 1 : 0);
  AppendNumber(node.index, &key);
  AppendNumber(node.step, &key);
  for (const ExprId child : children) AppendNumber(child, &key);
  return key;
}

using VariableBits = std::array<std::uint64_t, kVariableSlots / 64>;

void Unite(const VariableBits& more, VariableBits* bits) {
  for (std::size_t i = 0; i < bits->size(); ++i) (*bits)[i] |= more[i];
}

// Reads what only an alert, or a condition that is being decided, knows.
bool ReadsAlert(Op op) {
  return op == Op::kKey || op == Op::kCollected || op == Op::kAlertField ||
         op == Op::kCaptured || op == Op::kStepCount || op == Op::kStepValue ||
         op == Op::kAggregate;
}

bool BindsVariable(Op op) {
  return op == Op::kAny || op == Op::kAll || op == Op::kNone ||
         op == Op::kCount;
}

}  // namespace

struct ExprPoolBuilder::Impl {
  ExprPool pool;
  StringMap<ExprId> nodes;
  StringMap<std::uint32_t> constants, paths, sets, patterns, zones;
  std::vector<std::uint32_t> parents;
  // Bits: which variables a node reads that nothing below it binds.
  std::vector<VariableBits> free_variables;

  void Describe(ExprNode* node, std::span<const ExprId> children);
};

void ExprPoolBuilder::Impl::Describe(ExprNode* node,
                                     std::span<const ExprId> children) {
  std::uint64_t cost = OwnCost(*node);
  VariableBits bits{};
  node->alert = ReadsAlert(node->op);
  node->navigates = node->op == Op::kNavigate;
  for (const ExprId id : children) {
    const ExprNode& child = pool.nodes_[id];
    cost += child.cost;
    node->alert |= child.alert;
    node->navigates |= child.navigates;
    Unite(free_variables[id], &bits);
  }
  if (node->op == Op::kVariable) {
    bits[node->index / 64] |= std::uint64_t{1} << (node->index % 64);
  } else if (BindsVariable(node->op)) {
    bits[node->index / 64] &= ~(std::uint64_t{1} << (node->index % 64));
    // The domain is read outside the binding.
    Unite(free_variables[children[0]], &bits);
    cost += std::uint64_t{4} * pool.nodes_[children[1]].cost;
  }
  node->varies = bits != VariableBits{};
  node->cost =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(cost, 1'000'000'000));
  free_variables.push_back(bits);
}

ExprPoolBuilder::ExprPoolBuilder() : impl_(std::make_unique<Impl>()) {}
ExprPoolBuilder::~ExprPoolBuilder() = default;

ExprId ExprPoolBuilder::Add(ExprNode node, std::span<const ExprId> given) {
  std::vector<ExprId> children(given.begin(), given.end());
  ExprPool& pool = impl_->pool;
  if (node.op == Op::kAnd || node.op == Op::kOr) {
    std::sort(children.begin(), children.end(), [&](ExprId a, ExprId b) {
      return std::tie(pool.nodes_[a].cost, a) <
             std::tie(pool.nodes_[b].cost, b);
    });
    children.erase(std::unique(children.begin(), children.end()),
                   children.end());
    if (children.size() == 1) return children[0];
  }
  const auto [found, inserted] = impl_->nodes.try_emplace(
      NodeKey(node, children), static_cast<ExprId>(pool.nodes_.size()));
  if (!inserted) return found->second;
  for (const ExprId child : children) {
    TOCSIN_CHECK(child < pool.nodes_.size());
    if (++impl_->parents[child] > 1) pool.nodes_[child].shared = true;
  }
  node.first_child = static_cast<std::uint32_t>(pool.children_.size());
  node.child_count = static_cast<std::uint32_t>(children.size());
  impl_->Describe(&node, children);
  if (node.varies) {
    // What does not depend on the variable is decided once, not per element.
    for (const ExprId child : children) {
      if (!pool.nodes_[child].varies) pool.nodes_[child].shared = true;
    }
  } else if (BindsVariable(node.op) && !pool.nodes_[children[1]].varies) {
    pool.nodes_[children[1]].shared = true;
  }
  pool.children_.insert(pool.children_.end(), children.begin(), children.end());
  pool.nodes_.push_back(node);
  impl_->parents.push_back(0);
  return found->second;
}

ExprId ExprPoolBuilder::AddConstant(const Constant& value) {
  // The canonical encoding does not tell 1 from 1.0; the kind does.
  std::string key;
  key += static_cast<char>(value.value.index());
  AppendCanonical(value, &key);
  const auto [found, inserted] = impl_->constants.try_emplace(
      key, static_cast<std::uint32_t>(impl_->pool.constants_.size()));
  if (inserted) impl_->pool.constants_.push_back(value);
  ExprNode node;
  node.op = Op::kConstant;
  node.index = found->second;
  return Add(node, {});
}

ExprId ExprPoolBuilder::AddField(FieldId field) {
  ExprNode node;
  node.op = Op::kField;
  node.index = field;
  return Add(node, {});
}

namespace {

// Unambiguous where the printed form is not: ["a.b"] is not a.b.
std::string PathKey(const FieldPath& path) {
  std::string key;
  for (const PathSegment& segment : path) {
    key += static_cast<char>('0' + static_cast<int>(segment.kind));
    if (segment.kind == PathSegment::Kind::kKey) {
      AppendSized(segment.key, &key);
    } else {
      key += std::to_string(segment.index) + ';';
    }
  }
  return key;
}

}  // namespace

ExprId ExprPoolBuilder::AddNavigate(ExprId base, const FieldPath& path) {
  if (path.empty()) return base;
  const auto [found, inserted] = impl_->paths.try_emplace(
      PathKey(path), static_cast<std::uint32_t>(impl_->pool.paths_.size()));
  if (inserted) impl_->pool.paths_.push_back(path);
  ExprNode node;
  node.op = Op::kNavigate;
  node.index = found->second;
  return Add(node, {base});
}

std::uint32_t ExprPoolBuilder::Set(const std::string& name,
                                   std::span<const Constant> values,
                                   bool nocase) {
  std::string key;
  key += static_cast<char>(nocase ? 1 : 0);
  key += name;
  if (name.empty()) {
    key += '\0';
    for (const Constant& value : values) {
      std::string encoding;
      AppendCanonical(value, &encoding);
      AppendSized(encoding, &key);
    }
  }
  const auto [found, inserted] = impl_->sets.try_emplace(
      key, static_cast<std::uint32_t>(impl_->pool.sets_.size()));
  if (inserted) {
    impl_->pool.sets_.push_back(
        std::make_unique<const PreparedSet>(values, nocase));
  }
  return found->second;
}

std::uint32_t ExprPoolBuilder::Pattern(const std::string& name,
                                       PreparedPattern::Kind kind,
                                       std::vector<std::string> texts,
                                       bool nocase, bool all) {
  std::string key;
  key += static_cast<char>(kind);
  key += static_cast<char>((nocase ? 1 : 0) + (all ? 2 : 0));
  key += name;
  if (name.empty()) {
    key += '\0';
    for (const std::string& text : texts) AppendSized(text, &key);
  }
  const auto [found, inserted] = impl_->patterns.try_emplace(
      key, static_cast<std::uint32_t>(impl_->pool.patterns_.size()));
  if (inserted) {
    impl_->pool.patterns_.push_back(std::make_unique<const PreparedPattern>(
        kind, std::move(texts), nocase, all));
  }
  return found->second;
}

std::uint32_t ExprPoolBuilder::ZoneIndex(std::string_view name) {
  const auto [found, inserted] = impl_->zones.try_emplace(
      std::string(name), static_cast<std::uint32_t>(impl_->pool.zones_.size()));
  if (inserted) {
    const Zone* zone = FindZone(name);
    TOCSIN_CHECK(zone != nullptr);
    impl_->pool.zones_.push_back(zone);
  }
  return found->second;
}

void ExprPoolBuilder::AddRoot(ExprId id) {
  if (++impl_->parents[id] > 1) impl_->pool.nodes_[id].shared = true;
}

ExprPool ExprPoolBuilder::Build() {
  ExprPool pool = std::move(impl_->pool);
  impl_ = std::make_unique<Impl>();
  return pool;
}

}  // namespace tocsin
