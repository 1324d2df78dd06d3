// The alternatives of a rule's condition, each as a rule of its own that runs
// beside it: whether one of them ever fires is what coverage asks.
#pragma once

#include <string>
#include <vector>

#include "dsl/check/checked.h"

namespace tocsin {

struct Branch {
  dsl::CheckedRule rule;  // Its name is none that an author can write.
  dsl::Span span;         // The alternative, as written.
};

// Those of `or` between conditions, and within one; none without `or`.
std::vector<Branch> BranchesOf(const dsl::CheckedRule& rule);

}  // namespace tocsin
