// CanonicalForm(): the text whose hash is a rule's uid. Changing how anything
// is written here changes every uid, and so drops state on the next start.
#include <string>

#include "absl/strings/str_format.h"
#include "dsl/compile/canonical_names.h"
#include "dsl/compile/compile.h"
#include "engine/base/limits.h"

namespace tocsin::dsl {
namespace {

// Any text, as one word: quoted and escaped.
void AppendQuoted(std::string_view text, std::string* out) {
  *out += '"';
  AppendJsonEscaped(text, out);
  *out += '"';
}

// The canonical encoding in hex, behind the constant's kind.
void AppendConstant(const Constant& constant, std::string* out) {
  const auto* text = std::get_if<std::string>(&constant.value);
  if (text != nullptr) return AppendQuoted(*text, out);
  std::string encoding;
  AppendCanonical(constant, &encoding);
  *out += '#';
  for (const char c : encoding) {
    *out += absl::StrFormat("%02x", static_cast<unsigned char>(c));
  }
}

bool IsException(CheckedFilter::Origin origin) {
  return origin == CheckedFilter::Origin::kUnless ||
         origin == CheckedFilter::Origin::kDefaultsUnless ||
         origin == CheckedFilter::Origin::kTuneUnless;
}

class Writer {
 public:
  Writer(const CheckedRules& rules, const CheckedRule& rule)
      : rules_(rules), rule_(rule), schema_(&rules.schemas[rule.schema]) {}

  void Expr(const CheckedExpr& expr) {
    out += '(';
    out += OpName(expr.op);
    if (expr.elements == Elements::kAll) out += " :all";
    if (expr.elements == Elements::kNone) out += " :none";
    if (expr.all) out += " :each";
    if (expr.nocase) out += " :nocase";
    switch (expr.op) {
      case ExprOp::kConst:
        out += ' ';
        AppendConstant(expr.constant, &out);
        break;
      case ExprOp::kList:
        out += ' ';
        out += rules_.lists[expr.list].name;
        break;
      case ExprOp::kPath:
        out += ' ';
        AppendQuoted(FormatPath(expr.path), &out);
        out += absl::StrFormat(" %d", static_cast<int>(expr.type.kind));
        break;
      case ExprOp::kDerived:
        // By meaning: another derivation of the name is another rule.
        out += ' ';
        Expr(schema_->derives[expr.derived].expr);
        break;
      case ExprOp::kVariable:
      case ExprOp::kAny:
      case ExprOp::kAll:
      case ExprOp::kNone:
      case ExprOp::kCount:
        out += absl::StrFormat(" $%d", expr.slot);
        break;
      case ExprOp::kCall:
        out += ' ';
        out += Describe(expr.function).name;
        break;
      case ExprOp::kLookup:
        Lookup(expr);
        break;
      case ExprOp::kStep:
        return Step(expr);
      case ExprOp::kStepCount:
      case ExprOp::kAggregate:
        out += absl::StrFormat(" %d", expr.index);
        break;
      default:
        break;
    }
    for (const CheckedExpr& child : expr.children) {
      out += ' ';
      Expr(child);
    }
    out += ')';
  }

  void Key(const CheckedKey& key) {
    out += " (by";
    if (key.missing_ok) out += " :missing";
    if (key.each) out += " :each";
    out += ' ';
    Expr(key.expr);
    if (key.among.has_value()) {
      out += " :among ";
      out += rules_.lists[*key.among].name;
    }
    out += ')';
  }

  void Filters(const std::vector<CheckedFilter>& filters) {
    for (const CheckedFilter& filter : filters) {
      out += IsException(filter.origin) ? " (unless " : " (where ";
      Expr(filter.expr);
      out += ')';
    }
  }

  void Event(const CheckedEvent& event) {
    const CheckedSchema* outer = schema_;
    schema_ = &rules_.schemas[event.schema];
    out += " (event (from ";
    AppendQuoted(schema_->name, &out);
    out += ')';
    Filters(event.filters);
    for (const CheckedKey& key : event.by) Key(key);
    out += ')';
    schema_ = outer;
  }

  // Events go by their place: another name is the same rule.
  void Condition(const CheckedCondition& condition) {
    if (condition.kind == CheckedCondition::Kind::kFilter) return;
    out += " (";
    out += ConditionWord(condition.kind);
    Window(condition.window);
    for (const CheckedAggregate& aggregate : condition.aggregates) {
      Aggregate(aggregate, condition.test.has_value());
    }
    if (condition.test.has_value()) Part(" :test ", *condition.test);
    for (const CheckedStep& step : condition.steps) {
      out += absl::StrFormat(" e%d", step.event);
      if (step.run != 1) out += absl::StrFormat("x%d", step.run);
    }
    for (const std::uint32_t event : condition.without) {
      out += absl::StrFormat(" :without e%d", event);
    }
    if (condition.where.has_value()) Part(" :where ", *condition.where);
    if (condition.least != 0)
      out += absl::StrFormat(" :least %d", condition.least);
    if (!condition.values.empty()) {
      const CheckedSchema* outer = schema_;
      if (!condition.steps.empty()) SetEvent(condition.steps[0].event);
      for (const CheckedExpr& value : condition.values) Part(" ", value);
      schema_ = outer;
      out += absl::StrFormat(" :learn %d", condition.learn_us);
    }
    for (const CheckedCondition& child : condition.children) Condition(child);
    out += ')';
  }

  void Then(const CheckedThen& then) {
    switch (then.kind) {
      case CheckedThen::Kind::kEvery:
        return;
      case CheckedThen::Kind::kOncePer:
        out += absl::StrFormat(" (once %d", then.hold_us);
        for (const std::uint32_t part : then.per) {
          out += absl::StrFormat(" %d", part);
        }
        break;
      case CheckedThen::Kind::kReset:
        out += " (reset";
        break;
      case CheckedThen::Kind::kEdge:
        out += " (edge";
        break;
      case CheckedThen::Kind::kEscalate:
        out += " (escalate";
        for (const std::uint64_t level : then.levels) {
          out += absl::StrFormat(" %d", level);
        }
        break;
    }
    out += ')';
  }

  // Of an event by itself, in its own schema.
  void SetEvent(std::uint32_t event) {
    if (event < rule_.events.size()) {
      schema_ = &rules_.schemas[rule_.events[event].schema];
    }
  }

  std::string out;

 private:
  void Part(std::string_view word, const CheckedExpr& expr) {
    out += word;
    Expr(expr);
  }

  // By name: its rows change without the rule.
  void Lookup(const CheckedExpr& expr) {
    const CheckedTable& table = rules_.tables[expr.index];
    out += ' ';
    out += table.name;
    if (expr.column == kWholeRow) return;
    out += " :column ";
    AppendQuoted(table.columns[expr.column].name, &out);
  }

  void Step(const CheckedExpr& expr) {
    out += absl::StrFormat(" e%d", expr.index);
    if (expr.pick == StepPick::kOldest) out += " :oldest";
    const CheckedSchema* outer = schema_;
    SetEvent(expr.index);
    for (const CheckedExpr& child : expr.children) Part(" ", child);
    schema_ = outer;
    out += ')';
  }

  void Window(const CheckedWindow& window) {
    switch (window.kind) {
      case CheckedWindow::Kind::kSliding:
        if (window.length_us != 0) {
          out += absl::StrFormat(" %d", window.length_us);
        }
        return;
      case CheckedWindow::Kind::kTumbling:
        out += absl::StrFormat(" %d :tumbling ", window.length_us);
        AppendQuoted(window.zone, &out);
        return;
      case CheckedWindow::Kind::kHopping:
        out += absl::StrFormat(" %d :hopping %d", window.length_us,
                               window.step_us);
        return;
      case CheckedWindow::Kind::kSession:
        out += absl::StrFormat(" %d :session %d", window.length_us,
                               window.step_us);
        return;
    }
  }

  void Aggregate(const CheckedAggregate& aggregate, bool tested) {
    out += " (";
    out += AggregateName(aggregate.kind);
    if (!tested) {
      out += aggregate.kind == CheckedAggregate::Kind::kSum
                 ? absl::StrFormat(" %.17g", aggregate.least)
                 : absl::StrFormat(" %d", aggregate.threshold);
    }
    if (aggregate.kind == CheckedAggregate::Kind::kPercentile) {
      out += absl::StrFormat(" :percent %.17g", aggregate.percent);
    }
    const CheckedSchema* outer = schema_;
    if (aggregate.event != kNoEvent) {
      out += absl::StrFormat(" e%d", aggregate.event);
      SetEvent(aggregate.event);
    }
    if (aggregate.threshold_of.has_value()) {
      Part(" :at-most ", *aggregate.threshold_of);
    }
    if (aggregate.filter.has_value()) Part(" :of ", *aggregate.filter);
    for (const CheckedExpr& value : aggregate.values) Part(" ", value);
    schema_ = outer;
    out += ')';
  }

  const CheckedRules& rules_;
  const CheckedRule& rule_;
  const CheckedSchema* schema_;  // Of the expression at hand.
};

}  // namespace

std::string CanonicalForm(const CheckedRules& rules, const CheckedRule& rule) {
  Writer writer(rules, rule);
  writer.out = "(rule ";
  AppendQuoted(rule.name, &writer.out);
  writer.out += " (from ";
  AppendQuoted(rules.schemas[rule.schema].name, &writer.out);
  writer.out += ")";
  if (rule.events.empty()) {
    writer.Filters(rule.filters);
    for (const CheckedKey& key : rule.by) writer.Key(key);
  } else {
    for (const CheckedEvent& event : rule.events) writer.Event(event);
  }
  writer.Condition(rule.condition);
  writer.Then(rule.then);
  if (rule.late_now) writer.out += " (late now)";
  // Which shards hold the state: by key unless it lives whole in one.
  if (rule.keys <= limits::kWholeRuleKeys) writer.out += " (whole)";
  writer.out += ')';
  return writer.out;
}

std::string CanonicalCollect(const CheckedRules& rules, const CheckedRule& rule,
                             const CheckedCollect& collect) {
  Writer writer(rules, rule);
  writer.out = "(collect ";
  AppendQuoted(collect.name, &writer.out);
  writer.out += ' ';
  if (collect.event != kNoEvent) {
    writer.out += absl::StrFormat("e%d ", collect.event);
    writer.SetEvent(collect.event);
  }
  writer.Expr(collect.expr);
  writer.out += ')';
  return writer.out;
}

}  // namespace tocsin::dsl
