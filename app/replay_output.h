// Where the alerts of a replay go: standard output, or a file that has its name
// only once it is complete.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "app/inputs.h"
#include "app/rule_loader.h"
#include "connectors/stdio/fd_reader.h"
#include "connectors/stdio/stdout_sink.h"
#include "engine/alert/alert.h"

namespace tocsin {

// Confined to one thread.
class ReplayOutput {
 public:
  // `path`: empty for standard output. `colour`: auto, always or never; a file
  // never has any.
  absl::Status Open(const std::string& path, bool json,
                    const std::string& colour);
  absl::Status Deliver(std::span<const Alert> alerts);
  // Gives the file its name.
  absl::Status Finish();
  // What there is of a file that has not its name yet; else empty.
  const std::string& partial() const { return name_; }

 private:
  std::string name_, final_name_;
  UniqueFd fd_;
  std::unique_ptr<StdoutSink> sink_;
  std::vector<const Alert*> refs_;
};

// InvalidArgument when one of `outputs` (empty ones are none) is what is read,
// by whatever name, or another of them.
absl::Status CheckOutputs(const std::vector<std::string>& outputs,
                          const LoadedRules& rules, const Inputs& inputs);

}  // namespace tocsin
