// Why an alert was told: its numbers beside its rule, and the events of its
// evidence, held against the rule where a log has them.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "app/rule_loader.h"

namespace tocsin {

struct ExplainAlertOptions {
  std::string alert;                // A file, or "-": its first line.
  std::vector<std::string> events;  // Logs that may hold the events.
  bool json = false;
};

// Text or one JSON object. NotFound when no rule has the alert's name.
absl::StatusOr<std::string> ExplainAlert(const LoadedRules& loaded,
                                         const ExplainAlertOptions& options);

}  // namespace tocsin
