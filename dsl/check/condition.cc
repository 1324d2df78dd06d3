// The only way in is CheckCondition(). aggregates.cc: what is counted;
// windows.cc: within.
#include "dsl/check/condition.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/aggregates.h"
#include "dsl/check/constants.h"
#include "dsl/check/types.h"
#include "engine/base/limits.h"

namespace tocsin::dsl {
namespace {

using ConditionKind = CheckedCondition::Kind;

constexpr std::int64_t kLearnAtMost = 86'400LL * 1'000'000;

class ConditionChecker {
 public:
  ConditionChecker(const ConditionNames& names, Context* context,
                   ExprChecker* expressions)
      : names_(names),
        file_(*names.file),
        context_(*context),
        report_(context->report),
        expressions_(*expressions) {}

  bool Check(const cst::Condition& condition, CheckedCondition* checked);

 private:
  bool Join(const cst::Condition& condition, CheckedCondition* checked);
  bool MayJoin(const std::vector<CheckedCondition>& children, bool either);
  bool Aggregates(const cst::Condition& condition, CheckedCondition* checked);
  bool Sequence(const cst::Condition& condition, CheckedCondition* checked);
  bool Absence(const cst::Condition& condition, CheckedCondition* checked);
  bool Steps(const cst::Condition& condition, CheckedCondition* checked);
  bool Run(const cst::Step& step, std::uint32_t* run);
  bool Without(const cst::Condition& condition, CheckedCondition* checked);
  bool StepsWhere(const cst::Expr& where, CheckedCondition* checked);
  bool PartsOf(const cst::Condition& condition, CheckedCondition* checked);
  bool New(const cst::Condition& condition, CheckedCondition* checked);
  bool Silent(const cst::Condition& condition, CheckedCondition* checked);

  bool Event(const cst::Name& name, std::uint32_t* index);
  bool Refuse(Kind kind, Span span, std::string message, std::string help) {
    report_.Emit(kind, span, std::move(message)).help = std::move(help);
    return false;
  }
  Scope MakeScope() const;
  Span SpanOf(const cst::Node& node) const { return At(file_, node); }

  const ConditionNames& names_;
  const FileSettings& file_;
  Context& context_;
  Reporter& report_;
  ExprChecker& expressions_;
};

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

bool TooMany(const CheckedCondition& condition) {
  std::size_t aggregates = condition.aggregates.size();
  for (const CheckedCondition& child : condition.children) {
    if (TooMany(child)) return true;
    aggregates += std::max<std::size_t>(1, child.aggregates.size());
  }
  return aggregates > limits::kAggregates;
}

}  // namespace

bool CheckCondition(const cst::Condition& condition,
                    const ConditionNames& names, Context* context,
                    ExprChecker* expressions, CheckedCondition* checked) {
  if (!ConditionChecker(names, context, expressions)
           .Check(condition, checked)) {
    return false;
  }
  if (!TooMany(*checked)) return true;
  context->report.Emit(
      Kind::kRuleTooLarge, At(*names.file, condition),
      absl::StrFormat("more than %d aggregates joined in one `when`",
                      limits::kAggregates));
  return false;
}

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
