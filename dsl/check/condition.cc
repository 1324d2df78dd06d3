// The only way in is CheckCondition().
#include "dsl/check/condition.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/aggregates.h"
#include "dsl/check/condition_checker.h"
#include "dsl/check/types.h"
#include "engine/base/limits.h"

namespace tocsin::dsl {
namespace {

using ConditionKind = CheckedCondition::Kind;

constexpr std::int64_t kLearnAtMost = 86'400LL * 1'000'000;

}  // namespace

Scope ConditionChecker::MakeScope() const {
  Scope scope;
  scope.file = &file_;
  scope.schema = names_.schema;
  scope.lenient = names_.lenient;
  if (names_.events == nullptr) return scope;
  scope.events = names_.events;
  scope.plain = PlainField::kNeedsStep;
  return scope;
}

bool ConditionChecker::Check(const cst::Condition& condition,
                             CheckedCondition* checked) {
  if (condition.kind == cst::ConditionKind::kParen) {
    return Check(condition.children[0], checked);
  }
  checked->span = SpanOf(condition);
  switch (condition.kind) {
    case cst::ConditionKind::kBad:
    case cst::ConditionKind::kParen:
      return false;
    case cst::ConditionKind::kOr:
    case cst::ConditionKind::kAnd:
      return Join(condition, checked);
    case cst::ConditionKind::kSilent:
      return Silent(condition, checked);
    case cst::ConditionKind::kNew:
      return New(condition, checked);
    case cst::ConditionKind::kPartsOf:
      return PartsOf(condition, checked);
    case cst::ConditionKind::kSequence:
      return Sequence(condition, checked);
    case cst::ConditionKind::kAggregate:
      return Aggregates(condition, checked);
  }
  return false;
}

// `A within 5m or B within 1h`.
bool ConditionChecker::Join(const cst::Condition& condition,
                            CheckedCondition* checked) {
  const bool either = condition.kind == cst::ConditionKind::kOr;
  checked->kind = either ? ConditionKind::kOr : ConditionKind::kAnd;
  bool good = true;
  for (std::size_t i = 0; i < condition.children.size(); ++i) {
    const cst::Condition& child = condition.children[i];
    const bool forgot = child.kind == cst::ConditionKind::kAggregate &&
                        !child.window.has_value();
    if (forgot && i + 1 < condition.children.size()) {
      good =
          Refuse(Kind::kMissingWithin, SpanOf(child),
                 "this has no `within`, and that of what follows is not "
                 "its own",
                 absl::StrFormat("a window each: A within 5m %s B within "
                                 "5m, or one for all: (A %s B) within 5m",
                                 either ? "or" : "and", either ? "or" : "and"));
      continue;
    }
    CheckedCondition part;
    if (!Check(child, &part)) {
      good = false;
    } else if (part.kind == checked->kind) {
      for (CheckedCondition& inner : part.children) {
        checked->children.push_back(std::move(inner));
      }
    } else {
      checked->children.push_back(std::move(part));
    }
  }
  return good && MayJoin(checked->children, either);
}

bool ConditionChecker::MayJoin(const std::vector<CheckedCondition>& children,
                               bool either) {
  const std::string instead =
      either ? "write a rule for each"
             : "make each a `signal`, and join them: event a from SIGNAL = .., "
               "when all of (a, b) within 1h";
  const CheckedCondition* fresh = nullptr;
  const CheckedCondition* waits = nullptr;
  for (const CheckedCondition& child : children) {
    const bool joined =
        child.kind == ConditionKind::kAnd || child.kind == ConditionKind::kOr;
    if (joined) {
      for (const CheckedCondition& inner : child.children) {
        if (inner.kind == ConditionKind::kNew) fresh = &inner;
      }
    }
    if (child.kind == ConditionKind::kSilent ||
        child.kind == ConditionKind::kThenNot ||
        child.kind == ConditionKind::kNotThen) {
      return Refuse(
          Kind::kCannotJoin, child.span,
          absl::StrFormat("%s is decided by a deadline, and `%s` joins what "
                          "stands at an event",
                          ConditionName(child), either ? "or" : "and"),
          instead);
    }
    if (child.window.kind != CheckedWindow::Kind::kSliding) {
      return Refuse(
          Kind::kCannotJoin, child.span,
          absl::StrFormat("this window is decided at its end, and `%s` joins "
                          "what stands at an event",
                          either ? "or" : "and"),
          either ? "write a rule for each" : "use a sliding window: within 5m");
    }
    if (child.kind == ConditionKind::kNew) {
      fresh = &child;
    } else if (!IsMonotone(child)) {
      waits = &child;
    }
  }
  if (fresh == nullptr || waits == nullptr) return true;
  return Refuse(Kind::kCannotJoin, fresh->span,
                "`new(..)` is decided on arrival, and what it is joined with "
                "waits for late events",
                instead);
}

bool ConditionChecker::Aggregates(const cst::Condition& condition,
                                  CheckedCondition* checked) {
  checked->kind = ConditionKind::kAggregates;
  if (condition.exprs.empty()) return false;
  const bool sliding = !condition.window.has_value() ||
                       condition.window->kind == cst::Window::Kind::kSliding;
  const bool tests = CheckAggregates(condition.exprs[0], sliding, names_,
                                     &context_, &expressions_, checked);
  const cst::Expr* first = FindAggregate(condition.exprs[0]);
  if (first == nullptr) return false;
  return CheckWindow(condition, absl::StrFormat("`%s(..)`", first->text), file_,
                     &context_, &checked->window) &&
         tests;
}

bool ConditionChecker::New(const cst::Condition& condition,
                           CheckedCondition* checked) {
  checked->kind = ConditionKind::kNew;
  bool good = true;
  std::uint32_t event = kNoEvent;
  for (const cst::Expr& expr : condition.exprs) {
    Value value = expressions_.Check(expr, MakeScope());
    if (value.bad) {
      good = false;
      continue;
    }
    if (!IsScalar(value.expr.type.kind)) {
      const bool list = value.expr.type.kind == TypeKind::kList;
      const std::string text = context_.Text(SpanOf(expr));
      good = Refuse(
          Kind::kWrongType, SpanOf(expr),
          absl::StrFormat("new values of %s", AType(value.expr.type)),
          list ? absl::StrFormat("`%s[-1]` is the last, `%s[0]` the first; or "
                                 "take each into the key: by each %s",
                                 text, text, text)
               : "name one field of it");
      continue;
    }
    if (!TakeStep(&value.expr, &event)) {
      good = Refuse(Kind::kCannotJoin, SpanOf(expr),
                    "`new(..)` takes values of one event",
                    "write a rule for each");
    }
    checked->values.push_back(std::move(value.expr));
  }
  if (good && names_.events != nullptr && event == kNoEvent) {
    good = Refuse(Kind::kStepNeeded, SpanOf(condition), "new in which event?",
                  absl::StrFormat("name its field: new(%s.ts)",
                                  ExampleEvent(*names_.events)));
  }
  if (event != kNoEvent) checked->steps.push_back({event, 1});
  if (!CheckWindow(condition, "`new(..)`", file_, &context_,
                   &checked->window)) {
    return false;
  }
  checked->learn_us = std::min(checked->window.length_us, kLearnAtMost);
  if (condition.learn.has_value() &&
      !CheckDuration(*condition.learn, file_, &context_, &checked->learn_us)) {
    return false;
  }
  return good;
}

bool ConditionChecker::Silent(const cst::Condition& condition,
                              CheckedCondition* checked) {
  checked->kind = ConditionKind::kSilent;
  if (names_.events != nullptr) {
    return Refuse(Kind::kBadStep, SpanOf(condition),
                  "`silent for` watches what passes `where`, and this rule has "
                  "events",
                  "put the filter into `where`, and leave `event` out");
  }
  if (!CheckWindow(condition, "`silent`", file_, &context_, &checked->window)) {
    return false;
  }
  if (checked->window.length_us == 0) {
    return Refuse(Kind::kBadWindow, SpanOf(*condition.window),
                  "silence of no length is always there", "silent for 10m");
  }
  bool members = names_.by->empty();
  for (const CheckedKey& key : *names_.by) members = members || key.among;
  if (members || names_.keys_written || names_.lenient) return true;
  const std::string key = names_.by->front().name;
  return Refuse(
      Kind::kKeysNeeded, SpanOf(condition),
      "`silent for` remembers every key that was ever seen; say how many",
      absl::StrFormat("keys <= 10_000; or name the members: by %s among LIST",
                      key));
}

namespace {

// Of the whole tree: what an event adds to each is one bit of a word.
std::size_t AggregatesIn(const CheckedCondition& condition) {
  std::size_t aggregates = condition.aggregates.size();
  if (condition.kind == CheckedCondition::Kind::kNew) ++aggregates;
  for (const CheckedCondition& child : condition.children) {
    aggregates += AggregatesIn(child);
  }
  return aggregates;
}

}  // namespace

bool CheckCondition(const cst::Condition& condition,
                    const ConditionNames& names, Context* context,
                    ExprChecker* expressions, CheckedCondition* checked) {
  if (!ConditionChecker(names, context, expressions)
           .Check(condition, checked)) {
    return false;
  }
  if (AggregatesIn(*checked) <= limits::kAggregates) return true;
  context->report.Emit(
      Kind::kRuleTooLarge, At(*names.file, condition),
      absl::StrFormat("more than %d aggregates joined in one `when`",
                      limits::kAggregates));
  return false;
}

}  // namespace tocsin::dsl
