// The rule that a command line names.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "dsl/check/checked.h"

namespace tocsin {

// By its whole name, or the end of it when that is enough: burst, authn.burst.
// NotFound with what was meant, InvalidArgument when several end so.
absl::StatusOr<const dsl::CheckedRule*> FindRule(
    const std::string& name, const dsl::CheckedRules& rules);

}  // namespace tocsin
