#include "dsl/explain/rule_parts.h"

#include <algorithm>
#include <utility>

#include "dsl/explain/print_condition.h"
#include "dsl/explain/print_expr.h"

namespace tocsin::dsl {
namespace {

using Kind = RulePart::Kind;

bool IsTest(ExprOp op) {
  return (op >= ExprOp::kEq && op <= ExprOp::kMatches) || op == ExprOp::kExists;
}

bool IsConstant(const CheckedExpr& expr) {
  return expr.op == ExprOp::kConst || expr.op == ExprOp::kList;
}

std::string OriginName(CheckedFilter::Origin origin,
                       const CheckedSchema& schema) {
  using Origin = CheckedFilter::Origin;
  switch (origin) {
    case Origin::kSchemaDefault:
      return "default of " + schema.name;
    case Origin::kDefaultsWhere:
      return "defaults where";
    case Origin::kWhere:
    case Origin::kEvent:
      return "where";
    case Origin::kDefaultsUnless:
      return "defaults unless";
    case Origin::kUnless:
      return "unless";
    case Origin::kTuneUnless:
      return "tune unless";
  }
  return "";
}

bool IsException(CheckedFilter::Origin origin) {
  using Origin = CheckedFilter::Origin;
  return origin == Origin::kDefaultsUnless || origin == Origin::kUnless ||
         origin == Origin::kTuneUnless;
}

class PartMaker {
 public:
  PartMaker(const CheckedRules& rules, std::uint32_t schema,
            const LetNames& lets)
      : rules_(rules),
        index_(schema),
        schema_(rules.schemas[schema]),
        lets_(lets) {}

  RulePart Schema() {
    RulePart part = Make(Kind::kSchema, schema_.name);
    if (schema_.match.has_value()) {
      part.expr = &*schema_.match;
      Below(*part.expr, "", &part);
    }
    return part;
  }

  RulePart Filter(const CheckedFilter& filter) {
    const bool exception = IsException(filter.origin);
    RulePart part = Make(exception ? Kind::kUnless : Kind::kWhere,
                         OriginName(filter.origin, schema_));
    part.expr = &filter.expr;
    Below(filter.expr, "", &part);
    return part;
  }

  RulePart Key(const CheckedKey& key) {
    RulePart part = Make(Kind::kKey, key.name);
    part.text = key.missing_ok ? "?" : "";
    if (key.each) part.text += "each ";
    part.text += Text(key.expr);
    if (key.among.has_value()) {
      part.text += " among " + rules_.lists[*key.among].name;
    }
    part.key = &key;
    AddValue(key.expr, &part.values);
    return part;
  }

  // What one aggregate takes of an event.
  RulePart Aggregate(const CheckedRule& rule,
                     const CheckedAggregate& aggregate) {
    RulePart part =
        Make(Kind::kCounted, PrintAggregate(rules_, rule, aggregate));
    if (aggregate.filter.has_value()) {
      part.expr = &*aggregate.filter;
      Below(*aggregate.filter, "", &part);
    }
    for (const CheckedExpr& value : aggregate.values) {
      AddValue(value, &part.values);
    }
    return part;
  }
  RulePart NewValues(const CheckedCondition& condition) {
    RulePart part = Make(Kind::kCounted, "new");
    for (const CheckedExpr& value : condition.values) {
      AddValue(value, &part.values);
    }
    return part;
  }

 private:
  RulePart Make(Kind kind, std::string name) const {
    RulePart part;
    part.kind = kind;
    part.name = std::move(name);
    part.schema = index_;
    return part;
  }
  std::string Text(const CheckedExpr& expr) const {
    return PrintExpr(rules_, schema_, expr);
  }

  // The parts of an expression into `part`; a conjunction's stand side by side.
  // `let`: what `part` itself was written as.
  void Below(const CheckedExpr& expr, const std::string& let, RulePart* part) {
    const std::string use = lets_.UseAt(expr.span);
    if (expr.op == ExprOp::kAnd && (use.empty() || use == let)) {
      Group(expr, let, &part->parts);
    } else {
      part->parts.push_back(Part(expr, let));
    }
  }

  RulePart Part(const CheckedExpr& expr, const std::string& outer) {
    const std::string let = lets_.UseAt(expr.span);
    if (!let.empty() && let != outer && expr.span.file < kNoFile) {
      RulePart part = Make(Kind::kLet, let);
      part.expr = &expr;
      Below(expr, let, &part);
      return part;
    }
    switch (expr.op) {
      case ExprOp::kAnd:
      case ExprOp::kOr: {
        RulePart part =
            Make(expr.op == ExprOp::kAnd ? Kind::kAnd : Kind::kOr, "");
        part.expr = &expr;
        Group(expr, let, &part.parts);
        return part;
      }
      case ExprOp::kNot:
        return Negation(expr, let);
      case ExprOp::kDerived:
        return Derived(expr);
      case ExprOp::kAny:
      case ExprOp::kAll:
      case ExprOp::kNone:
        return Quantifier(expr, let);
      default:
        return Test(expr, expr);
    }
  }

  RulePart Negation(const CheckedExpr& expr, const std::string& let) {
    const CheckedExpr& inner = expr.children[0];
    if (IsTest(inner.op) && lets_.UseAt(inner.span).empty()) {
      return Test(expr, inner);
    }
    RulePart part = Make(Kind::kNot, "");
    part.expr = &expr;
    part.parts.push_back(Part(inner, let));
    return part;
  }

  RulePart Derived(const CheckedExpr& expr) {
    const CheckedField& field = schema_.derives[expr.derived];
    if (field.expr.type.kind != TypeKind::kBool) return Test(expr, expr);
    RulePart part = Make(Kind::kDerived, field.name);
    part.expr = &expr;
    Below(field.expr, "", &part);
    return part;
  }

  RulePart Quantifier(const CheckedExpr& expr, const std::string& let) {
    RulePart part = Make(Kind::kQuantifier, "");
    part.text = Text(expr);
    part.expr = &expr;
    AddValue(expr.children[0], &part.values);
    RulePart element = Make(Kind::kElement, "");
    element.expr = &expr.children[1];
    Below(expr.children[1], let, &element);
    part.parts.push_back(std::move(element));
    return part;
  }

  // `whole` with its `not`; `test` without.
  RulePart Test(const CheckedExpr& whole, const CheckedExpr& test) {
    RulePart part = Make(Kind::kTest, "");
    part.text = Text(whole);
    part.expr = &whole;
    if (test.children.empty()) AddValue(test, &part.values);
    for (const CheckedExpr& child : test.children) {
      AddValue(child, &part.values);
    }
    return part;
  }

  void AddValue(const CheckedExpr& expr, std::vector<PartValue>* values) {
    if (IsConstant(expr)) return;
    PartValue value;
    value.name = Text(expr);
    value.expr = &expr;
    const auto same = [&](const PartValue& v) { return v.name == value.name; };
    if (std::any_of(values->begin(), values->end(), same)) return;
    if (expr.op == ExprOp::kDerived) {
      AddValue(schema_.derives[expr.derived].expr, &value.inner);
    }
    for (const CheckedExpr& child : expr.children) {
      AddValue(child, &value.inner);
    }
    values->push_back(std::move(value));
  }

  // Neighbours that stand in the body of one let are shown as that let: a
  // conjunction within a conjunction was made flat.
  void Group(const CheckedExpr& join, const std::string& let,
             std::vector<RulePart>* parts) {
    std::string open;
    std::uint32_t last = 0;
    for (const CheckedExpr& child : join.children) {
      const std::string* inside = lets_.Inside(child.span);
      const bool own = inside == nullptr || !let.empty();
      RulePart part = Part(child, let);
      if (own) {
        open.clear();
        parts->push_back(std::move(part));
        continue;
      }
      if (open != *inside || child.span.begin <= last) {
        open = *inside;
        RulePart group = Make(Kind::kLet, open);
        group.any = join.op == ExprOp::kOr;
        parts->push_back(std::move(group));
      }
      last = child.span.begin;
      parts->back().parts.push_back(std::move(part));
    }
  }

  static constexpr FileId kNoFile = 0xFFFFFFFF;  // What is built in.

  const CheckedRules& rules_;
  const std::uint32_t index_;
  const CheckedSchema& schema_;
  const LetNames& lets_;
};

void AddCondition(const CheckedRule& rule, const CheckedCondition& condition,
                  PartMaker* maker, std::vector<RulePart>* parts) {
  for (const CheckedAggregate& aggregate : condition.aggregates) {
    if (aggregate.filter.has_value() || !aggregate.values.empty()) {
      parts->push_back(maker->Aggregate(rule, aggregate));
    }
  }
  if (condition.kind == CheckedCondition::Kind::kNew) {
    parts->push_back(maker->NewValues(condition));
  }
  for (const CheckedCondition& child : condition.children) {
    AddCondition(rule, child, maker, parts);
  }
}

bool Wanted(const RulePart& part) { return part.kind != Kind::kUnless; }

// Marks why `part` is not `wanted`.
void Blame(bool wanted, RulePart* part) {
  if (part->held == wanted) return;
  part->blamed = true;
  if (part->kind == Kind::kNot) wanted = !wanted;
  if (part->kind == Kind::kQuantifier && part->expr->op == ExprOp::kNone) {
    wanted = !wanted;
  }
  for (RulePart& child : part->parts) Blame(wanted, &child);
}

}  // namespace

std::vector<RulePart> PartsOf(const CheckedRules& rules,
                              const CheckedRule& rule, const LetNames& lets) {
  std::vector<RulePart> parts;
  const auto add =
      [&](std::uint32_t schema, const std::vector<CheckedFilter>& filters,
          const std::vector<CheckedKey>& by, std::vector<RulePart>* into) {
        PartMaker maker(rules, schema, lets);
        into->push_back(maker.Schema());
        for (const CheckedFilter& filter : filters) {
          into->push_back(maker.Filter(filter));
        }
        for (const CheckedKey& key : by) into->push_back(maker.Key(key));
      };
  for (const CheckedEvent& event : rule.events) {
    RulePart part;
    part.kind = Kind::kEvent;
    part.name = event.name;
    part.schema = event.schema;
    add(event.schema, event.filters, event.by, &part.parts);
    parts.push_back(std::move(part));
  }
  if (rule.events.empty()) add(rule.schema, rule.filters, rule.by, &parts);
  PartMaker maker(rules, rule.schema, lets);
  AddCondition(rule, rule.condition, &maker, &parts);
  return parts;
}

bool Judge(std::vector<RulePart>* parts) {
  bool any_event = false;
  bool has_events = false;
  bool all = true;
  for (RulePart& part : *parts) {
    if (part.kind == Kind::kCounted) continue;
    if (part.kind != Kind::kEvent) {
      all = all && part.held == Wanted(part);
      Blame(Wanted(part), &part);
      continue;
    }
    has_events = true;
    part.held = Judge(&part.parts);
    any_event = any_event || part.held;
  }
  return has_events ? any_event : all;
}

}  // namespace tocsin::dsl
