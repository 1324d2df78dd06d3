// What of an audit policy a rule of k8s.audit needs in order to see anything.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dsl/check/checked.h"

namespace tocsin::dsl {

// The stages at which the rule's filter can hold.
std::vector<std::string> StagesThatCanMatch(const CheckedRules& rules,
                                            const CheckedRule& rule);

// The lowest level whose events carry all that the rule's filter, key and
// condition read: Metadata, Request or RequestResponse.
std::string LevelNeeded(const CheckedRules& rules, const CheckedRule& rule);
// The same of one of the rule's events.
std::string LevelNeeded(const CheckedRules& rules, const CheckedRule& rule,
                        std::uint32_t event);

}  // namespace tocsin::dsl
