#include "dsl/explain/explain.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_format.h"
#include "dsl/compile/compile.h"
#include "dsl/explain/audit_needs.h"
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

  std::string Run() {
    out_ = absl::StrFormat("rule %s\n", rule_.name);
    Line("kind", Kind());
    Line("schema", schema_.name);
    if (!rule_.enabled) Line("enabled", "false: it does not run");
    Filters();
    Derives();
    Grouping();
    State();
    Program();
    if (schema_.built_in) {
      Line("stages", Join(StagesThatCanMatch(rules_, rule_)));
      Line("audit level", LevelNeeded(rules_, rule_));
    }
    Line("uid", ToHex(HashWide(CanonicalForm(rules_, rule_))));
    return out_;
  }

 private:
  void Line(std::string_view name, std::string_view text) {
    out_ += absl::StrFormat("  %-16s  %s\n", name, text);
  }
  std::string Text(const CheckedExpr& expr) const {
    return PrintExpr(rules_, schema_, expr);
  }
  const CheckedCondition* Threshold() const {
    return AggregatesOf(rule_.condition);
  }

  std::string Kind() const {
    const CheckedCondition* when = Threshold();
    if (when == nullptr) return "filter: each event that passes is a match";
    std::string names;
    for (const CheckedAggregate& aggregate : when->aggregates) {
      if (!names.empty()) names += " and ";
      names += aggregate.kind == CheckedAggregate::Kind::kCount ? "count"
                                                                : "distinct";
    }
    return names +
           " over a sliding window: monotone, decided when an event arrives";
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
    if (const CheckedCondition* when = Threshold()) Line("when", When(*when));
    Line("then", rule_.then.kind == CheckedThen::Kind::kEvery
                     ? "every"
                     : "once per " + FormatDuration(rule_.then.hold_us));
    for (const CheckedCollect& collect : rule_.collects) {
      Line("collect", absl::StrFormat("%s up to %d as %s", Text(collect.expr),
                                      collect.up_to, collect.name));
    }
  }

  std::string When(const CheckedCondition& when) const {
    std::string text;
    for (const CheckedAggregate& aggregate : when.aggregates) {
      if (!text.empty()) text += " and ";
      std::vector<std::string> arguments;
      if (aggregate.filter.has_value()) {
        arguments.push_back(Text(*aggregate.filter));
      }
      for (const CheckedExpr& value : aggregate.values) {
        arguments.push_back(Text(value));
      }
      const bool count = aggregate.kind == CheckedAggregate::Kind::kCount;
      text += absl::StrFormat("%s(%s) >= %d", count ? "count" : "distinct",
                              arguments.empty() ? "" : Join(arguments),
                              aggregate.threshold);
    }
    return text + " within " + FormatDuration(when.window.length_us);
  }

  void State() {
    const CheckedCondition* when = Threshold();
    if (when == nullptr && rule_.then.kind == CheckedThen::Kind::kEvery) {
      return Line("state", "none");
    }
    // While the lateness is at most the window (docs/decisions).
    std::uint64_t bytes = 0;
    std::vector<std::string> parts;
    if (when != nullptr) {
      for (const CheckedAggregate& aggregate : when->aggregates) {
        const std::uint64_t n = aggregate.threshold;
        if (aggregate.kind == CheckedAggregate::Kind::kCount) {
          parts.push_back(absl::StrFormat("%d timestamps", 3 * (n - 1)));
          bytes += 3 * (n - 1) * 8;
        } else {
          parts.push_back(absl::StrFormat("%d values with times", 8 * n));
          bytes += 8 * n * 24;
        }
      }
    }
    for (const CheckedCollect& collect : rule_.collects) {
      parts.push_back(absl::StrFormat("%d collected values", collect.up_to));
      bytes += collect.up_to * limits::kValueBytes;
    }
    if (rule_.then.kind == CheckedThen::Kind::kOncePer) {
      parts.push_back("the hold of an incident");
      bytes += 64;
    }
    Line("state of a key",
         absl::StrFormat("at most %s: %d bytes at worst", Join(parts), bytes));
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
  std::string out_;
};

}  // namespace

std::string Explain(const CheckedRules& rules, const CheckedRule& rule,
                    const RuleSet& set) {
  return Explainer(rules, rule, set).Run();
}

}  // namespace tocsin::dsl
