// Which fields select the rules that an event may concern: per schema, the
// indexed columns and the tests ("atoms") that read nothing else. The matcher
// turns what an event holds in them into its candidate rules; `explain` shows
// it as the anchor of a rule.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/program/rule_set.h"

namespace tocsin {

struct IndexedField {
  FieldId field = kNoField;
  bool symbol = false;        // Texts are known by symbol; else numbers.
  std::vector<ExprId> atoms;  // Boolean nodes that read this column alone.
};

struct SchemaIndex {
  std::vector<IndexedField> fields;
  std::vector<std::uint32_t> feeds;  // Of this schema, ascending.
};

// One per schema of the rule set.
std::vector<SchemaIndex> PlanIndex(const RuleSet& rules);

// The columns that `root` reads, ascending.
std::vector<FieldId> FieldsRead(const ExprPool& pool, ExprId root);

// All nodes at or below `root`, ascending (children before parents).
std::vector<ExprId> NodesBelow(const ExprPool& pool, ExprId root);

}  // namespace tocsin
