// Which of the rule set's lists a rule reads.
#pragma once

#include <cstdint>
#include <set>

#include "dsl/check/checked.h"

namespace tocsin::dsl {

// Of its filters, keys and condition; indexes into CheckedRules::lists.
std::set<std::uint32_t> ListsOf(const CheckedRule& rule);

}  // namespace tocsin::dsl
