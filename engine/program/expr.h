// Compiled expressions: a pool of hash-consed nodes, children before parents,
// so that equal tests of all rules are one node and are decided once an event.
// Constants, lists, patterns and zones are prepared when the pool is made.
// Immutable once in a RuleSet; read by every worker. Every node is pure and
// total, so a reader may take children in any order and stop early.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/event/extract.h"
#include "engine/event/type.h"
#include "engine/event/value.h"
#include "engine/program/function.h"

namespace tocsin {

using ExprId = std::uint32_t;
inline constexpr ExprId kNoExpr = 0xFFFFFFFF;
inline constexpr std::uint32_t kNoIndex = 0xFFFFFFFF;

// The variable that a key's `among` test reads the element from; quantifiers
// nest less deep than this (limits::kExpandedDepth).
inline constexpr std::uint32_t kAmongSlot = 319;
inline constexpr std::uint32_t kVariableSlots = 320;

enum class Op : std::uint8_t {
  kConstant,  // index: constants
  kField,     // index: a column of the projection
  kNavigate,  // index: paths; below children[0]
  kConvert,   // convert: what a declared type reads its JSON as; children[0]
  kVariable,  // index: slot
  kEventTime,
  kKey,         // index: key part, of an alert
  kCollected,   // index: collect, of an alert
  kAlertField,  // index: AlertFieldIndex
  kCaptured,    // index: RuleProgram::slots, of an alert
  kStepCount,   // index: event of the rule, of an alert
  kStepValue,   // index: RuleProgram::captures; step: of a sequence's where
  kAggregate,   // index: RuleProgram::aggregates, of a condition's test
  kLookup,      // index: tables; step: column, or kNoIndex; children: key
  kNot,
  kAnd,
  kOr,
  kEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kIn,       // index: sets; else children[1] is a list or a network
  kInRange,  // children[1] <= children[0] <= children[2]
  kContains,
  kStartsWith,
  kEndsWith,
  kLike,     // index: patterns; else children[1]
  kMatches,  // index: patterns
  kExists,
  kCoalesce,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kNegate,
  kCall,  // function; index: patterns (extract), zones (hour ...)
  kAny,
  kAll,
  kNone,
  kCount,  // index: slot; children[0] domain, children[1] body
};

// What an alert knows beside its completing event, by index of kAlertField.
enum class AlertFieldIndex : std::uint8_t {
  kCount,
  kTotal,
  kFolded,
  kTime,
  kRule,
  kSeverity,
};

// How a test treats a left side that is a list.
enum class ElementMode : std::uint8_t { kAny, kAll, kNone };

struct ExprNode {
  Op op = Op::kConstant;
  Function function = Function::kLower;
  ElementMode elements = ElementMode::kAny;
  TypeKind convert = TypeKind::kAny;
  bool nocase = false;
  bool all = false;  // Each of the patterns, not any of them.
  // Filled by the builder:
  bool varies = false;     // Reads a variable: never remembered for a row.
  bool alert = false;      // Reads what only an alert knows.
  bool shared = false;     // More than one parent or root: remembered.
  bool navigates = false;  // Reads JSON below a column.
  std::uint32_t index = kNoIndex;
  std::uint32_t step = kNoIndex;
  std::uint32_t first_child = 0, child_count = 0;
  std::uint32_t cost = 1;  // Estimated nanoseconds, children included.
};

class PreparedSet;      // prepared.h
class PreparedPattern;  // prepared.h
class Zone;             // zone.h

class ExprPool {
 public:
  ExprPool();
  ~ExprPool();
  ExprPool(ExprPool&&) noexcept;
  ExprPool& operator=(ExprPool&&) noexcept;

  std::size_t size() const { return nodes_.size(); }
  const ExprNode& node(ExprId id) const { return nodes_[id]; }
  std::span<const ExprId> children(const ExprNode& node) const {
    return {children_.data() + node.first_child, node.child_count};
  }
  ExprId child(const ExprNode& node, std::size_t i) const {
    return children_[node.first_child + i];
  }
  const Constant& constant(std::uint32_t index) const {
    return constants_[index];
  }
  std::size_t constant_count() const { return constants_.size(); }
  const FieldPath& path(std::uint32_t index) const { return paths_[index]; }
  const PreparedSet& set(std::uint32_t index) const { return *sets_[index]; }
  const PreparedPattern& pattern(std::uint32_t index) const {
    return *patterns_[index];
  }
  const Zone& zone(std::uint32_t index) const { return *zones_[index]; }
  std::size_t zone_count() const { return zones_.size(); }

 private:
  friend class ExprPoolBuilder;
  std::vector<ExprNode> nodes_;
  std::vector<ExprId> children_;
  std::vector<Constant> constants_;
  std::vector<FieldPath> paths_;
  std::vector<std::unique_ptr<const PreparedSet>> sets_;
  std::vector<std::unique_ptr<const PreparedPattern>> patterns_;
  std::vector<const Zone*> zones_;
};

}  // namespace tocsin
