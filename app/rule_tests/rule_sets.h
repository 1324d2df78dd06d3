// The rules that a test needs, compiled: those under test and what they read,
// each set once however many tests share it.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "dsl/check/checked.h"
#include "engine/base/strings.h"
#include "engine/program/rule_set.h"

namespace tocsin {

// The rules of these names and those whose alerts they read, switched on. The
// meaning of a rule, and so the ids of its alerts, is that of the whole set.
dsl::CheckedRules CutRules(const dsl::CheckedRules& rules,
                           const std::vector<std::string>& names);

// Guarded: any thread may ask.
class RuleSets {
 public:
  // `rules` outlives it. `branches`: the alternatives of conditions run along.
  RuleSets(const dsl::CheckedRules* rules, bool branches)
      : rules_(*rules), branches_(branches) {}

  struct Cut {
    dsl::CheckedRules checked;
    std::shared_ptr<const RuleSet> rules;
  };
  const Cut& Of(const std::vector<std::string>& names);

 private:
  struct Entry {
    std::once_flag once;
    Cut cut;
  };
  const dsl::CheckedRules& rules_;
  const bool branches_;
  std::mutex mutex_;  // Of the map; an entry is made outside of it.
  StringMap<std::unique_ptr<Entry>> cuts_;
};

}  // namespace tocsin
