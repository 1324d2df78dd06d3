// What the compiler made of a rule, for its author: kind, filter as it finally
// runs and where each part comes from, key, condition, state, cost, the fields
// that find the rule, the fields it reads, the audit stages and level it needs.
#pragma once

#include <string>

#include "dsl/check/checked.h"
#include "engine/program/rule_set.h"

namespace tocsin::dsl {

// Lines of text. `set` is what Compile(rules) gave; a disabled rule has no
// program and is explained without cost, index and fields.
std::string Explain(const CheckedRules& rules, const CheckedRule& rule,
                    const RuleSet& set);

}  // namespace tocsin::dsl
