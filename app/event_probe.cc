#include "app/event_probe.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "dsl/compile/compile.h"
#include "engine/base/check.h"
#include "engine/event/extract.h"
#include "engine/match/encode.h"
#include "engine/match/evaluator.h"
#include "engine/match/match.h"

namespace tocsin {
namespace {

using dsl::CheckedExpr;
using dsl::PartValue;
using dsl::RulePart;
using Kind = RulePart::Kind;

constexpr std::size_t kElementsShown = 8;  // Of one quantifier's list.

// Rules of this name carry the probes of a schema as what they show; no rule
// of a file can be called so.
std::string ProbeRule(std::size_t schema) {
  return absl::StrCat("<probes of schema ", schema, ">");
}

// The expressions of a tree, each once, by schema.
class Probes {
 public:
  explicit Probes(std::size_t schemas) : of_schema_(schemas) {}

  void Add(const std::vector<RulePart>& parts) {
    for (const RulePart& part : parts) {
      Add(part.schema, part.expr);
      AddValues(part.schema, part.values);
      Add(part.parts);
    }
  }

  // As rules beside the one that is looked at.
  void AppendRules(std::vector<dsl::CheckedRule>* rules) const {
    for (std::size_t i = 0; i < of_schema_.size(); ++i) {
      dsl::CheckedRule rule;
      rule.name = ProbeRule(i);
      rule.schema = static_cast<std::uint32_t>(i);
      for (const CheckedExpr* expr : of_schema_[i]) {
        rule.shows.push_back({"probe", *expr});
      }
      rules->push_back(std::move(rule));
    }
  }

  absl::flat_hash_map<const CheckedExpr*, ExprId> Ids(
      const RuleSet& set) const {
    absl::flat_hash_map<const CheckedExpr*, ExprId> ids;
    for (std::size_t i = 0; i < of_schema_.size(); ++i) {
      const std::string name = ProbeRule(i);
      for (const RuleProgram& rule : set.rules) {
        if (rule.name != name) continue;
        for (std::size_t j = 0; j < of_schema_[i].size(); ++j) {
          ids[of_schema_[i][j]] = rule.shows[rule.schema_shows + j].expr;
        }
      }
    }
    return ids;
  }

 private:
  void Add(std::uint32_t schema, const CheckedExpr* expr) {
    if (expr != nullptr) of_schema_[schema].push_back(expr);
  }
  void AddValues(std::uint32_t schema, const std::vector<PartValue>& values) {
    for (const PartValue& value : values) {
      Add(schema, value.expr);
      AddValues(schema, value.inner);
    }
  }

  std::vector<std::vector<const CheckedExpr*>> of_schema_;
};

}  // namespace

struct EventProbe::Impl {
  Impl(const dsl::CheckedRules& checked, const dsl::CheckedRule& rule,
       const dsl::LetNames& lets);

  absl::StatusOr<dsl::RuleOnEvent> Look(std::string_view json);
  void Fill(std::vector<RulePart>* parts);
  void Fill(RulePart* part);
  void FillValues(std::vector<PartValue>* values);
  void FillElements(RulePart* part);
  bool HasKey(const RulePart& part);
  bool IsTaken(const RulePart& part) const;
  dsl::EventFacts Facts(const Row& row);

  const dsl::CheckedRules& checked;
  const dsl::CheckedRule& rule;
  const std::vector<RulePart> parts;  // Nothing filled.
  std::shared_ptr<const RuleSet> set;
  absl::flat_hash_map<const CheckedExpr*, ExprId> ids;
  absl::flat_hash_map<const dsl::CheckedKey*, ExprId> members;  // Of `among`.
  std::unique_ptr<SymbolTables> symbols;
  std::unique_ptr<Extractor> extractor = MakeSimdjsonExtractor();
  std::unique_ptr<Matcher> matcher;
  std::unique_ptr<Evaluator> evaluator;
  EventBatch batch;
  MatchResult result;
};

EventProbe::Impl::Impl(const dsl::CheckedRules& rules,
                       const dsl::CheckedRule& of, const dsl::LetNames& lets)
    : checked(rules), rule(of), parts(dsl::PartsOf(rules, of, lets)) {
  Probes probes(rules.schemas.size());
  probes.Add(parts);
  dsl::CheckedRules beside;
  beside.schemas = rules.schemas;
  beside.lists = rules.lists;
  beside.tables = rules.tables;
  beside.rules.push_back(of);
  beside.rules.back().enabled = true;
  probes.AppendRules(&beside.rules);
  beside.ok = true;
  set = dsl::Compile(beside);
  ids = probes.Ids(*set);
  const auto keys = [&](const std::vector<dsl::CheckedKey>& by,
                        const std::vector<KeyProgram>& made) {
    for (std::size_t i = 0; i < by.size(); ++i) {
      members[&by[i]] = made[i].among;
    }
  };
  for (const RuleProgram& program : set->rules) {
    if (program.name == of.name && of.events.empty()) keys(of.by, program.by);
  }
  symbols = std::make_unique<SymbolTables>(set->projection);
  matcher = std::make_unique<Matcher>(set.get(), symbols.get(), kReplayKeySeed);
  evaluator = std::make_unique<Evaluator>(set.get());
}

void EventProbe::Impl::FillValues(std::vector<PartValue>* values) {
  for (PartValue& value : *values) {
    const Value found = evaluator->Eval(ids.at(value.expr));
    value.missing = found.missing();
    value.null = found.is(ValueKind::kNull);
    value.encoding.clear();
    AppendCutEncoding(found, &evaluator->reader(), &value.encoding);
    FillValues(&value.inner);
  }
}

// The body of a quantifier, once an element.
void EventProbe::Impl::FillElements(RulePart* part) {
  const RulePart body = std::move(part->parts[0]);
  part->parts.clear();
  const Value list = evaluator->Eval(ids.at(&part->expr->children[0]));
  const std::span<const Value> items = evaluator->reader().Items(list);
  for (std::size_t i = 0; i < std::min(items.size(), kElementsShown); ++i) {
    evaluator->SetVariable(part->expr->slot, items[i]);
    RulePart element = body;
    element.name =
        absl::StrCat(part->values[0].name, "[", i, "] as v", part->expr->slot);
    Fill(&element);
    part->parts.push_back(std::move(element));
  }
}

// Whether a key part puts the event into a group (engine/match/group_rows.h).
bool EventProbe::Impl::HasKey(const RulePart& part) {
  const dsl::CheckedKey& key = *part.key;
  const Value value = evaluator->Eval(ids.at(&key.expr));
  const auto found = members.find(&key);
  const ExprId member = found == members.end() ? kNoExpr : found->second;
  const auto enters = [&](const Value& element) {
    if (element.missing()) return false;
    if (member == kNoExpr) return true;
    evaluator->SetVariable(kAmongSlot, element);
    return evaluator->Test(member);
  };
  if (!key.each || !value.is(ValueKind::kList)) {
    return enters(value) || (key.missing_ok && value.missing());
  }
  const std::span<const Value> items = evaluator->reader().Items(value);
  return std::any_of(items.begin(), items.end(), enters) ||
         (key.missing_ok && items.empty());
}

// The first schema that asks and is answered takes an event.
bool EventProbe::Impl::IsTaken(const RulePart& part) const {
  const Row& row = batch.rows[0];
  return row.schema != kNoSchema &&
         set->schemas[row.schema].name == checked.schemas[part.schema].name;
}

void EventProbe::Impl::Fill(RulePart* part) {
  FillValues(&part->values);
  if (part->kind == Kind::kQuantifier) {
    FillElements(part);
  } else {
    Fill(&part->parts);
  }
  if (part->kind == Kind::kSchema) {
    part->held = IsTaken(*part);
  } else if (part->kind == Kind::kKey) {
    part->held = HasKey(*part);
  } else if (part->expr != nullptr) {
    part->held = evaluator->Test(ids.at(part->expr));
  } else if (part->kind == Kind::kCounted) {
    part->held = std::none_of(part->values.begin(), part->values.end(),
                              [](const PartValue& v) { return v.missing; });
  } else {
    const auto held = [](const RulePart& child) { return child.held; };
    part->held =
        part->any ? std::any_of(part->parts.begin(), part->parts.end(), held)
                  : std::all_of(part->parts.begin(), part->parts.end(), held);
  }
}

void EventProbe::Impl::Fill(std::vector<RulePart>* all) {
  for (RulePart& part : *all) Fill(&part);
}

dsl::EventFacts EventProbe::Impl::Facts(const Row& row) {
  dsl::EventFacts facts;
  if (row.schema == kNoSchema) return facts;
  const SchemaProgram& schema = set->schemas[row.schema];
  facts.schema = schema.name;
  if (row.time_us != kNoTime) facts.time_us = row.time_us;
  for (const IdentityProgram& part : schema.identity) {
    std::string encoding;
    AppendCutEncoding(evaluator->reader().Field(part.field),
                      &evaluator->reader(), &encoding);
    facts.identity.emplace_back(part.name, std::move(encoding));
  }
  return facts;
}

absl::StatusOr<dsl::RuleOnEvent> EventProbe::Impl::Look(std::string_view json) {
  batch.Clear();
  batch.Reserve(json.size() + 1);
  std::memcpy(batch.bytes.data(), json.data(), json.size());
  // A line feed stands between tokens only: JSON text has none in a string.
  std::replace(batch.bytes.begin(),
               batch.bytes.begin() + static_cast<std::ptrdiff_t>(json.size()),
               '\n', ' ');
  batch.bytes[json.size()] = '\n';
  batch.input_size = json.size() + 1;
  extractor->Extract(set->projection, symbols.get(), &batch);
  if (batch.rows.empty() || batch.rows[0].fate != Fate::kEvent) {
    return absl::InvalidArgumentError("this is not one JSON object");
  }
  matcher->Match(&batch, &result);
  const Row& row = batch.rows[0];
  evaluator->Begin(&batch, 0);
  evaluator->SetTime(row.time_us);
  dsl::RuleOnEvent found;
  found.rule = rule.name;
  found.event = Facts(row);
  found.parts = parts;
  Fill(&found.parts);
  found.matches = dsl::Judge(&found.parts);
  return found;
}

EventProbe::EventProbe(const dsl::CheckedRules& rules,
                       const dsl::CheckedRule& rule, const dsl::LetNames& lets)
    : impl_(std::make_unique<Impl>(rules, rule, lets)) {}
EventProbe::~EventProbe() = default;

absl::StatusOr<dsl::RuleOnEvent> EventProbe::Look(std::string_view json) {
  return impl_->Look(json);
}

}  // namespace tocsin
