#include "dsl/explain/explain.h"

#include <algorithm>
#include <set>
#include <vector>

#include "absl/strings/str_format.h"
#include "dsl/compile/compile.h"
#include "dsl/explain/audit_needs.h"
#include "dsl/explain/condition_facts.h"
#include "dsl/explain/print_condition.h"
#include "dsl/explain/print_expr.h"
#include "engine/base/limits.h"
#include "engine/program/index_plan.h"

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

// Facts of which a rule may have several.
bool IsList(const std::string& name) {
  static const std::set<std::string> kLists = {
      "schema's default", "defaults where", "where",
      "defaults unless",  "unless",         "tune unless",
      "derived",          "event",          "by",
      "collect"};
  return kLists.contains(name);
}

void AppendQuoted(std::string_view text, std::string* out) {
  *out += '"';
  AppendJsonEscaped(text, out);
  *out += '"';
}

// Appends what any expression of the rule's meaning reads.
void AddRoots(const RuleProgram& rule, std::vector<ExprId>* roots) {
  roots->push_back(rule.filter);
  for (const KeyProgram& key : rule.by) roots->push_back(key.expr);
  for (const AggregateProgram& aggregate : rule.aggregates) {
    if (aggregate.filter != kNoExpr) roots->push_back(aggregate.filter);
    roots->insert(roots->end(), aggregate.values.begin(),
                  aggregate.values.end());
  }
  for (const CollectProgram& collect : rule.collects) {
    roots->push_back(collect.expr);
  }
  for (const NamedProgram& show : rule.shows) roots->push_back(show.expr);
  for (const TemplateProgram* text :
       {&rule.alert, &rule.title, &rule.runbook}) {
    for (const TemplateProgram::Part& part : text->parts) {
      if (part.hole != kNoExpr) roots->push_back(part.hole);
    }
  }
}

class Explainer {
 public:
  Explainer(const CheckedRules& rules, const CheckedRule& rule,
            const RuleSet& set)
      : rules_(rules),
        rule_(rule),
        schema_(rules.schemas[rule.schema]),
        set_(set) {}

  Explanation Run() {
    Line("kind", KindText(rule_));
    if (rule_.condition.kind != CheckedCondition::Kind::kFilter) {
      Line("monotone", MonotoneText(rule_.condition));
    }
    Line("latency", LatencyText(rules_, rule_));
    Line("schema", schema_.name);
    if (rule_.signal) Line("signal", "read by other rules, never delivered");
    if (!rule_.enabled) Line("enabled", "false: it does not run");
    Filters();
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
  void Line(std::string_view name, std::string_view text) {
    made_.facts.push_back({std::string(name), std::string(text)});
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
      Line(OriginName(filter.origin), text);
    }
  }

  // The derived fields that the filter names, and those behind them.
  void Derives() {
    std::vector<bool> used(schema_.derives.size());
    for (const CheckedFilter& filter : rule_.filters) Mark(filter.expr, &used);
    for (const CheckedKey& key : rule_.by) Mark(key.expr, &used);
    for (std::size_t i = 0; i < used.size(); ++i) {
      if (!used[i]) continue;
      Line("derived",
           schema_.derives[i].name + " = " + Text(schema_.derives[i].expr));
    }
  }
  void Mark(const CheckedExpr& expr, std::vector<bool>* used) const {
    if (expr.op == ExprOp::kDerived && !(*used)[expr.derived]) {
      (*used)[expr.derived] = true;
      Mark(schema_.derives[expr.derived].expr, used);
    }
    for (const CheckedExpr& child : expr.children) Mark(child, used);
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
    Line("then", Then());
    for (const CheckedCollect& collect : rule_.collects) {
      Line("collect", absl::StrFormat("%s up to %d as %s", Text(collect.expr),
                                      collect.up_to, collect.name));
    }
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
    for (const CheckedEvent& event : rule_.events) {
      if (!rules_.schemas[event.schema].built_in) continue;
      CheckedRule alone;
      alone.schema = event.schema;
      alone.filters = event.filters;
      alone.by = event.by;
      const std::string of = " of " + event.name;
      Line("stages" + of, Join(StagesThatCanMatch(rules_, alone)));
      Line("audit level" + of, LevelNeeded(rules_, alone));
    }
  }

  void State() {
    const StateBound bound = BoundOf(rule_);
    made_.state_bytes = bound.bytes;
    if (bound.parts.empty()) return Line("state", "none");
    Line("state of a key", absl::StrFormat("at most %s: %d bytes at worst",
                                           Join(bound.parts), bound.bytes));
    Line("keys", absl::StrFormat(
                     "at most %d, %s", rule_.keys,
                     rule_.keys <= limits::kWholeRuleKeys
                         ? "in one shard"
                         : absl::StrFormat("over %d shards", limits::kShards)));
  }

  // Cost, index and fields: what only the program knows.
  void Program() {
    const auto found = std::find_if(
        set_.rules.begin(), set_.rules.end(),
        [&](const RuleProgram& r) { return r.name == rule_.name; });
    if (found == set_.rules.end()) return;
    const ExprNode& filter = set_.exprs.node(found->filter);
    made_.cost_ns = filter.cost;
    Line("cost",
         absl::StrFormat(
             "about %d ns for an event that every test must see%s", filter.cost,
             filter.navigates ? "; bodies are read last, for what is left"
                              : ""));
    Line("found by", Join(Anchors(*found)));
    std::vector<ExprId> roots;
    AddRoots(*found, &roots);
    std::vector<FieldId> fields;
    for (const ExprId root : roots) {
      const std::vector<FieldId> of = FieldsRead(set_.exprs, root);
      fields.insert(fields.end(), of.begin(), of.end());
    }
    std::sort(fields.begin(), fields.end());
    fields.erase(std::unique(fields.begin(), fields.end()), fields.end());
    std::vector<std::string> names;
    for (const FieldId field : fields) names.push_back(FieldName(field));
    std::sort(names.begin(), names.end());
    Line("reads", Join(names));
  }

  // The indexed fields whose tests stand in this rule's filter.
  std::vector<std::string> Anchors(const RuleProgram& program) const {
    std::vector<std::string> anchors;
    const std::vector<ExprId> below = NodesBelow(set_.exprs, program.filter);
    const std::vector<SchemaIndex> plan = PlanIndex(set_);
    for (const IndexedField& field : plan[program.schema].fields) {
      const bool tested =
          std::any_of(field.atoms.begin(), field.atoms.end(), [&](ExprId atom) {
            return std::binary_search(below.begin(), below.end(), atom);
          });
      if (tested) anchors.push_back(FieldName(field.field));
    }
    std::sort(anchors.begin(), anchors.end());
    return anchors;
  }

  std::string FieldName(FieldId field) const {
    FieldPath path;
    for (const std::string& key : set_.projection.fields()[field].keys) {
      path.push_back({PathSegment::Kind::kKey, key, 0});
    }
    return FormatPath(path);
  }

  const CheckedRules& rules_;
  const CheckedRule& rule_;
  const CheckedSchema& schema_;
  const RuleSet& set_;
  Explanation made_;
};

}  // namespace

Explanation ExplainRule(const CheckedRules& rules, const CheckedRule& rule,
                        const RuleSet& set) {
  return Explainer(rules, rule, set).Run();
}

std::string Explain(const CheckedRules& rules, const CheckedRule& rule,
                    const RuleSet& set) {
  const Explanation made = ExplainRule(rules, rule, set);
  std::string text = absl::StrFormat("rule %s\n", made.rule);
  for (const ExplainedFact& fact : made.facts) {
    text += absl::StrFormat("  %-16s  %s\n", fact.name, fact.text);
  }
  return text;
}

// A fact that stands several times is a list.
std::string ExplainJson(const CheckedRules& rules, const CheckedRule& rule,
                        const RuleSet& set) {
  const Explanation made = ExplainRule(rules, rule, set);
  std::string json = "{\"rule\":";
  AppendQuoted(made.rule, &json);
  std::set<std::string> done;
  for (const ExplainedFact& fact : made.facts) {
    if (!done.insert(fact.name).second) continue;
    std::vector<std::string> texts;
    for (const ExplainedFact& other : made.facts) {
      if (other.name == fact.name) texts.push_back(other.text);
    }
    std::string member = fact.name;
    std::replace(member.begin(), member.end(), ' ', '_');
    std::erase(member, '\'');
    json += ',';
    AppendQuoted(member, &json);
    json += ':';
    const bool list = IsList(fact.name);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      json += i > 0 ? "," : list ? "[" : "";
      AppendQuoted(texts[i], &json);
    }
    if (list) json += ']';
  }
  return json + absl::StrFormat(",\"state_bytes\":%d,\"cost_ns\":%d}\n",
                                made.state_bytes, made.cost_ns);
}

}  // namespace tocsin::dsl
