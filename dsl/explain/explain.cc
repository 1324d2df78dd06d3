#include "dsl/explain/explain.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "dsl/compile/compile.h"
#include "dsl/explain/audit_needs.h"
#include "dsl/explain/condition_facts.h"
#include "dsl/explain/lists_read.h"
#include "dsl/explain/print_condition.h"
#include "dsl/explain/print_expr.h"
#include "dsl/explain/program_facts.h"
#include "engine/base/limits.h"

namespace tocsin::dsl {
namespace {

std::string_view OriginName(CheckedFilter::Origin origin) {
  switch (origin) {
    case CheckedFilter::Origin::kSchemaDefault:
      return "schema's default";
    case CheckedFilter::Origin::kDefaultsWhere:
      return "defaults where";
    case CheckedFilter::Origin::kWhere:
      return "where";
    case CheckedFilter::Origin::kDefaultsUnless:
      return "defaults unless";
    case CheckedFilter::Origin::kUnless:
      return "unless";
    case CheckedFilter::Origin::kTuneUnless:
      return "tune unless";
    case CheckedFilter::Origin::kEvent:
      return "where";
  }
  return "";
}

std::string Join(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) {
    if (!text.empty()) text += ", ";
    text += part;
  }
  return text.empty() ? "none" : text;
}

bool IsException(CheckedFilter::Origin origin) {
  using Origin = CheckedFilter::Origin;
  return origin == Origin::kDefaultsUnless || origin == Origin::kUnless ||
         origin == Origin::kTuneUnless;
}

// What a rule says of itself, in the order of its text.
constexpr std::string_view kMetadata[] = {
    "title", "severity", "risk", "owner", "id", "show", "alert", "runbook"};

class Explainer {
 public:
  Explainer(const CheckedRules& rules, const CheckedRule& rule,
            const RuleSet& set, const Origins* origins)
      : rules_(rules),
        rule_(rule),
        schema_(rules.schemas[rule.schema]),
        set_(set),
        origins_(origins) {}

  Explanation Run() {
    Line("kind", KindText(rule_));
    if (rule_.condition.kind != CheckedCondition::Kind::kFilter) {
      Line("monotone", MonotoneText(rule_.condition));
    }
    Line("latency", LatencyText(rules_, rule_));
    Line("schema", schema_.name);
    if (rule_.signal) Line("signal", "read by other rules, never delivered");
    if (!rule_.enabled) {
      Line("enabled", "false: it does not run", From("enabled"));
    }
    Metadata();
    Filters();
    Lists();
    Derives();
    Events();
    Grouping();
    State();
    Program();
    Audit();
    Line("uid", ToHex(HashWide(CanonicalForm(rules_, rule_))));
    made_.rule = rule_.name;
    return std::move(made_);
  }

 private:
  void Line(std::string_view name, std::string_view text,
            std::string from = {}) {
    made_.facts.push_back(
        {std::string(name), std::string(text), std::move(from)});
  }
  std::string From(std::string_view word) const {
    return origins_ == nullptr ? "" : origins_->From(rule_, word);
  }
  std::string Text(const CheckedExpr& expr) const {
    return PrintExpr(rules_, schema_, expr);
  }
  void Filters() {
    if (rule_.filters.empty()) Line("where", "true");
    for (const CheckedFilter& filter : rule_.filters) {
      std::string text = Text(filter.expr);
      if (filter.until_us.has_value()) {
        text += absl::StrFormat("  (until %s)", FormatTime(*filter.until_us));
      }
      Line(OriginName(filter.origin), text, PlaceOf(filter));
    }
  }
  // Of what stands outside of the rule; its name says whose it is.
  std::string PlaceOf(const CheckedFilter& filter) const {
    using Origin = CheckedFilter::Origin;
    const bool own = filter.origin == Origin::kWhere ||
                     filter.origin == Origin::kUnless ||
                     filter.origin == Origin::kEvent;
    return own || origins_ == nullptr ? "" : origins_->PlaceOf(filter.expr);
  }

  void Metadata() {
    if (origins_ == nullptr) return;
    for (const std::string_view word : kMetadata) {
      for (const OriginClause& clause : origins_->ClausesOf(rule_, word)) {
        Line(word, clause.text, clause.from);
      }
      if (word != "risk" || rule_.tags.empty()) continue;
      std::vector<std::string> from;
      for (const OriginClause& clause : origins_->ClausesOf(rule_, "tags")) {
        if (!clause.from.empty()) from.push_back(clause.from);
      }
      Line("tags", Join(rule_.tags), from.empty() ? "" : Join(from));
    }
  }

  void Lists() {
    if (origins_ == nullptr) return;
    for (const std::uint32_t list : ListsOf(rule_)) {
      if (rules_.lists[list].name.empty()) continue;
      Line("list", origins_->ListText(rules_.lists[list]));
    }
  }

  // The derived fields that filters and keys name, and those behind them.
  void Derives() {
    std::map<std::uint32_t, std::vector<bool>> used;
    const auto mark = [&](std::uint32_t schema,
                          const std::vector<CheckedFilter>& filters,
                          const std::vector<CheckedKey>& by) {
      std::vector<bool>& of = used[schema];
      of.resize(rules_.schemas[schema].derives.size());
      for (const CheckedFilter& f : filters) Mark(schema, f.expr, &of);
      for (const CheckedKey& key : by) Mark(schema, key.expr, &of);
    };
    if (rule_.events.empty()) mark(rule_.schema, rule_.filters, rule_.by);
    for (const CheckedEvent& event : rule_.events) {
      mark(event.schema, event.filters, event.by);
    }
    for (const auto& [index, of] : used) {
      const CheckedSchema& schema = rules_.schemas[index];
      for (std::size_t i = 0; i < of.size(); ++i) {
        if (!of[i]) continue;
        const CheckedField& field = schema.derives[i];
        std::string text =
            field.name + " = " + PrintExpr(rules_, schema, field.expr);
        if (used.size() > 1) text += " of " + schema.name;
        Line("derived", text);
      }
    }
  }
  void Mark(std::uint32_t schema, const CheckedExpr& expr,
            std::vector<bool>* used) const {
    if (expr.op == ExprOp::kDerived && !(*used)[expr.derived]) {
      (*used)[expr.derived] = true;
      Mark(schema, rules_.schemas[schema].derives[expr.derived].expr, used);
    }
    for (const CheckedExpr& child : expr.children) Mark(schema, child, used);
  }

  void Grouping() {
    for (const CheckedKey& key : rule_.by) {
      std::string text = key.missing_ok ? "?" : "";
      if (key.each) text += "each ";
      text += Text(key.expr);
      if (key.among.has_value()) {
        text += " among " + rules_.lists[*key.among].name;
      }
      Line("by", text + " as " + key.name);
    }
    const std::string when = PrintCondition(rules_, rule_, rule_.condition);
    if (!when.empty()) Line("when", when);
    Line("then", Then(), From("then"));
    if (rule_.late_now) Line("late", "now", From("late"));
    for (const CheckedCollect& collect : rule_.collects) {
      Line("collect", absl::StrFormat("%s up to %d as %s", TextOf(collect),
                                      collect.up_to, collect.name));
    }
  }

  // collect a.x: of that event, in its schema.
  std::string TextOf(const CheckedCollect& collect) const {
    if (collect.event >= rule_.events.size()) return Text(collect.expr);
    const CheckedEvent& event = rule_.events[collect.event];
    return event.name + "." +
           PrintExpr(rules_, rules_.schemas[event.schema], collect.expr);
  }

  std::string Then() const {
    using K = CheckedThen::Kind;
    switch (rule_.then.kind) {
      case K::kEvery:
        return "every";
      case K::kReset:
        return "reset";
      case K::kEdge:
        return "edge";
      case K::kEscalate: {
        std::vector<std::string> levels;
        for (const std::uint64_t level : rule_.then.levels) {
          levels.push_back(std::to_string(level));
        }
        return "escalate " + Join(levels);
      }
      case K::kOncePer:
        break;
    }
    std::string text = "once per " + FormatDuration(rule_.then.hold_us);
    std::vector<std::string> parts;
    for (const std::uint32_t part : rule_.then.per) {
      parts.push_back(rule_.by[part].name);
    }
    return parts.empty() ? text : text + " per " + Join(parts);
  }

  // Each with all that its events must pass.
  void Events() {
    for (const CheckedEvent& event : rule_.events) {
      const CheckedSchema& schema = rules_.schemas[event.schema];
      std::string text = event.name + " =";
      for (std::size_t i = 0; i < event.filters.size(); ++i) {
        const CheckedFilter& filter = event.filters[i];
        text += i == 0 ? " " : " and ";
        if (IsException(filter.origin)) text += "not ";
        text += "(" + PrintExpr(rules_, schema, filter.expr, &rule_) + ")";
      }
      if (event.schema != rule_.schema) text += " of " + schema.name;
      Line("event", text);
    }
  }

  // What an audit policy has to give: for the rule, or for each of its events.
  void Audit() {
    if (rule_.events.empty() && schema_.built_in) {
      Line("stages", Join(StagesThatCanMatch(rules_, rule_)));
      Line("audit level", LevelNeeded(rules_, rule_));
    }
    for (std::uint32_t i = 0; i < rule_.events.size(); ++i) {
      const CheckedEvent& event = rule_.events[i];
      if (!rules_.schemas[event.schema].built_in) continue;
      CheckedRule alone;
      alone.schema = event.schema;
      alone.filters = event.filters;
      const std::string of = " of " + event.name;
      Line("stages" + of, Join(StagesThatCanMatch(rules_, alone)));
      Line("audit level" + of, LevelNeeded(rules_, rule_, i));
    }
  }

  void State() {
    const StateBound bound = BoundOf(rule_);
    made_.state_bytes = bound.bytes;
    if (bound.parts.empty()) return Line("state", "none");
    Line("state of a key", absl::StrFormat("at most %s: %d bytes at worst",
                                           Join(bound.parts), bound.bytes));
    Line("keys",
         absl::StrFormat(
             "at most %d, %s", rule_.keys,
             rule_.keys <= limits::kWholeRuleKeys
                 ? "in one shard"
                 : absl::StrFormat("over %d shards", limits::kShards)),
         From("keys"));
  }

  // Cost, index and fields. Of a rule that takes events under several schemas
  // or keys, each is found by itself.
  void Program() {
    const std::optional<ProgramFacts> facts = FactsOf(set_, rule_.name);
    if (!facts.has_value()) return;
    made_.cost_ns = facts->cost_ns;
    Line("cost",
         absl::StrFormat("about %d ns for an event that every test must see%s",
                         facts->cost_ns,
                         facts->navigates
                             ? "; bodies are read last, for what is left"
                             : ""));
    for (const ProgramFacts::Feed& feed : facts->feeds) {
      const bool alone = facts->feeds.size() == 1;
      Line(alone ? "found by" : "found by of " + Join(feed.events),
           feed.anchors.empty() ? "none: every event of its schema is looked at"
                                : Join(feed.anchors));
    }
    Line("reads", Join(facts->reads));
  }

  const CheckedRules& rules_;
  const CheckedRule& rule_;
  const CheckedSchema& schema_;
  const RuleSet& set_;
  const Origins* const origins_;
  Explanation made_;
};

}  // namespace

Explanation ExplainRule(const CheckedRules& rules, const CheckedRule& rule,
                        const RuleSet& set, const Origins* origins) {
  return Explainer(rules, rule, set, origins).Run();
}

}  // namespace tocsin::dsl
