#include "dsl/explain/program_facts.h"

#include <algorithm>
#include <map>

#include "engine/event/type.h"
#include "engine/program/index_plan.h"

namespace tocsin::dsl {
namespace {

class FactFinder {
 public:
  FactFinder(const RuleSet& set, std::size_t rule)
      : set_(set), index_(rule), rule_(set.rules[rule]) {}

  ProgramFacts Run() {
    const std::vector<SchemaIndex> plan = PlanIndex(set_);
    std::map<std::uint16_t, std::uint64_t> costs;
    for (const FeedProgram& feed : set_.feeds) {
      if (feed.rule != index_) continue;
      const ExprNode& filter = set_.exprs.node(feed.filter);
      std::uint64_t& cost = costs[feed.schema];
      cost += filter.cost;
      facts_.cost_ns = std::max(facts_.cost_ns, cost);
      facts_.navigates = facts_.navigates || filter.navigates;
      ProgramFacts::Feed& made = facts_.feeds.emplace_back();
      for (const FeedProgram::Event& event : feed.events) {
        made.events.push_back(rule_.events[event.event].name);
      }
      made.anchors = Anchors(feed, plan[feed.schema]);
      Read(feed);
    }
    ReadOfRule();
    facts_.reads = Names(fields_);
    return std::move(facts_);
  }

 private:
  void Add(ExprId root) {
    if (root == kNoExpr) return;
    const std::vector<FieldId> of = FieldsRead(set_.exprs, root);
    fields_.insert(fields_.end(), of.begin(), of.end());
  }
  void Add(const TemplateProgram& text) {
    for (const TemplateProgram::Part& part : text.parts) Add(part.hole);
  }
  void Add(const std::vector<KeyProgram>& by) {
    for (const KeyProgram& key : by) Add(key.expr);
  }
  void Read(const FeedProgram& feed) {
    Add(feed.filter);
    Add(feed.by);
    for (const FeedProgram::Event& event : feed.events) Add(event.filter);
  }
  // With events, texts and steps read what the events left: captures.
  void ReadOfRule() {
    Add(rule_.by);
    for (const AggregateProgram& aggregate : rule_.aggregates) {
      Add(aggregate.filter);
      Add(aggregate.threshold_of);
      for (const ExprId value : aggregate.values) Add(value);
    }
    for (const CaptureProgram& capture : rule_.captures) Add(capture.expr);
    for (const CollectProgram& collect : rule_.collects) Add(collect.expr);
    for (const NamedProgram& show : rule_.shows) Add(show.expr);
    for (const SeverityArm& arm : rule_.severity_arms) Add(arm.condition);
    Add(rule_.risk);
    Add(rule_.alert);
    Add(rule_.title);
    Add(rule_.runbook);
  }

  // The indexed fields whose tests stand in this feed's filter.
  std::vector<std::string> Anchors(const FeedProgram& feed,
                                   const SchemaIndex& plan) const {
    std::vector<FieldId> anchors;
    const std::vector<ExprId> below = NodesBelow(set_.exprs, feed.filter);
    for (const IndexedField& field : plan.fields) {
      const bool tested =
          std::any_of(field.atoms.begin(), field.atoms.end(), [&](ExprId atom) {
            return std::binary_search(below.begin(), below.end(), atom);
          });
      if (tested) anchors.push_back(field.field);
    }
    return Names(anchors);
  }

  std::vector<std::string> Names(const std::vector<FieldId>& fields) const {
    std::vector<std::string> names;
    for (const FieldId field : fields) {
      FieldPath path;
      for (const std::string& key : set_.projection.fields()[field].keys) {
        path.push_back({PathSegment::Kind::kKey, key, 0});
      }
      names.push_back(FormatPath(path));
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
  }

  const RuleSet& set_;
  const std::size_t index_;
  const RuleProgram& rule_;
  ProgramFacts facts_;
  std::vector<FieldId> fields_;
};

}  // namespace

std::optional<ProgramFacts> FactsOf(const RuleSet& set,
                                    const std::string& rule) {
  const auto found =
      std::find_if(set.rules.begin(), set.rules.end(),
                   [&](const RuleProgram& r) { return r.name == rule; });
  if (found == set.rules.end()) return std::nullopt;
  return FactFinder(set, static_cast<std::size_t>(found - set.rules.begin()))
      .Run();
}

}  // namespace tocsin::dsl
