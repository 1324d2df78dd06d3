#include "dsl/check/reach.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_format.h"
#include "dsl/check/constants.h"
#include "dsl/check/truth.h"
#include "dsl/check/types.h"
#include "engine/base/limits.h"

namespace tocsin::dsl {
namespace {

using AggregateKind = CheckedAggregate::Kind;
using Kinds = CheckedCondition::Kind;

bool IsException(CheckedFilter::Origin origin) {
  return origin == CheckedFilter::Origin::kUnless ||
         origin == CheckedFilter::Origin::kDefaultsUnless ||
         origin == CheckedFilter::Origin::kTuneUnless;
}

bool IsCounted(const CheckedAggregate& aggregate) {
  return aggregate.kind == AggregateKind::kCount ||
         aggregate.kind == AggregateKind::kDistinct;
}

class Reach {
 public:
  Reach(const CheckedRule& rule, Context* context)
      : rule_(rule), context_(*context) {}

  // What must hold for the rule to fire; either side of an `or` need not.
  void Visit(const CheckedCondition& condition) {
    switch (condition.kind) {
      case Kinds::kAnd:
        for (const CheckedCondition& child : condition.children) Visit(child);
        return;
      case Kinds::kAggregates:
        return Aggregates(condition);
      case Kinds::kSequence:
        return Sequence(condition);
      default:
        return;
    }
  }

 private:
  void Aggregates(const CheckedCondition& condition) {
    if (!condition.test.has_value()) {
      for (const CheckedAggregate& aggregate : condition.aggregates) {
        if (!IsCounted(aggregate)) continue;
        Threshold(aggregate, aggregate.threshold, condition, condition.span);
      }
      return;
    }
    const CheckedExpr& test = *condition.test;
    if (test.op != ExprOp::kAnd) return Test(test, condition);
    for (const CheckedExpr& child : test.children) Test(child, condition);
  }

  // count() >= 10 beside tests of another kind.
  void Test(const CheckedExpr& test, const CheckedCondition& condition) {
    const bool reaches =
        test.op == ExprOp::kGreater || test.op == ExprOp::kGreaterEq;
    if (!reaches || test.children[0].op != ExprOp::kAggregate) return;
    const CheckedAggregate& aggregate =
        condition.aggregates[test.children[0].index];
    const auto* number =
        std::get_if<std::int64_t>(&test.children[1].constant.value);
    if (!IsCounted(aggregate) || number == nullptr || *number < 0) return;
    const std::uint64_t more = test.op == ExprOp::kGreater ? 1 : 0;
    Threshold(aggregate, static_cast<std::uint64_t>(*number) + more, condition,
              test.span);
  }

  void Threshold(const CheckedAggregate& aggregate, std::uint64_t threshold,
                 const CheckedCondition& condition, Span span) {
    const std::uint64_t kept = MostKept(aggregate, condition);
    if (threshold > kept) {
      context_.report
          .Emit(Kind::kThresholdTooLarge, span,
                absl::StrFormat(
                    "%s is never reached: a key keeps at most %s %s",
                    Grouped(threshold), Grouped(kept),
                    condition.window.kind == CheckedWindow::Kind::kSliding
                        ? "events"
                        : "values"))
          .help = Help(condition);
      return;
    }
    const bool bounded = aggregate.threshold_of.has_value();
    if (bounded || aggregate.kind != AggregateKind::kDistinct) return;
    const std::optional<std::uint64_t> different = Different(aggregate);
    if (!different.has_value() || threshold <= *different) return;
    context_.report
        .Emit(Kind::kNeverFires, span,
              absl::StrFormat("rule `%s` can never fire: of what passes its "
                              "filter a key has %s different value%s",
                              rule_.name, Grouped(*different),
                              *different == 1 ? "" : "s"))
        .help =
        "count the values of a field that is not part of the key, and that "
        "the filter leaves open";
  }

  // How far the engine counts. Plain counts have a form of their own; all else
  // is decided over the events that are kept, or over a whole window.
  std::uint64_t MostKept(const CheckedAggregate& aggregate,
                         const CheckedCondition& condition) const {
    if (condition.window.kind != CheckedWindow::Kind::kSliding) {
      return aggregate.kind == AggregateKind::kDistinct ? limits::kPaneValues
                                                        : limits::kThreshold;
    }
    const bool plain =
        &condition == &rule_.condition && !condition.test.has_value() &&
        rule_.events.empty() && rule_.then.kind != CheckedThen::Kind::kEdge &&
        std::all_of(condition.aggregates.begin(), condition.aggregates.end(),
                    [](const CheckedAggregate& a) {
                      return IsCounted(a) && !a.threshold_of.has_value();
                    });
    return plain ? limits::kThreshold : limits::kZoneEvents;
  }

  static std::string_view Help(const CheckedCondition& condition) {
    return condition.window.kind == CheckedWindow::Kind::kSliding
               ? "a rule of counts alone, without events, other tests or "
                 "`edge`, counts to 1,000,000; so does a count over a tumbling "
                 "or hopping window"
               : "count over a shorter window";
  }

  void Sequence(const CheckedCondition& condition) {
    std::uint64_t events = 0;
    for (const CheckedStep& step : condition.steps) events += step.run;
    if (events <= limits::kZoneEvents) return;
    context_.report
        .Emit(Kind::kThresholdTooLarge, condition.span,
              absl::StrFormat("a sequence of %s events: a key keeps %s",
                              Grouped(events), Grouped(limits::kZoneEvents)))
        .help = "shorter runs; or a signal that counts, as a step";
  }

  // How many different tuples an event of one key can have, when known.
  std::optional<std::uint64_t> Different(const CheckedAggregate& aggregate) {
    const bool of_event = aggregate.event != kNoEvent;
    if (!of_event && !rule_.events.empty()) return std::nullopt;
    const std::vector<CheckedKey>& by =
        of_event ? rule_.events[aggregate.event].by : rule_.by;
    const Facts& facts = FactsOf(aggregate.event);
    std::uint64_t product = 1;
    for (const CheckedExpr& value : aggregate.values) {
      if (value.type.kind == TypeKind::kList) return std::nullopt;
      const Hash128 subject = SubjectKey(value);
      const bool is_key =
          std::any_of(by.begin(), by.end(), [&](const CheckedKey& key) {
            return !key.each && SubjectKey(key.expr) == subject;
          });
      if (is_key) continue;
      const auto domain = facts.domains.find(subject);
      if (domain == facts.domains.end() || !domain->second.in.has_value()) {
        return std::nullopt;
      }
      product *= domain->second.in->size();
      if (product > limits::kThreshold) return std::nullopt;
    }
    return product;
  }

  // What the filter of the rule, or of its event, makes certain.
  const Facts& FactsOf(std::uint32_t event) {
    if (facts_.has_value() && facts_of_ == event) return *facts_;
    facts_.emplace();
    facts_of_ = event;
    const bool own = event == kNoEvent;
    const TruthFinder finder(
        &context_.schemas[own ? rule_.schema : rule_.events[event].schema]);
    for (const CheckedFilter& filter :
         own ? rule_.filters : rule_.events[event].filters) {
      finder.Assume(filter.expr, !IsException(filter.origin), &*facts_);
    }
    return *facts_;
  }

  const CheckedRule& rule_;
  Context& context_;
  std::optional<Facts> facts_;
  std::uint32_t facts_of_ = kNoEvent;
};

}  // namespace

void CheckReach(const CheckedRule& rule, Context* context) {
  Reach(rule, context).Visit(rule.condition);
}

}  // namespace tocsin::dsl
