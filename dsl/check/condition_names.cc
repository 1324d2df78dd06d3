// What messages and later passes ask of a condition.
#include <algorithm>
#include <utility>

#include "dsl/check/condition.h"

namespace tocsin::dsl {
namespace {

using ConditionKind = CheckedCondition::Kind;

}  // namespace

void NoteEvents(const CheckedCondition& condition, std::vector<bool>* used,
                std::vector<bool>* happening) {
  const auto note = [&](std::uint32_t event, bool happens) {
    if (event >= used->size()) return;
    (*used)[event] = true;
    if (happens) (*happening)[event] = true;
  };
  for (std::size_t i = 0; i < condition.steps.size(); ++i) {
    const bool absent = (condition.kind == ConditionKind::kThenNot && i == 1) ||
                        (condition.kind == ConditionKind::kNotThen && i == 0);
    note(condition.steps[i].event, !absent);
  }
  for (const std::uint32_t event : condition.without) note(event, false);
  for (const CheckedAggregate& aggregate : condition.aggregates) {
    note(aggregate.event, true);
  }
  for (const CheckedCondition& child : condition.children) {
    NoteEvents(child, used, happening);
  }
}

std::string ExampleEvent(const std::vector<CheckedEvent>& events) {
  return events.empty() ? "EVENT" : events.front().name;
}

std::string_view ConditionName(const CheckedCondition& condition) {
  switch (condition.kind) {
    case ConditionKind::kFilter:
      return "a rule without `when`";
    case ConditionKind::kAggregates:
      switch (condition.window.kind) {
        case CheckedWindow::Kind::kSliding:
          return condition.test.has_value() ? "a test of aggregates"
                                            : "a threshold";
        case CheckedWindow::Kind::kTumbling:
          return "a tumbling window";
        case CheckedWindow::Kind::kHopping:
          return "a hopping window";
        case CheckedWindow::Kind::kSession:
          return "a session window";
      }
      return "a threshold";
    case ConditionKind::kSequence:
      return "a sequence";
    case ConditionKind::kThenNot:
    case ConditionKind::kNotThen:
      return "a sequence with an absence";
    case ConditionKind::kPartsOf:
      return condition.least == condition.steps.size() ? "`all of`" : "`N of`";
    case ConditionKind::kNew:
      return "`new(..)`";
    case ConditionKind::kSilent:
      return "`silent for`";
    case ConditionKind::kAnd:
    case ConditionKind::kOr:
      return "a joined condition";
  }
  return "";
}

bool TakeStep(CheckedExpr* expr, std::uint32_t* event) {
  if (expr->op == ExprOp::kStep) {
    if (*event != kNoEvent && *event != expr->index) return false;
    *event = expr->index;
    CheckedExpr field = std::move(expr->children[0]);
    *expr = std::move(field);
    return true;
  }
  return std::all_of(
      expr->children.begin(), expr->children.end(),
      [&](CheckedExpr& child) { return TakeStep(&child, event); });
}

}  // namespace tocsin::dsl
