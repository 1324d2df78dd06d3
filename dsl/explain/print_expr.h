// Checked expressions as rule text again: what a rule means after lets and
// sugar are gone, in words that the parser takes.
#pragma once

#include <string>

#include "dsl/check/checked.h"

namespace tocsin::dsl {

// Quantifiers' variables are called v0, v1, ...; derived fields by name. `rule`
// names the events that a step reads, `condition` what its test compares.
std::string PrintExpr(const CheckedRules& rules, const CheckedSchema& schema,
                      const CheckedExpr& expr,
                      const CheckedRule* rule = nullptr,
                      const CheckedCondition* condition = nullptr);

// A constant as a literal; a long list is cut and says how long it is.
std::string PrintConstant(const Constant& constant);

}  // namespace tocsin::dsl
