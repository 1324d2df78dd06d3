#include "dsl/explain/print_condition.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "dsl/explain/print_expr.h"

namespace tocsin::dsl {
namespace {

using Kind = CheckedCondition::Kind;

class ConditionPrinter {
 public:
  ConditionPrinter(const CheckedRules& rules, const CheckedRule& rule)
      : rules_(rules), rule_(rule) {}

  std::string Aggregate(const CheckedAggregate& aggregate) const {
    std::string inside;
    const auto add = [&](const std::string& text) {
      absl::StrAppend(&inside, inside.empty() ? "" : ", ", text);
    };
    if (aggregate.event != kNoEvent) add(Event(aggregate.event));
    if (aggregate.filter.has_value()) add(Expr(*aggregate.filter));
    for (const CheckedExpr& value : aggregate.values) add(Expr(value));
    if (aggregate.kind == CheckedAggregate::Kind::kPercentile) {
      add(absl::StrCat(aggregate.percent));
    }
    return absl::StrFormat("%s(%s)", AggregateName(aggregate.kind), inside);
  }

  std::string Print(const CheckedCondition& condition) const {
    switch (condition.kind) {
      case Kind::kFilter:
        return "";
      case Kind::kAggregates:
        return Tests(condition) + Window(condition.window);
      case Kind::kSequence:
        return Sequence(condition) + Window(condition.window);
      case Kind::kThenNot:
        return absl::StrFormat("%s then not %s%s", Step(condition.steps[0]),
                               Step(condition.steps[1]),
                               Window(condition.window));
      case Kind::kNotThen:
        return absl::StrFormat("not %s then %s%s", Step(condition.steps[0]),
                               Step(condition.steps[1]),
                               Window(condition.window));
      case Kind::kPartsOf:
        return PartsOf(condition) + Window(condition.window);
      case Kind::kNew:
        return absl::StrFormat("new(%s)%s learn %s", Exprs(condition.values),
                               Window(condition.window),
                               condition.learn_us == 0
                                   ? "0s"
                                   : FormatDuration(condition.learn_us));
      case Kind::kSilent:
        return "silent for " + FormatDuration(condition.window.length_us);
      case Kind::kAnd:
      case Kind::kOr:
        return Joined(condition);
    }
    return "";
  }

 private:
  std::string Expr(const CheckedExpr& expr) const {
    return PrintExpr(rules_, rules_.schemas[rule_.schema], expr, &rule_);
  }
  std::string Exprs(const std::vector<CheckedExpr>& exprs) const {
    std::string text;
    for (const CheckedExpr& expr : exprs) {
      absl::StrAppend(&text, text.empty() ? "" : ", ", Expr(expr));
    }
    return text;
  }
  const std::string& Event(std::uint32_t event) const {
    return rule_.events[event].name;
  }
  std::string Step(const CheckedStep& step) const {
    return step.run == 1
               ? Event(step.event)
               : absl::StrFormat("%s x%d", Event(step.event), step.run);
  }

  std::string Tests(const CheckedCondition& condition) const {
    if (condition.test.has_value()) {
      return PrintExpr(rules_, rules_.schemas[rule_.schema], *condition.test,
                       &rule_, &condition);
    }
    std::string text;
    for (const CheckedAggregate& aggregate : condition.aggregates) {
      absl::StrAppend(&text, text.empty() ? "" : " and ", Aggregate(aggregate),
                      " >= ", Threshold(aggregate));
    }
    return text;
  }

  std::string Threshold(const CheckedAggregate& aggregate) const {
    using AggregateKind = CheckedAggregate::Kind;
    if (aggregate.threshold_of.has_value()) {
      return absl::StrFormat("at most %d (%s)", aggregate.threshold,
                             Expr(*aggregate.threshold_of));
    }
    if (aggregate.kind == AggregateKind::kCount ||
        aggregate.kind == AggregateKind::kDistinct) {
      return absl::StrCat(aggregate.threshold);
    }
    return absl::StrCat(aggregate.least);
  }

  std::string Sequence(const CheckedCondition& condition) const {
    std::string text;
    for (const CheckedStep& step : condition.steps) {
      absl::StrAppend(&text, text.empty() ? "" : " then ", Step(step));
    }
    for (std::size_t i = 0; i < condition.without.size(); ++i) {
      absl::StrAppend(&text, i == 0 ? " without " : ", ",
                      Event(condition.without[i]));
    }
    if (condition.where.has_value()) {
      absl::StrAppend(&text, " where ", Expr(*condition.where));
    }
    return text;
  }

  std::string PartsOf(const CheckedCondition& condition) const {
    std::string names;
    for (const CheckedStep& step : condition.steps) {
      absl::StrAppend(&names, names.empty() ? "" : ", ", Step(step));
    }
    return condition.least == condition.steps.size()
               ? absl::StrFormat("all of (%s)", names)
               : absl::StrFormat("%d of (%s)", condition.least, names);
  }

  std::string Joined(const CheckedCondition& condition) const {
    const char* word = condition.kind == Kind::kAnd ? "and" : "or";
    std::string text;
    for (const CheckedCondition& child : condition.children) {
      const bool join = child.kind == Kind::kAnd || child.kind == Kind::kOr;
      if (!text.empty()) absl::StrAppend(&text, " ", word, " ");
      absl::StrAppend(&text, join ? "(" : "", Print(child), join ? ")" : "");
    }
    return text;
  }

  static std::string Window(const CheckedWindow& window) {
    const std::string length = FormatDuration(window.length_us);
    switch (window.kind) {
      case CheckedWindow::Kind::kSliding:
        return " within " + length;
      case CheckedWindow::Kind::kTumbling:
        return window.zone.empty()
                   ? absl::StrFormat(" within %s tumbling", length)
                   : absl::StrFormat(" within %s tumbling tz \"%s\"", length,
                                     window.zone);
      case CheckedWindow::Kind::kHopping:
        return absl::StrFormat(" within %s hopping %s", length,
                               FormatDuration(window.step_us));
      case CheckedWindow::Kind::kSession:
        return absl::StrFormat(" within session gap %s max %s",
                               FormatDuration(window.step_us), length);
    }
    return "";
  }

  const CheckedRules& rules_;
  const CheckedRule& rule_;
};

}  // namespace

std::string PrintAggregate(const CheckedRules& rules, const CheckedRule& rule,
                           const CheckedAggregate& aggregate) {
  return ConditionPrinter(rules, rule).Aggregate(aggregate);
}

std::string PrintCondition(const CheckedRules& rules, const CheckedRule& rule,
                           const CheckedCondition& condition) {
  return ConditionPrinter(rules, rule).Print(condition);
}

}  // namespace tocsin::dsl
