// A checked `when` to the condition, the aggregates and the captures of a rule.
#pragma once

#include <cstdint>
#include <vector>

#include "dsl/check/checked.h"
#include "dsl/compile/expr_compiler.h"
#include "engine/program/expr_builder.h"
#include "engine/program/rule_set.h"

namespace tocsin::dsl {

class ConditionCompiler {
 public:
  // All outlive it. `schema_index`: the place in the rule set of each schema.
  ConditionCompiler(ExprCompiler* exprs, ExprPoolBuilder* builder,
                    const std::vector<std::uint16_t>* schema_index)
      : exprs_(*exprs), builder_(*builder), schema_index_(*schema_index) {}

  // The rule's condition, with its aggregates and captures added to *program;
  // the compiler of expressions stands in the rule's scope.
  ConditionProgram Compile(const CheckedRule& rule,
                           const CheckedCondition& condition,
                           RuleProgram* program);

  // In the schema of `event` (kNoEvent: the rule's own): a root.
  ExprId Of(const CheckedRule& rule, std::uint32_t event,
            const CheckedExpr& expr);
  // Of which schema's events such a value is; with events only.
  std::uint16_t SchemaOf(const CheckedRule& rule, std::uint32_t event) const;

 private:
  AggregateProgram Aggregate(const CheckedRule& rule,
                             const CheckedAggregate& aggregate);
  void Where(const CheckedRule& rule, const CheckedCondition& condition,
             ConditionProgram* made);
  void WhereOf(const CheckedExpr& conjunct, std::size_t events,
               const ConditionProgram& condition, std::vector<StepTest>* tests);

  ExprCompiler& exprs_;
  ExprPoolBuilder& builder_;
  const std::vector<std::uint16_t>& schema_index_;
};

// The event that the expression names, or kNoEvent.
std::uint32_t EventNamedIn(const CheckedExpr& expr);

// Whether it is decided as events arrive, not behind the clock.
bool IsDecidedOnArrival(const CheckedCondition& condition);

}  // namespace tocsin::dsl
