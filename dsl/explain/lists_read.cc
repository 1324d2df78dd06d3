#include "dsl/explain/lists_read.h"

#include <vector>

namespace tocsin::dsl {
namespace {

// The lists that an expression names.
void AddLists(const CheckedExpr& expr, std::set<std::uint32_t>* lists) {
  if (expr.op == ExprOp::kList) lists->insert(expr.list);
  for (const CheckedExpr& child : expr.children) AddLists(child, lists);
}
void AddLists(const CheckedCondition& condition,
              std::set<std::uint32_t>* lists) {
  for (const CheckedAggregate& aggregate : condition.aggregates) {
    if (aggregate.filter.has_value()) AddLists(*aggregate.filter, lists);
    for (const CheckedExpr& value : aggregate.values) AddLists(value, lists);
  }
  if (condition.where.has_value()) AddLists(*condition.where, lists);
  for (const CheckedExpr& value : condition.values) AddLists(value, lists);
  for (const CheckedCondition& child : condition.children) {
    AddLists(child, lists);
  }
}
void AddLists(const std::vector<CheckedFilter>& filters,
              const std::vector<CheckedKey>& by,
              std::set<std::uint32_t>* lists) {
  for (const CheckedFilter& filter : filters) AddLists(filter.expr, lists);
  for (const CheckedKey& key : by) {
    AddLists(key.expr, lists);
    if (key.among.has_value()) lists->insert(*key.among);
  }
}

}  // namespace

std::set<std::uint32_t> ListsOf(const CheckedRule& rule) {
  std::set<std::uint32_t> lists;
  AddLists(rule.filters, rule.by, &lists);
  for (const CheckedEvent& event : rule.events) {
    AddLists(event.filters, event.by, &lists);
  }
  AddLists(rule.condition, &lists);
  return lists;
}

}  // namespace tocsin::dsl
