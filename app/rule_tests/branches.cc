#include "app/rule_tests/branches.h"

#include <algorithm>

#include "absl/strings/str_format.h"

namespace tocsin {
namespace {

using dsl::CheckedCondition;
using dsl::CheckedRule;
using Kind = CheckedCondition::Kind;

constexpr std::int64_t kShortestHold = 1'000'000;

// The alternatives below a condition that is one part of the whole.
void Collect(const CheckedCondition& condition,
             std::vector<CheckedCondition>* branches) {
  for (const CheckedCondition& child : condition.children) {
    if (condition.kind == Kind::kOr) branches->push_back(child);
    Collect(child, branches);
  }
  if (!condition.test.has_value() || condition.test->op != dsl::ExprOp::kOr) {
    return;
  }
  for (const dsl::CheckedExpr& test : condition.test->children) {
    branches->push_back(condition);
    branches->back().test = test;
    branches->back().span = test.span;
  }
}

// The rule with another condition, which tells that it stood and no more.
CheckedRule With(const CheckedRule& rule, const CheckedCondition& condition,
                 std::size_t number) {
  CheckedRule branch = rule;
  branch.name = absl::StrFormat("<branch %d of %s>", number, rule.name);
  branch.condition = condition;
  branch.then = {};
  branch.then.kind = dsl::CheckedThen::Kind::kOncePer;
  branch.then.hold_us = std::max(kShortestHold, dsl::LongestWindow(condition));
  branch.collects.clear();
  branch.shows.clear();
  branch.risk.reset();
  branch.severity_arms.clear();
  branch.alert.reset();
  branch.title.reset();
  branch.runbook.reset();
  branch.signal = false;
  branch.enabled = true;
  return branch;
}

}  // namespace

std::vector<Branch> BranchesOf(const CheckedRule& rule) {
  std::vector<CheckedCondition> conditions;
  Collect(rule.condition, &conditions);
  std::vector<Branch> branches;
  for (const CheckedCondition& condition : conditions) {
    branches.push_back(
        {With(rule, condition, branches.size()), condition.span});
  }
  return branches;
}

}  // namespace tocsin
