// `test` blocks to CheckedTest: rule names, events, the clock, what is
// expected.
#pragma once

#include <vector>

#include "dsl/check/checked.h"
#include "dsl/check/checked_test.h"
#include "dsl/check/context.h"

namespace tocsin::dsl {

// All tests of the files, in their order. `rules` are those of the rule set,
// checked; with the schemas of the context, not renumbered yet.
std::vector<CheckedTest> CheckTests(const std::vector<CheckedRule>& rules,
                                    Context* context);

}  // namespace tocsin::dsl
