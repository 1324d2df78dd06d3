// A checked rule to its program, and to the feeds by which events reach it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "dsl/check/checked.h"
#include "dsl/compile/captures.h"
#include "dsl/compile/condition_compiler.h"
#include "dsl/compile/expr_compiler.h"
#include "engine/program/expr_builder.h"
#include "engine/program/rule_set.h"

namespace tocsin::dsl {

class RuleCompiler {
 public:
  // All outlive it. `schema_index`: the place in the rule set of each schema.
  RuleCompiler(const CheckedRules* rules, ExprPoolBuilder* builder,
               ExprCompiler* exprs, Captures* captures,
               const std::vector<std::uint16_t>* schema_index)
      : rules_(*rules),
        builder_(*builder),
        exprs_(*exprs),
        captures_(*captures),
        schema_index_(*schema_index),
        conditions_(exprs, builder, schema_index) {}

  // The rule will be number `index` of the rule set.
  RuleProgram Compile(const CheckedRule& rule, std::uint32_t index,
                      std::vector<FeedProgram>* feeds);

 private:
  ExprId Root(const CheckedExpr& expr);
  std::vector<KeyProgram> Keys(const std::vector<CheckedKey>& by);
  void Feeds(const CheckedRule& rule, std::uint32_t index, RuleProgram* program,
             std::vector<FeedProgram>* feeds);
  void Then(const CheckedRule& rule, RuleProgram* program) const;
  void Members(const CheckedRule& rule, RuleProgram* program) const;
  void Collects(const CheckedRule& rule, RuleProgram* program);
  void SetTextScope(std::uint32_t schema, const CheckedRule& rule,
                    const RuleProgram& program);
  void AddSchemaShow(NamedProgram show, RuleProgram* program);
  void Shows(const CheckedRule& rule, RuleProgram* program);
  void Texts(const CheckedRule& rule, RuleProgram* program);
  TemplateProgram Template(const std::optional<CheckedTemplate>& text);

  const CheckedRules& rules_;
  ExprPoolBuilder& builder_;
  ExprCompiler& exprs_;
  Captures& captures_;
  const std::vector<std::uint16_t>& schema_index_;
  ConditionCompiler conditions_;
};

}  // namespace tocsin::dsl
