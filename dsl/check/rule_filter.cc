// where, unless with until, the file's defaults and the schema's default.
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/constants.h"
#include "dsl/check/rule_checker.h"
#include "dsl/check/types.h"
#include "engine/program/zone.h"

namespace tocsin::dsl {
namespace {

constexpr std::int64_t kWarnBefore = 14LL * 86'400 * 1'000'000;

bool Mentions(const CheckedExpr& expr, const FieldPath& field) {
  if (expr.op == ExprOp::kPath && expr.children.empty() &&
      expr.path.size() >= field.size() &&
      std::equal(field.begin(), field.end(), expr.path.begin())) {
    return true;
  }
  for (const CheckedExpr& child : expr.children) {
    if (Mentions(child, field)) return true;
  }
  return false;
}

}  // namespace

void RuleChecker::Filters() {
  using Origin = CheckedFilter::Origin;
  for (const cst::Clause* clause : defaults_) {
    Where(*clause, Origin::kDefaultsWhere);
  }
  for (const cst::Clause* clause : own_) Where(*clause, Origin::kWhere);
  for (const cst::Clause* clause : defaults_) {
    Unless(*clause, Origin::kDefaultsUnless);
  }
  for (const cst::Clause* clause : own_) Unless(*clause, Origin::kUnless);
  Tuned([this](const cst::Clause& clause) {
    Unless(clause, Origin::kTuneUnless);
  });
}

void RuleChecker::Where(const cst::Clause& clause,
                        CheckedFilter::Origin origin) {
  const auto* where = std::get_if<cst::WhereClause>(&clause.value);
  if (where == nullptr) return;
  const std::size_t errors = report_.errors();
  Value value = expressions_.Condition(where->condition, MakeScope());
  if (value.bad) {
    incomplete_ = true;
    return;
  }
  doubtful_ = doubtful_ || report_.errors() != errors;
  CheckedFilter filter;
  filter.origin = origin;
  filter.expr = std::move(value.expr);
  rule_.filters.push_back(std::move(filter));
}

void RuleChecker::Unless(const cst::Clause& clause,
                         CheckedFilter::Origin origin) {
  const auto* unless = std::get_if<cst::UnlessClause>(&clause.value);
  if (unless == nullptr) return;
  const std::size_t errors = report_.errors();
  Value value = expressions_.Condition(unless->condition, MakeScope());
  CheckedFilter filter;
  filter.origin = origin;
  const CheckedExpr bare = value.expr;
  if (unless->until.has_value() && !Until(*unless->until, &value, &filter)) {
    value.bad = true;
  }
  if (value.bad) {
    incomplete_ = true;
    return;
  }
  doubtful_ = doubtful_ || report_.errors() != errors;
  exceptions_.push_back({bare, SpanOf(unless->condition)});
  filter.expr = std::move(value.expr);
  rule_.filters.push_back(std::move(filter));
}

// `unless P until D`: P and ts < D, D the day's start in the file's zone.
bool RuleChecker::Until(const cst::Literal& until, Value* condition,
                        CheckedFilter* filter) {
  const Span span = SpanOf(until);
  std::int64_t local = 0;
  if (!ParseDay(until.text, &local)) {
    Diagnostic& d = report_.Emit(
        Kind::kBadUntil, span, absl::StrFormat("\"%s\" is no day", until.text));
    d.help = "YYYY-MM-DD: until \"2027-01-31\"";
    return false;
  }
  const Zone* zone = FindZone(at_->zone);
  const std::int64_t us = zone != nullptr ? zone->FromLocal(local) : local;
  filter->until_us = us;
  const std::int64_t now = context_.options.now_us;
  if (now != 0 && us <= now) {
    report_
        .Emit(Kind::kUntilPassed, span,
              absl::StrFormat("this exception no longer holds since %s",
                              until.text))
        .help = "take it out, or give it a new day";
  } else if (now != 0 && us - now <= kWarnBefore) {
    report_
        .Emit(Kind::kUntilSoon, span,
              absl::StrFormat("this exception no longer holds from %s on",
                              until.text))
        .help = "give it a new day, or let it end";
  }
  if (condition->bad) return false;
  CheckedExpr time;
  time.op = ExprOp::kEventTime;
  time.type = MakeType(TypeKind::kTime);
  time.span = span;
  CheckedExpr before;
  before.op = ExprOp::kLess;
  before.type = MakeType(TypeKind::kBool);
  before.span = span;
  before.children.push_back(std::move(time));
  before.children.push_back(
      MakeConst(Constant{Time{us}}, TypeKind::kTime, span));
  std::vector<CheckedExpr> both;
  const Span whole = condition->expr.span;
  both.push_back(std::move(condition->expr));
  both.push_back(std::move(before));
  condition->expr = MakeJoin(ExprOp::kAnd, std::move(both), whole);
  return true;
}

namespace {

// Whether what the rule says of events of one schema names one of the fields.
class MentionFinder {
 public:
  MentionFinder(const CheckedSchema& schema, const CheckedRule& rule,
                const Context& context)
      : schema_(schema), rule_(rule), context_(context) {}

  bool Found() const {
    if (rule_.events.empty()) {
      return In(rule_.filters) || In(rule_.by) || In(rule_.condition);
    }
    for (std::uint32_t i = 0; i < rule_.events.size(); ++i) {
      const CheckedEvent& event = rule_.events[i];
      if (Reads(i) && (In(event.filters) || In(event.by))) return true;
    }
    return In(rule_.condition);
  }

 private:
  bool Reads(std::uint32_t event) const {
    return event >= rule_.events.size() ||
           &context_.schemas[rule_.events[event].schema] == &schema_;
  }
  bool In(const CheckedExpr& expr) const {
    for (const FieldPath& field : schema_.default_unless_mentioned) {
      if (Mentions(expr, field)) return true;
    }
    return false;
  }
  bool In(const CheckedFilter& filter) const { return In(filter.expr); }
  bool In(const CheckedKey& key) const { return In(key.expr); }
  template <typename T>
  bool In(const std::vector<T>& items) const {
    for (const T& item : items) {
      if (In(item)) return true;
    }
    return false;
  }
  bool In(const CheckedAggregate& aggregate) const {
    if (!Reads(aggregate.event)) return false;
    return (aggregate.filter.has_value() && In(*aggregate.filter)) ||
           (aggregate.threshold_of.has_value() &&
            In(*aggregate.threshold_of)) ||
           In(aggregate.values);
  }
  bool InSteps(const CheckedExpr& expr) const {
    if (expr.op == ExprOp::kStep) {
      return Reads(expr.index) && In(expr.children[0]);
    }
    for (const CheckedExpr& child : expr.children) {
      if (InSteps(child)) return true;
    }
    return false;
  }
  bool In(const CheckedCondition& condition) const {
    const std::uint32_t of =
        condition.steps.empty() ? kNoEvent : condition.steps[0].event;
    return In(condition.aggregates) || (Reads(of) && In(condition.values)) ||
           (condition.where.has_value() && InSteps(*condition.where)) ||
           In(condition.children);
  }

  const CheckedSchema& schema_;
  const CheckedRule& rule_;
  const Context& context_;
};

}  // namespace

// `default where P unless mentioned F`: when no clause of the rule names F.
void RuleChecker::SchemaDefault() {
  if (has_events_) {
    std::vector<std::vector<CheckedFilter>> defaults(rule_.events.size());
    for (std::size_t i = 0; i < rule_.events.size(); ++i) {
      AddDefault(context_.schemas[rule_.events[i].schema], &defaults[i]);
    }
    for (std::size_t i = 0; i < rule_.events.size(); ++i) {
      std::vector<CheckedFilter>& filters = rule_.events[i].filters;
      filters.insert(filters.begin(), defaults[i].begin(), defaults[i].end());
    }
  } else if (schema_ != nullptr) {
    AddDefault(*schema_, &rule_.filters);
  }
}

void RuleChecker::AddDefault(const CheckedSchema& schema,
                             std::vector<CheckedFilter>* filters) const {
  if (!schema.default_where.has_value()) return;
  if (MentionFinder(schema, rule_, context_).Found()) return;
  CheckedFilter filter;
  filter.origin = CheckedFilter::Origin::kSchemaDefault;
  filter.expr = *schema.default_where;
  filters->insert(filters->begin(), std::move(filter));
}

}  // namespace tocsin::dsl
