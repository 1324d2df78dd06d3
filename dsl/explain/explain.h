// What the compiler made of a rule, for its author: kind, filter as it finally
// runs and where each part comes from, key, condition, state, cost, the fields
// that find the rule, the fields it reads, the audit stages and level it needs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dsl/check/checked.h"
#include "dsl/explain/origins.h"
#include "engine/program/rule_set.h"

namespace tocsin::dsl {

struct ExplainedFact {
  std::string name, text;  // "where", "verb == \"get\""
  // Whose it is when it is not the rule's own: "tune site.rules:3".
  std::string from{};
};
struct Explanation {
  std::string rule;
  std::vector<ExplainedFact> facts;  // In the order in which they are read.
  std::uint64_t state_bytes = 0;     // Of a key, at worst.
  std::uint64_t cost_ns = 0;         // Of an event that every test must see.
};
// With `origins` also what the rule says of itself (title, severity, tags, ..)
// and its lists, and where each part comes from that stands elsewhere.
Explanation ExplainRule(const CheckedRules& rules, const CheckedRule& rule,
                        const RuleSet& set, const Origins* origins = nullptr);

// Lines of text. `set` is what Compile(rules) gave; a disabled rule has no
// program and is explained without cost, index and fields.
std::string Explain(const CheckedRules& rules, const CheckedRule& rule,
                    const RuleSet& set, const Origins* origins = nullptr);
// The same as one object.
std::string ExplainJson(const CheckedRules& rules, const CheckedRule& rule,
                        const RuleSet& set, const Origins* origins = nullptr);

}  // namespace tocsin::dsl
