// The door of the compiler: meaning in, programs out. Cannot fail: Check() has
// refused everything that has no program.
#pragma once

#include <memory>

#include "dsl/check/checked.h"
#include "engine/program/rule_set.h"

namespace tocsin::dsl {

// `rules.ok` must hold. Disabled rules are left out. The result keeps nothing
// of `rules`. Deterministic: equal meaning gives equal uids.
std::shared_ptr<const RuleSet> Compile(const CheckedRules& rules);

// The canonical typed form that a rule's uid is the hash of (decisions 12):
// name, schema, filter, key, condition, then; lists by name; no texts.
std::string CanonicalForm(const CheckedRules& rules, const CheckedRule& rule);
// The same of one collect: it is not in the uid, but its values follow it.
std::string CanonicalCollect(const CheckedRules& rules, const CheckedRule& rule,
                             const CheckedCollect& collect);

}  // namespace tocsin::dsl
