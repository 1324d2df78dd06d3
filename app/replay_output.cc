#include "app/replay_output.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "absl/strings/str_format.h"
#include "app/terminal.h"
#include "engine/base/status.h"

namespace tocsin {

namespace fs = std::filesystem;

absl::Status ReplayOutput::Open(const std::string& path, bool json,
                                const std::string& colour) {
  StdoutOptions sink;
  const bool painted =
      path.empty() && UseColour(ParseColour(colour), STDOUT_FILENO);
  sink.format = json      ? StdoutFormat::kJson
                : painted ? StdoutFormat::kColour
                          : StdoutFormat::kText;
  if (!path.empty()) {
    final_name_ = path;
    std::error_code error;
    const bool replaces =
        !fs::exists(path, error) || fs::is_regular_file(path, error);
    name_ = replaces ? path + ".partial" : path;
    constexpr int kMode = 0640;
    fd_.Reset(
        open(name_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kMode));
    if (!fd_.valid()) {
      return ErrnoStatus(errno, absl::StrFormat("opening %s", name_));
    }
    sink.fd = fd_.get();
    sink.name = name_;
  }
  sink_ = std::make_unique<StdoutSink>(sink);
  return absl::OkStatus();
}

absl::Status ReplayOutput::Deliver(std::span<const Alert> alerts) {
  refs_.clear();
  for (const Alert& alert : alerts) refs_.push_back(&alert);
  return sink_->Deliver(refs_);
}

absl::Status ReplayOutput::Finish() {
  fd_.Reset();
  if (name_ == final_name_) return absl::OkStatus();
  if (std::rename(name_.c_str(), final_name_.c_str()) != 0) {
    return ErrnoStatus(errno, absl::StrFormat("writing %s", final_name_));
  }
  return absl::OkStatus();
}

absl::Status CheckOutputs(const std::vector<std::string>& outputs,
                          const LoadedRules& rules, const Inputs& inputs) {
  std::vector<std::pair<std::string, std::string>> taken;
  for (const std::string& path : inputs.paths) {
    taken.emplace_back(path, "is an input");
  }
  for (dsl::FileId id = 0; id < rules.sources.size(); ++id) {
    taken.emplace_back(rules.sources.file(id).path(), "holds rules");
  }
  for (const std::string& output : outputs) {
    if (output.empty()) continue;
    for (const auto& [path, what] : taken) {
      std::error_code error;
      const bool special = fs::is_character_file(path, error);  // /dev/null
      if (special || (output != path && !fs::equivalent(output, path, error))) {
        continue;
      }
      return absl::InvalidArgumentError(
          absl::StrFormat("%s would be overwritten: it %s", output, what));
    }
    taken.emplace_back(output, "is an output already");
  }
  return absl::OkStatus();
}

}  // namespace tocsin
