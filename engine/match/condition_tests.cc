#include "engine/match/condition_tests.h"

#include "engine/match/evaluator.h"

namespace tocsin {

struct ConditionTests::Impl {
  explicit Impl(const RuleSet* rules)
      : evaluator(rules, Evaluator::Memory::kNothing) {}
  Evaluator evaluator;
};

ConditionTests::ConditionTests(const RuleSet* rules) : rules_(rules) {}
ConditionTests::~ConditionTests() = default;
ConditionTests::ConditionTests(ConditionTests&&) noexcept = default;
ConditionTests& ConditionTests::operator=(ConditionTests&&) noexcept = default;

ConditionTests::Impl& ConditionTests::Made() {
  if (impl_ == nullptr) impl_ = std::make_unique<Impl>(rules_);
  impl_->evaluator.BeginAlone();
  return *impl_;
}

bool ConditionTests::StepHolds(ExprId test, const StepValues& values) {
  Evaluator& evaluator = Made().evaluator;
  evaluator.SetSteps(&values);
  const bool holds = evaluator.Test(test);
  evaluator.SetSteps(nullptr);
  return holds;
}

bool ConditionTests::AggregatesHold(ExprId test,
                                    std::span<const AggregateValue> values) {
  Evaluator& evaluator = Made().evaluator;
  evaluator.SetAggregates(values);
  const bool holds = evaluator.Test(test);
  evaluator.SetAggregates({});
  return holds;
}

}  // namespace tocsin
