// Sequences, absences and `N of`: conditions over the events of a rule.
#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/condition_checker.h"
#include "dsl/check/constants.h"
#include "dsl/check/types.h"
#include "engine/base/limits.h"

namespace tocsin::dsl {
namespace {

using ConditionKind = CheckedCondition::Kind;

}  // namespace

bool ConditionChecker::Event(const cst::Name& name, std::uint32_t* index) {
  const std::size_t count =
      names_.events == nullptr ? 0 : names_.events->size();
  for (std::size_t i = 0; i < count; ++i) {
    if ((*names_.events)[i].name != name.text) continue;
    *index = static_cast<std::uint32_t>(i);
    return true;
  }
  if (!name.text.empty()) expressions_.UnknownStep(name, MakeScope());
  return false;
}

bool ConditionChecker::Run(const cst::Step& step, std::uint32_t* run) {
  *run = 1;
  if (!step.run.has_value()) return true;
  Constant constant;
  TypeKind kind = TypeKind::kAny;
  LiteralValue(*step.run, &constant, &kind);
  const auto* number = std::get_if<std::int64_t>(&constant.value);
  if (number == nullptr || *number < 1 || *number > limits::kRun) {
    return Refuse(Kind::kBadStep, SpanOf(*step.run),
                  absl::StrFormat("a run is x1 to x%s", Grouped(limits::kRun)),
                  absl::StrFormat("%s x5", step.name.text));
  }
  *run = static_cast<std::uint32_t>(*number);
  return true;
}

bool ConditionChecker::Steps(const cst::Condition& condition,
                             CheckedCondition* checked) {
  bool good = true;
  for (const cst::Step& step : condition.steps) {
    CheckedStep made;
    const bool known = Event(step.name, &made.event);
    const bool run = Run(step, &made.run);
    good = good && known && run;
    checked->steps.push_back(made);
  }
  if (condition.steps.size() > limits::kSteps) {
    good = Refuse(Kind::kRuleTooLarge, SpanOf(condition),
                  absl::StrFormat("%d steps; a sequence has at most %d",
                                  condition.steps.size(), limits::kSteps),
                  "");
  }
  return good;
}

bool ConditionChecker::Sequence(const cst::Condition& condition,
                                CheckedCondition* checked) {
  const bool absence =
      std::any_of(condition.steps.begin(), condition.steps.end(),
                  [](const cst::Step& step) { return step.negated; });
  checked->kind = ConditionKind::kSequence;
  bool good = Steps(condition, checked);
  if (absence) good = Absence(condition, checked) && good;
  const bool window =
      CheckWindow(condition, "a sequence", file_, &context_, &checked->window);
  if (absence) return good && window;
  good = Without(condition, checked) && good;
  if (!condition.exprs.empty()) {
    good = StepsWhere(condition.exprs[0], checked) && good;
  }
  return good && window;
}

// `A then not B`, `not A then B`: two steps, one of them absent, and no more.
bool ConditionChecker::Absence(const cst::Condition& condition,
                               CheckedCondition* checked) {
  const cst::Step& first = condition.steps.front();
  const cst::Step& last = condition.steps.back();
  if (condition.steps.size() > 2) {
    const auto absent =
        std::find_if(condition.steps.begin(), condition.steps.end(),
                     [](const cst::Step& step) { return step.negated; });
    const bool inside = &*absent != &condition.steps.front() &&
                        &*absent != &condition.steps.back();
    return Refuse(
        Kind::kBadStep, SpanOf(*absent),
        "`not` stands in a sequence of two steps only",
        inside ? absl::StrFormat(
                     "what must not lie between: %s then %s without "
                     "%s",
                     first.name.text, last.name.text, absent->name.text)
               : "make the other steps a `signal`, and let `not` stand beside "
                 "an event from it");
  }
  if (first.negated && last.negated) {
    return Refuse(Kind::kBadStep, SpanOf(condition),
                  "neither step happens, so nothing starts the window",
                  "`silent for 10m` watches for nothing at all");
  }
  if (first.name.text == last.name.text) {
    return Refuse(Kind::kBadStep, SpanOf(last),
                  absl::StrFormat("`%s` is both what happens and what does not",
                                  last.name.text),
                  "count(..) <= 1 within 10m tumbling asks for a single one");
  }
  checked->kind =
      first.negated ? ConditionKind::kNotThen : ConditionKind::kThenNot;
  for (const cst::Step& step : condition.steps) {
    if (!step.run.has_value()) continue;
    return Refuse(Kind::kBadStep, SpanOf(*step.run),
                  "a run does not stand beside `not`",
                  "count in a `signal`, and read it: event many from SIGNAL = "
                  "..");
  }
  if (!condition.without.empty()) {
    return Refuse(Kind::kBadStep, SpanOf(condition.without.front()),
                  "`without` does not stand beside `not`",
                  "join them in the absent event: event b = P or Q");
  }
  if (!condition.exprs.empty()) {
    return Refuse(Kind::kBadStep, SpanOf(condition.exprs.front()),
                  "`where` cannot compare with an event that does not happen",
                  "what must be equal in both stands in `by`");
  }
  return true;
}

bool ConditionChecker::Without(const cst::Condition& condition,
                               CheckedCondition* checked) {
  bool good = true;
  for (const cst::Name& name : condition.without) {
    std::uint32_t event = 0;
    if (!Event(name, &event)) {
      good = false;
      continue;
    }
    for (const cst::Step& step : condition.steps) {
      if (step.name.text != name.text) continue;
      good = Refuse(
          Kind::kBadStep, SpanOf(name),
          absl::StrFormat("`%s` is a step of the sequence itself", name.text),
          "`without` names what must not lie between the first step "
          "and the last");
      break;
    }
    auto& without = checked->without;
    if (std::find(without.begin(), without.end(), event) == without.end()) {
      without.push_back(event);
    }
  }
  return good;
}

bool ConditionChecker::StepsWhere(const cst::Expr& where,
                                  CheckedCondition* checked) {
  Value value = expressions_.Condition(where, MakeScope());
  if (value.bad) return false;
  std::vector<bool> steps(names_.events == nullptr ? 0 : names_.events->size());
  for (const CheckedStep& step : checked->steps) steps[step.event] = true;
  const CheckedExpr* other = nullptr;
  const auto visit = [&](const auto& self, const CheckedExpr& expr) -> void {
    if (expr.op == ExprOp::kStep && !steps[expr.index]) other = &expr;
    for (const CheckedExpr& child : expr.children) self(self, child);
  };
  visit(visit, value.expr);
  if (other != nullptr) {
    return Refuse(Kind::kBadStep, other->span,
                  absl::StrFormat("`%s` is no step of this sequence",
                                  (*names_.events)[other->index].name),
                  "`where` compares the steps with each other");
  }
  checked->where = std::move(value.expr);
  return true;
}

bool ConditionChecker::PartsOf(const cst::Condition& condition,
                               CheckedCondition* checked) {
  checked->kind = ConditionKind::kPartsOf;
  bool good = true;
  for (const cst::Name& name : condition.names) {
    CheckedStep part;
    if (!Event(name, &part.event)) {
      good = false;
      continue;
    }
    const bool twice = std::any_of(
        checked->steps.begin(), checked->steps.end(),
        [&](const CheckedStep& other) { return other.event == part.event; });
    if (twice) {
      good = Refuse(Kind::kBadParts, SpanOf(name),
                    absl::StrFormat("`%s` is listed twice", name.text),
                    "each part is another event");
    }
    checked->steps.push_back(part);
  }
  const std::size_t parts = condition.names.size();
  checked->least = static_cast<std::uint32_t>(parts);
  if (condition.count.has_value()) {
    Constant constant;
    TypeKind kind = TypeKind::kAny;
    LiteralValue(*condition.count, &constant, &kind);
    const auto* number = std::get_if<std::int64_t>(&constant.value);
    if (number == nullptr || *number < 1 ||
        *number > static_cast<std::int64_t>(parts)) {
      good = Refuse(Kind::kBadParts, SpanOf(*condition.count),
                    absl::StrFormat("%s of %d event%s", condition.count->text,
                                    parts, parts == 1 ? "" : "s"),
                    absl::StrFormat("1 to %d, or `all of`", parts));
    } else {
      checked->least = static_cast<std::uint32_t>(*number);
    }
  }
  if (parts > limits::kSteps) {
    good = Refuse(Kind::kRuleTooLarge, SpanOf(condition),
                  absl::StrFormat("%d parts; at most %d are joined", parts,
                                  limits::kSteps),
                  "");
  }
  return CheckWindow(
             condition,
             condition.count.has_value()
                 ? absl::StrFormat("`%s of (..)`", condition.count->text)
                 : "`all of (..)`",
             file_, &context_, &checked->window) &&
         good;
}

}  // namespace tocsin::dsl
