// What the exceptions of rules excuse: counted over all of the input, each by
// itself.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "app/profile/profile.h"
#include "app/rule_loader.h"

namespace tocsin {

// Adds to each of `rules` its exceptions in the order in which they hold. Reads
// the input once more, where there is any.
absl::Status CountExcused(const LoadedRules& loaded,
                          const ProfileOptions& options,
                          std::vector<RuleProfile>* rules);

}  // namespace tocsin
