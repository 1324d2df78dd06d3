// Checked expressions to nodes of the pool. expr_tests.cc: tests.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "dsl/check/checked.h"
#include "dsl/compile/captures.h"
#include "dsl/compile/columns.h"
#include "engine/program/expr_builder.h"

namespace tocsin::dsl {

class ExprCompiler {
 public:
  // How what the event holds is read: where it stands; by an alert, whose event
  // may be gone, from its slots; by a sequence's `where`, from what the steps
  // left behind.
  enum class Reading : std::uint8_t { kEvent, kSlots, kSteps };

  // All outlive it.
  ExprCompiler(const CheckedRules* rules, Columns* columns,
               ExprPoolBuilder* builder, Captures* captures)
      : rules_(*rules),
        columns_(*columns),
        builder_(*builder),
        captures_(*captures) {}
  // The place in the rule set of each checked schema.
  void SetSchemas(std::vector<std::uint16_t> index_of_schema) {
    schema_index_ = std::move(index_of_schema);
  }

  // What the next expressions read: their schema, and the rule whose own
  // `show` a template may name (null elsewhere).
  void SetScope(std::uint32_t schema, const CheckedRule* rule_or_null) {
    schema_ = schema;
    rule_ = rule_or_null;
    reading_ = Reading::kEvent;
  }
  void SetReading(Reading reading) { reading_ = reading; }
  // With kSteps: which of the condition's steps is read for each event.
  void SetSteps(std::vector<std::uint32_t> step_of_event) {
    step_of_event_ = std::move(step_of_event);
  }
  // Where a condition's aggregates begin among the rule's.
  void SetFirstAggregate(std::uint32_t first) { first_aggregate_ = first; }

  ExprId Compile(const CheckedExpr& expr);
  // The conjunction of a rule's filters.
  ExprId CompileFilters(const std::vector<CheckedFilter>& filters);
  // The member test of a key part, on the variable kAmongSlot.
  ExprId CompileAmong(const CheckedKey& key);

 private:
  ExprId Step(const CheckedExpr& expr);
  ExprId Slot(const CheckedExpr& expr, std::uint32_t event, bool oldest);
  ExprId Lookup(const CheckedExpr& expr);
  ExprId Node(Op op, std::vector<ExprId> children,
              std::uint32_t index = kNoIndex);
  ExprId Path(const CheckedExpr& expr, Columns::Use use);
  ExprId Derived(std::uint32_t derived);
  ExprId Comparison(const CheckedExpr& expr, Op op);
  ExprId In(const CheckedExpr& expr);
  ExprId TextTest(const CheckedExpr& expr, Op op);
  ExprId Call(const CheckedExpr& expr);
  ExprId Exists(const CheckedExpr& path);
  std::vector<ExprId> CompileAll(const std::vector<CheckedExpr>& exprs);

  const CheckedRules& rules_;
  Columns& columns_;
  ExprPoolBuilder& builder_;
  Captures& captures_;
  std::uint32_t schema_ = 0;
  std::vector<std::uint16_t> schema_index_;
  const CheckedRule* rule_ = nullptr;
  Reading reading_ = Reading::kEvent;
  std::vector<std::uint32_t> step_of_event_;
  std::uint32_t first_aggregate_ = 0;
  // By schema and derived index: compiled once.
  absl::flat_hash_map<std::uint64_t, ExprId> derived_;
};

}  // namespace tocsin::dsl
