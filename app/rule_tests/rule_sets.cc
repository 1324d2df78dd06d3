#include "app/rule_tests/rule_sets.h"

#include <algorithm>
#include <set>
#include <utility>

#include "app/rule_tests/branches.h"
#include "dsl/compile/compile.h"

namespace tocsin {
namespace {

using dsl::CheckedRule;
using dsl::CheckedRules;

// Adds the rule of the name and, through the schemas that stand for alerts,
// what it reads. `alert` is read from every rule that is no signal.
void Take(const CheckedRules& rules, const std::string& name,
          std::set<std::string>* taken) {
  if (name == "alert") {
    for (const CheckedRule& rule : rules.rules) {
      if (!rule.signal && rule.enabled) Take(rules, rule.name, taken);
    }
    return;
  }
  const auto rule =
      std::find_if(rules.rules.begin(), rules.rules.end(),
                   [&](const CheckedRule& r) { return r.name == name; });
  if (rule == rules.rules.end() || !taken->insert(name).second) return;
  const auto reads = [&](std::uint32_t schema) {
    const std::string& of = rules.schemas[schema].alerts_of;
    if (!of.empty()) Take(rules, of, taken);
  };
  reads(rule->schema);
  for (const dsl::CheckedEvent& event : rule->events) reads(event.schema);
}

}  // namespace

CheckedRules CutRules(const CheckedRules& rules,
                      const std::vector<std::string>& names) {
  std::set<std::string> taken;
  for (const std::string& name : names) Take(rules, name, &taken);
  CheckedRules cut;
  cut.schemas = rules.schemas;
  cut.lists = rules.lists;
  cut.tables = rules.tables;
  cut.ok = rules.ok;
  for (const CheckedRule& rule : rules.rules) {
    if (!taken.contains(rule.name)) continue;
    cut.rules.push_back(rule);
    cut.rules.back().enabled = true;
  }
  return cut;
}

const RuleSets::Cut& RuleSets::Of(const std::vector<std::string>& names) {
  std::string key;
  for (const std::string& name : names) key += name + "\n";
  Entry* entry = nullptr;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::unique_ptr<Entry>& place = cuts_[key];
    if (place == nullptr) place = std::make_unique<Entry>();
    entry = place.get();
  }
  std::call_once(entry->once, [&] {
    entry->cut.checked = CutRules(rules_, names);
    CheckedRules* const cut = &entry->cut.checked;
    for (std::size_t i = cut->rules.size(); branches_ && i-- > 0;) {
      for (Branch& branch : BranchesOf(cut->rules[i])) {
        cut->rules.push_back(std::move(branch.rule));
      }
    }
    entry->cut.rules = dsl::Compile(*cut);
  });
  return entry->cut;
}

}  // namespace tocsin
