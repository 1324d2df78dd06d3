// Conditions as rule text again.
#pragma once

#include <string>

#include "dsl/check/checked.h"

namespace tocsin::dsl {

// count(denied), distinct(user.username), percentile(latency, 95)
std::string PrintAggregate(const CheckedRules& rules, const CheckedRule& rule,
                           const CheckedAggregate& aggregate);

// What stands behind `when`; empty for a filter.
std::string PrintCondition(const CheckedRules& rules, const CheckedRule& rule,
                           const CheckedCondition& condition);

}  // namespace tocsin::dsl
