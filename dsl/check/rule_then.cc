// What happens after firing, by the kind of the condition; late events.
#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/constants.h"
#include "dsl/check/rule_checker.h"
#include "dsl/check/types.h"
#include "engine/base/limits.h"

namespace tocsin::dsl {
namespace {

using ConditionKind = CheckedCondition::Kind;
using ThenKind = CheckedThen::Kind;

bool HasWindowOfItsOwn(const CheckedCondition& condition) {
  return condition.window.kind != CheckedWindow::Kind::kSliding;
}

// Whether the condition takes this `then`; language.md, After firing.
bool Takes(const CheckedCondition& condition, ThenKind then) {
  if (then == ThenKind::kOncePer) return true;
  switch (condition.kind) {
    case ConditionKind::kFilter:
    case ConditionKind::kNew:
    case ConditionKind::kThenNot:
    case ConditionKind::kNotThen:
      return then == ThenKind::kEvery;
    case ConditionKind::kSilent:
      return then == ThenKind::kEdge;
    case ConditionKind::kAggregates:
      if (then == ThenKind::kEvery || then == ThenKind::kEdge) return true;
      return !HasWindowOfItsOwn(condition) && !condition.test.has_value();
    case ConditionKind::kSequence:
    case ConditionKind::kPartsOf:
    case ConditionKind::kAnd:
    case ConditionKind::kOr:
      return then != ThenKind::kEdge;
  }
  return false;
}

std::string_view ThenName(ThenKind kind) {
  switch (kind) {
    case ThenKind::kEvery:
      return "every";
    case ThenKind::kOncePer:
      return "once per";
    case ThenKind::kReset:
      return "reset";
    case ThenKind::kEdge:
      return "edge";
    case ThenKind::kEscalate:
      return "escalate";
  }
  return "";
}

std::string Allowed(const CheckedCondition& condition) {
  std::string names;
  for (const ThenKind kind :
       {ThenKind::kEvery, ThenKind::kOncePer, ThenKind::kReset,
        ThenKind::kEscalate, ThenKind::kEdge}) {
    if (!Takes(condition, kind)) continue;
    names += names.empty() ? "" : ", ";
    names += ThenName(kind);
  }
  return names;
}

}  // namespace

void RuleChecker::DefaultThen() {
  const CheckedCondition& condition = rule_.condition;
  CheckedThen& then = rule_.then;
  switch (condition.kind) {
    case ConditionKind::kFilter:
    case ConditionKind::kNew:
      return;
    case ConditionKind::kSilent:
      then.kind = ThenKind::kEdge;
      return;
    default:
      if (HasWindowOfItsOwn(condition)) return;
      then.kind = ThenKind::kOncePer;
      then.hold_us = LongestWindow(condition);
  }
}

void RuleChecker::Then(const cst::ThenClause& then, const cst::Clause& clause) {
  using K = cst::ThenClause::Kind;
  CheckedThen checked;
  switch (then.kind) {
    case K::kEvery:
      checked.kind = ThenKind::kEvery;
      break;
    case K::kReset:
      checked.kind = ThenKind::kReset;
      break;
    case K::kEdge:
      checked.kind = ThenKind::kEdge;
      break;
    case K::kEscalate:
      checked.kind = ThenKind::kEscalate;
      break;
    case K::kOncePer:
      checked.kind = ThenKind::kOncePer;
      if (then.per.has_value()) {
        CheckDuration(*then.per, *at_, &context_, &checked.hold_us);
      }
      break;
  }
  rule_.then = std::move(checked);
  then_ = &clause;
  then_span_ = SpanOf(clause);
  if (then.kind == K::kOncePer) ThenPer(then);
  if (then.kind == K::kEscalate) ThenLevels(then);
}

// once per D per N, ..: the parts of the key that are held.
void RuleChecker::ThenPer(const cst::ThenClause& then) {
  std::vector<std::string_view> names;
  for (const CheckedKey& key : rule_.by) names.push_back(key.name);
  for (const cst::Name& name : then.per_names) {
    const auto found = std::find(names.begin(), names.end(), name.text);
    if (found != names.end()) {
      const auto part = static_cast<std::uint32_t>(found - names.begin());
      auto& per = rule_.then.per;
      if (std::find(per.begin(), per.end(), part) == per.end()) {
        per.push_back(part);
      }
      continue;
    }
    if (incomplete_) continue;
    Diagnostic& d = report_.Emit(
        Kind::kUnknownField, SpanOf(name),
        absl::StrFormat("`%s` is no part of the rule's key", name.text));
    std::string_view nearest;
    d.help = DidYouMean(name.text, names, &nearest);
    if (!nearest.empty()) {
      d.fix = Fix{SpanOf(name), std::string(nearest)};
      continue;
    }
    d.help = names.empty() ? "the rule has no `by`" : "its key: ";
    for (std::size_t i = 0; i < names.size(); ++i) {
      d.help += i == 0 ? "" : ", ";
      d.help += names[i];
    }
  }
}

void RuleChecker::ThenLevels(const cst::ThenClause& then) {
  for (const cst::Literal& level : then.levels) {
    Constant constant;
    TypeKind kind = TypeKind::kAny;
    LiteralValue(level, &constant, &kind);
    const auto* number = std::get_if<std::int64_t>(&constant.value);
    std::vector<std::uint64_t>& levels = rule_.then.levels;
    const bool rises =
        number != nullptr && *number > 0 &&
        (levels.empty() || static_cast<std::uint64_t>(*number) > levels.back());
    if (!rises) {
      report_
          .Emit(Kind::kBadLevels, SpanOf(level),
                levels.empty() ? "a level is a number of detections from 1"
                               : "each level is above the one before it")
          .help = "then escalate 10, 100, 1000";
      return;
    }
    levels.push_back(static_cast<std::uint64_t>(*number));
  }
  if (then.levels.size() <= limits::kLevels) return;
  report_.Emit(Kind::kBadLevels, then_span_,
               absl::StrFormat("%d levels; at most %d", then.levels.size(),
                               limits::kLevels));
}

// Of the clause that stands in the end: a rule's own over the file's default,
// a tune's over both.
void RuleChecker::CheckThen() {
  if (then_ == nullptr || incomplete_) return;
  const CheckedCondition& condition = rule_.condition;
  if (Takes(condition, rule_.then.kind)) return;
  Diagnostic& d = report_.Emit(
      Kind::kThenNotAllowed, then_span_,
      absl::StrFormat("`then %s` does not go with %s",
                      ThenName(rule_.then.kind), ConditionName(condition)));
  d.help = absl::StrFormat("it takes: %s", Allowed(condition));
  if (then_of_defaults_ || then_span_.file != file_.file->id) {
    d.notes.push_back({symbol_.name_span, "of this rule"});
  }
}

void RuleChecker::Late(const cst::LateClause& late, const cst::Clause& clause,
                       bool defaults) {
  rule_.late_now = late.now;
  const bool waits = rule_.condition.kind != ConditionKind::kNew &&
                     !IsMonotone(rule_.condition);
  if (waits || defaults || incomplete_) return;
  report_
      .Emit(Kind::kLateOnMonotone, SpanOf(clause),
            "`late` changes nothing here: a late event still counts")
      .help = absl::StrFormat("%s is decided on arrival",
                              ConditionName(rule_.condition));
}

}  // namespace tocsin::dsl
