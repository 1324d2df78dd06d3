#include "app/profile/exceptions.h"

#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "app/inputs.h"
#include "dsl/compile/compile.h"
#include "dsl/explain/print_expr.h"
#include "engine/base/status_macros.h"
#include "engine/match/match.h"

namespace tocsin {
namespace {

using Origin = dsl::CheckedFilter::Origin;

// Where an exception stands; null: it is none.
const char* PlaceOf(Origin origin) {
  switch (origin) {
    case Origin::kUnless:
      return "rule";
    case Origin::kDefaultsUnless:
      return "defaults";
    case Origin::kTuneUnless:
      return "tune";
    default:
      return nullptr;
  }
}

// Beside the rules, for each exception a filter of what the rule would have
// taken without any, and that this one holds of.
class Probes {
 public:
  explicit Probes(const dsl::CheckedRules& rules) : beside_(rules) {
    for (const dsl::CheckedRule& rule : rules.rules) {
      if (!rule.enabled) continue;
      if (rule.events.empty()) {
        Add(rule, rule.schema, rule.filters);
        continue;
      }
      for (const dsl::CheckedEvent& event : rule.events) {
        Add(rule, event.schema, event.filters);
      }
    }
  }

  bool any() const { return !of_.empty(); }
  std::shared_ptr<const RuleSet> Compile() const {
    return dsl::Compile(beside_);
  }

  // The exceptions of a rule, without their numbers.
  std::vector<ExceptionProfile> Of(const std::string& rule) const {
    const auto found = exceptions_.find(rule);
    return found == exceptions_.end() ? std::vector<ExceptionProfile>()
                                      : found->second;
  }
  // What a probe counts for: a rule, and one of its exceptions.
  const std::pair<std::string, std::size_t>* Find(
      const std::string& probe) const {
    const auto found = of_.find(probe);
    return found == of_.end() ? nullptr : &found->second;
  }

 private:
  void Add(const dsl::CheckedRule& rule, std::uint32_t schema,
           const std::vector<dsl::CheckedFilter>& filters) {
    std::vector<dsl::CheckedFilter> wanted;
    for (const dsl::CheckedFilter& filter : filters) {
      if (PlaceOf(filter.origin) == nullptr) wanted.push_back(filter);
    }
    // The events of a rule have the same exceptions, in one order.
    std::vector<ExceptionProfile>& exceptions = exceptions_[rule.name];
    std::size_t number = 0;
    for (const dsl::CheckedFilter& filter : filters) {
      const char* const place = PlaceOf(filter.origin);
      if (place == nullptr) continue;
      if (number == exceptions.size()) {
        exceptions.push_back(
            {dsl::PrintExpr(beside_, beside_.schemas[schema], filter.expr),
             place, 0});
      }
      dsl::CheckedRule probe;
      probe.name =
          absl::StrCat("<exception ", of_.size(), " of ", rule.name, ">");
      probe.schema = schema;
      probe.depth = rule.depth;
      probe.signal = true;  // Nobody reads what it tells.
      probe.filters = wanted;
      probe.filters.push_back(filter);
      probe.filters.back().origin = Origin::kWhere;
      of_.emplace(probe.name, std::pair(rule.name, number++));
      beside_.rules.push_back(std::move(probe));
    }
  }

  dsl::CheckedRules beside_;
  std::map<std::string, std::vector<ExceptionProfile>> exceptions_;
  std::map<std::string, std::pair<std::string, std::size_t>> of_;
};

}  // namespace

absl::Status CountExcused(const LoadedRules& loaded,
                          const ProfileOptions& options,
                          std::vector<RuleProfile>* rules) {
  const Probes probes(loaded.checked);
  if (!probes.any()) return absl::OkStatus();
  const std::shared_ptr<const RuleSet> set = probes.Compile();
  TOCSIN_ASSIGN_OR_RETURN(
      Inputs inputs,
      OpenInputs(options.files, *set, {options.pipeline.merge, false}));
  std::vector<Source*> sources;
  for (const auto& source : inputs.sources) sources.push_back(source.get());
  PipelineOptions once = options.pipeline;
  once.workers = 1;
  once.key_seed = kReplayKeySeed;
  Pipeline pipeline(once, set, sources,
                    [](std::span<const Alert>) { return absl::OkStatus(); });
  TOCSIN_RETURN_IF_ERROR(pipeline.Run());
  TOCSIN_RETURN_IF_ERROR(inputs.status());
  std::map<std::string, RuleProfile*> by_name;
  for (RuleProfile& rule : *rules) {
    rule.exceptions = probes.Of(rule.name);
    by_name.emplace(rule.name, &rule);
  }
  for (const RuleTotals& totals : pipeline.Counts().rules) {
    const auto* const probe = probes.Find(totals.name);
    if (probe == nullptr) continue;
    const auto rule = by_name.find(probe->first);
    if (rule == by_name.end()) continue;
    rule->second->exceptions[probe->second].excused += totals.matches;
  }
  return absl::OkStatus();
}

}  // namespace tocsin
