// What a data directory holds, looked at from outside: for people, for
// programs, and whether it is sound.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "app/state_rules.h"
#include "engine/state/state_store.h"

namespace tocsin {

struct StateReport {
  bool has_checkpoint = false;
  std::uint64_t checkpoint = 0, cut = 0, rules = 0;
  std::uint64_t values = 0, value_bytes = 0;
  std::vector<RuleKept> by_rule;   // The largest first.
  std::uint64_t shared_bytes = 0;  // Of no rule: identities, samples.
  std::uint64_t logged = 0;        // Entries of the merge log behind the cut.
  std::uint64_t alerts = 0, alert_bytes = 0;
  struct Source {
    std::string name, position;  // The source's own.
  };
  std::vector<Source> sources;
  struct Sink {
    std::string name;
    std::uint64_t delivered = 0;  // Up to this number of the outbox.
  };
  std::vector<Sink> sinks;
};

// DataLoss, with what is damaged, when anything of it does not hold: sums of
// values, the order of the log, alerts. Writes nothing.
absl::StatusOr<StateReport> ReportState(StateStore* store);
std::string StateReportText(const StateReport& report);
std::string StateReportJson(const StateReport& report);

// One JSON object a line: the checkpoint, positions, the merge log, alerts.
absl::Status ExportState(StateStore* store,
                         const std::function<void(std::string_view)>& write);

}  // namespace tocsin
