#include "dsl/explain/audit_needs.h"

#include <algorithm>

namespace tocsin::dsl {
namespace {

enum class Truth : std::uint8_t { kFalse, kTrue, kOpen };

Truth Negated(Truth truth) {
  if (truth == Truth::kOpen) return truth;
  return truth == Truth::kTrue ? Truth::kFalse : Truth::kTrue;
}

bool IsStage(const CheckedExpr& expr) {
  return expr.op == ExprOp::kPath && expr.children.empty() &&
         expr.path.size() == 1 && expr.path[0].key == "stage";
}

bool Holds(const Constant& constant, const std::string& text) {
  const auto* value = std::get_if<std::string>(&constant.value);
  return value != nullptr && *value == text;
}

// The truth of expressions at one stage, everything else open.
class AtStage {
 public:
  AtStage(const CheckedRules& rules, const CheckedSchema& schema,
          std::string stage)
      : rules_(rules), schema_(schema), stage_(std::move(stage)) {}

  Truth Decide(const CheckedExpr& expr) const {
    switch (expr.op) {
      case ExprOp::kNot:
        return Negated(Decide(expr.children[0]));
      case ExprOp::kAnd:
        return Join(expr, Truth::kFalse);
      case ExprOp::kOr:
        return Join(expr, Truth::kTrue);
      case ExprOp::kDerived:
        return Decide(schema_.derives[expr.derived].expr);
      case ExprOp::kEq:
      case ExprOp::kIn:
        return IsStage(expr.children[0]) && !expr.nocase
                   ? Compare(expr.children[1])
                   : Truth::kOpen;
      default:
        return Truth::kOpen;
    }
  }

 private:
  // `ends`: what decides the whole.
  Truth Join(const CheckedExpr& expr, Truth ends) const {
    Truth truth = Negated(ends);
    for (const CheckedExpr& child : expr.children) {
      const Truth part = Decide(child);
      if (part == ends) return ends;
      if (part == Truth::kOpen) truth = part;
    }
    return truth;
  }
  Truth Compare(const CheckedExpr& right) const {
    if (right.op == ExprOp::kList) {
      return OneOf(rules_.lists[right.list].values);
    }
    if (right.op != ExprOp::kConst) return Truth::kOpen;
    const auto* list = std::get_if<ConstantList>(&right.constant.value);
    return list != nullptr ? OneOf(*list) : OneOf({right.constant});
  }
  Truth OneOf(const std::vector<Constant>& values) const {
    const bool found =
        std::any_of(values.begin(), values.end(),
                    [&](const Constant& c) { return Holds(c, stage_); });
    return found ? Truth::kTrue : Truth::kFalse;
  }

  const CheckedRules& rules_;
  const CheckedSchema& schema_;
  std::string stage_;
};

// 0 Metadata, 1 Request, 2 RequestResponse.
int LevelOf(const CheckedSchema& schema, const CheckedExpr& expr) {
  int level = 0;
  if (expr.op == ExprOp::kPath && expr.children.empty()) {
    if (expr.path[0].key == "requestObject") level = 1;
    if (expr.path[0].key == "responseObject") level = 2;
  } else if (expr.op == ExprOp::kDerived) {
    level = LevelOf(schema, schema.derives[expr.derived].expr);
  }
  for (const CheckedExpr& child : expr.children) {
    level = std::max(level, LevelOf(schema, child));
  }
  return level;
}

// What a sequence's `where` reads of one event.
int LevelOfStep(const CheckedSchema& schema, const CheckedExpr& expr,
                std::uint32_t event) {
  if (expr.op == ExprOp::kStep) {
    return expr.index == event ? LevelOf(schema, expr.children[0]) : 0;
  }
  int level = 0;
  for (const CheckedExpr& child : expr.children) {
    level = std::max(level, LevelOfStep(schema, child, event));
  }
  return level;
}

// What a condition reads of one event, or of the rule's own events.
int LevelOf(const CheckedSchema& schema, const CheckedCondition& condition,
            std::uint32_t event) {
  int level = 0;
  const auto look = [&](const CheckedExpr& expr) {
    level = std::max(level, LevelOf(schema, expr));
  };
  for (const CheckedAggregate& aggregate : condition.aggregates) {
    if (aggregate.event != event) continue;
    if (aggregate.filter.has_value()) look(*aggregate.filter);
    for (const CheckedExpr& value : aggregate.values) look(value);
    if (aggregate.threshold_of.has_value()) look(*aggregate.threshold_of);
  }
  const bool of_event =
      condition.steps.empty() || condition.steps[0].event == event;
  if (condition.kind == CheckedCondition::Kind::kNew && of_event) {
    for (const CheckedExpr& value : condition.values) look(value);
  }
  if (condition.where.has_value()) {
    level = std::max(level, LevelOfStep(schema, *condition.where, event));
  }
  for (const CheckedCondition& child : condition.children) {
    level = std::max(level, LevelOf(schema, child, event));
  }
  return level;
}

std::string LevelName(int level) {
  static constexpr const char* kNames[] = {"Metadata", "Request",
                                           "RequestResponse"};
  return kNames[level];
}

bool IsException(CheckedFilter::Origin origin) {
  return origin == CheckedFilter::Origin::kUnless ||
         origin == CheckedFilter::Origin::kDefaultsUnless ||
         origin == CheckedFilter::Origin::kTuneUnless;
}

}  // namespace

std::vector<std::string> StagesThatCanMatch(const CheckedRules& rules,
                                            const CheckedRule& rule) {
  std::vector<std::string> stages;
  for (const char* stage :
       {"RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"}) {
    const AtStage at(rules, rules.schemas[rule.schema], stage);
    const bool never = std::any_of(
        rule.filters.begin(), rule.filters.end(),
        [&](const CheckedFilter& filter) {
          const Truth truth = at.Decide(filter.expr);
          return truth ==
                 (IsException(filter.origin) ? Truth::kTrue : Truth::kFalse);
        });
    if (!never) stages.push_back(stage);
  }
  return stages;
}

std::string LevelNeeded(const CheckedRules& rules, const CheckedRule& rule) {
  const CheckedSchema& schema = rules.schemas[rule.schema];
  int level = 0;
  for (const CheckedFilter& filter : rule.filters) {
    level = std::max(level, LevelOf(schema, filter.expr));
  }
  for (const CheckedKey& key : rule.by) {
    level = std::max(level, LevelOf(schema, key.expr));
  }
  level = std::max(level, LevelOf(schema, rule.condition, kNoEvent));
  return LevelName(level);
}

std::string LevelNeeded(const CheckedRules& rules, const CheckedRule& rule,
                        std::uint32_t event) {
  const CheckedEvent& of = rule.events[event];
  const CheckedSchema& schema = rules.schemas[of.schema];
  int level = 0;
  for (const CheckedFilter& filter : of.filters) {
    level = std::max(level, LevelOf(schema, filter.expr));
  }
  for (const CheckedKey& key : of.by) {
    level = std::max(level, LevelOf(schema, key.expr));
  }
  return LevelName(std::max(level, LevelOf(schema, rule.condition, event)));
}

}  // namespace tocsin::dsl
