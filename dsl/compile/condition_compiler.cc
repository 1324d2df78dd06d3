#include "dsl/compile/condition_compiler.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"

namespace tocsin::dsl {
namespace {

template <typename To, typename From>
To SameEnum(From from) {
  return static_cast<To>(static_cast<int>(from));
}

// The two lists of kinds are the same, by name and order.
using CheckedKind = CheckedCondition::Kind;
using ProgramKind = ConditionProgram::Kind;
static_assert(static_cast<int>(CheckedKind::kFilter) ==
              static_cast<int>(ProgramKind::kFilter));
static_assert(static_cast<int>(CheckedKind::kPartsOf) ==
              static_cast<int>(ProgramKind::kPartsOf));
static_assert(static_cast<int>(CheckedKind::kOr) ==
              static_cast<int>(ProgramKind::kOr));
static_assert(static_cast<int>(CheckedAggregate::Kind::kPercentile) ==
              static_cast<int>(AggregateProgram::Kind::kPercentile));
static_assert(static_cast<int>(CheckedWindow::Kind::kSession) ==
              static_cast<int>(WindowKind::kSession));

void Conjuncts(const CheckedExpr& expr, std::vector<const CheckedExpr*>* out) {
  if (expr.op != ExprOp::kAnd) {
    out->push_back(&expr);
    return;
  }
  for (const CheckedExpr& child : expr.children) Conjuncts(child, out);
}

void EventsIn(const CheckedExpr& expr, std::vector<std::uint32_t>* events) {
  if (expr.op == ExprOp::kStep &&
      std::find(events->begin(), events->end(), expr.index) == events->end()) {
    events->push_back(expr.index);
  }
  for (const CheckedExpr& child : expr.children) EventsIn(child, events);
}

std::vector<std::uint32_t> StepsOf(const ConditionProgram& condition,
                                   std::uint32_t event) {
  std::vector<std::uint32_t> steps;
  for (std::uint32_t i = 0; i < condition.steps.size(); ++i) {
    if (condition.steps[i].event == event) steps.push_back(i);
  }
  return steps;
}

}  // namespace

std::uint32_t EventNamedIn(const CheckedExpr& expr) {
  std::vector<std::uint32_t> events;
  EventsIn(expr, &events);
  return events.empty() ? tocsin::kNoEvent : events[0];
}

bool IsDecidedOnArrival(const CheckedCondition& condition) {
  switch (condition.kind) {
    case CheckedKind::kNew:
      return true;
    case CheckedKind::kAnd:
    case CheckedKind::kOr:
      return std::all_of(condition.children.begin(), condition.children.end(),
                         IsDecidedOnArrival);
    default:
      return IsMonotone(condition);
  }
}

ExprId ConditionCompiler::Of(const CheckedRule& rule, std::uint32_t event,
                             const CheckedExpr& expr) {
  const std::uint32_t schema =
      event == tocsin::kNoEvent ? rule.schema : rule.events[event].schema;
  exprs_.SetScope(schema, &rule);
  const ExprId id = exprs_.Compile(expr);
  builder_.AddRoot(id);
  return id;
}

std::uint16_t ConditionCompiler::SchemaOf(const CheckedRule& rule,
                                          std::uint32_t event) const {
  if (rule.events.empty()) return kNoSchema;
  return schema_index_[event == tocsin::kNoEvent ? rule.schema
                                                 : rule.events[event].schema];
}

AggregateProgram ConditionCompiler::Aggregate(
    const CheckedRule& rule, const CheckedAggregate& aggregate) {
  AggregateProgram made;
  made.kind = SameEnum<AggregateProgram::Kind>(aggregate.kind);
  made.event = aggregate.event;
  // distinct(a.x): of the event that the value names.
  for (const CheckedExpr& value : aggregate.values) {
    if (made.event == tocsin::kNoEvent) made.event = EventNamedIn(value);
  }
  made.schema = SchemaOf(rule, made.event);
  if (made.event == tocsin::kNoEvent && aggregate.values.empty() &&
      !aggregate.filter.has_value()) {
    made.schema = kNoSchema;  // Counts whatever comes.
  }
  if (aggregate.filter.has_value()) {
    made.filter = Of(rule, made.event, *aggregate.filter);
  }
  for (const CheckedExpr& value : aggregate.values) {
    made.values.push_back(Of(rule, made.event, value));
  }
  made.threshold = aggregate.threshold;
  made.least = aggregate.least;
  made.percent = aggregate.percent;
  if (aggregate.threshold_of.has_value()) {
    made.threshold_of = Of(rule, made.event, *aggregate.threshold_of);
  }
  return made;
}

// A conjunct that names an event which is several steps holds for each of them.
void ConditionCompiler::WhereOf(const CheckedExpr& conjunct, std::size_t events,
                                const ConditionProgram& condition,
                                std::vector<StepTest>* tests) {
  std::vector<std::uint32_t> named;
  EventsIn(conjunct, &named);
  std::vector<std::vector<std::uint32_t>> choices;
  for (const std::uint32_t event : named) {
    choices.push_back(StepsOf(condition, event));
    TOCSIN_CHECK(!choices.back().empty());
  }
  std::vector<std::size_t> at(named.size(), 0);
  while (true) {
    std::vector<std::uint32_t> step_of(events, 0);
    StepTest test;
    for (std::size_t i = 0; i < named.size(); ++i) {
      step_of[named[i]] = choices[i][at[i]];
      test.steps.push_back(choices[i][at[i]]);
    }
    std::sort(test.steps.begin(), test.steps.end());
    exprs_.SetSteps(std::move(step_of));
    test.test = exprs_.Compile(conjunct);
    builder_.AddRoot(test.test);
    tests->push_back(std::move(test));
    std::size_t i = named.size();
    while (i > 0 && ++at[i - 1] == choices[i - 1].size()) at[--i] = 0;
    if (i == 0) return;
  }
}

void ConditionCompiler::Where(const CheckedRule& rule,
                              const CheckedCondition& condition,
                              ConditionProgram* made) {
  exprs_.SetScope(rule.schema, &rule);
  exprs_.SetReading(ExprCompiler::Reading::kSteps);
  std::vector<const CheckedExpr*> conjuncts;
  Conjuncts(*condition.where, &conjuncts);
  for (const CheckedExpr* conjunct : conjuncts) {
    WhereOf(*conjunct, rule.events.size(), *made, &made->where);
  }
  exprs_.SetReading(ExprCompiler::Reading::kEvent);
}

ConditionProgram ConditionCompiler::Compile(const CheckedRule& rule,
                                            const CheckedCondition& condition,
                                            RuleProgram* program) {
  ConditionProgram made;
  made.kind = SameEnum<ProgramKind>(condition.kind);
  made.window = SameEnum<WindowKind>(condition.window.kind);
  made.length_us = condition.window.length_us;
  made.step_us = condition.window.step_us;
  made.zone = condition.window.zone;
  made.least = condition.least;
  made.learn_us = condition.learn_us;
  made.first_aggregate = static_cast<std::uint32_t>(program->aggregates.size());
  for (const CheckedAggregate& aggregate : condition.aggregates) {
    program->aggregates.push_back(Aggregate(rule, aggregate));
  }
  if (condition.kind == CheckedKind::kNew) {
    CheckedAggregate tuples;
    tuples.kind = CheckedAggregate::Kind::kDistinct;
    tuples.values = condition.values;
    if (!condition.steps.empty()) tuples.event = condition.steps[0].event;
    program->aggregates.push_back(Aggregate(rule, tuples));
    program->aggregates.back().kind = AggregateProgram::Kind::kNew;
  }
  made.aggregate_count =
      static_cast<std::uint32_t>(program->aggregates.size()) -
      made.first_aggregate;
  if (condition.test.has_value()) {
    exprs_.SetFirstAggregate(made.first_aggregate);
    made.test = Of(rule, tocsin::kNoEvent, *condition.test);
  }
  for (const CheckedStep& step : condition.steps) {
    made.steps.push_back({step.event, step.run});
  }
  for (const std::uint32_t event : condition.without) {
    made.without |= std::uint64_t{1} << event;
  }
  if (condition.where.has_value()) Where(rule, condition, &made);
  for (const CheckedCondition& child : condition.children) {
    made.children.push_back(Compile(rule, child, program));
  }
  return made;
}

}  // namespace tocsin::dsl
