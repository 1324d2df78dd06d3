// Thresholds that no key ever reaches.
#pragma once

#include "dsl/check/checked.h"
#include "dsl/check/context.h"

namespace tocsin::dsl {

// Errors of a rule without another: fewer values to count than `distinct` asks
// for, more events than the engine keeps of a key.
void CheckReach(const CheckedRule& rule, Context* context);

}  // namespace tocsin::dsl
