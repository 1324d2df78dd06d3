// Checked expressions to nodes of the pool.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "dsl/check/checked.h"
#include "dsl/compile/columns.h"
#include "engine/program/expr_builder.h"

namespace tocsin::dsl {

class ExprCompiler {
 public:
  // All outlive it.
  ExprCompiler(const CheckedRules* rules, Columns* columns,
               ExprPoolBuilder* builder)
      : rules_(*rules), columns_(*columns), builder_(*builder) {}

  // What the next expressions read: their schema, and the rule whose own
  // `show` a template may name (null elsewhere).
  void SetScope(std::uint32_t schema, const CheckedRule* rule_or_null) {
    schema_ = schema;
    rule_ = rule_or_null;
  }

  ExprId Compile(const CheckedExpr& expr);
  // The conjunction of a rule's filters.
  ExprId CompileFilters(const std::vector<CheckedFilter>& filters);
  // The member test of a key part, on the variable kAmongSlot.
  ExprId CompileAmong(const CheckedKey& key);

 private:
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
  std::uint32_t schema_ = 0;
  const CheckedRule* rule_ = nullptr;
  // By schema and derived index: compiled once.
  absl::flat_hash_map<std::uint64_t, ExprId> derived_;
};

}  // namespace tocsin::dsl
