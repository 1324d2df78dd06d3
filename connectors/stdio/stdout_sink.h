// Alerts on standard output: for people (text, with or without colour) or for
// programs (one JSON object a line).
#pragma once

#include <string>

#include "engine/ports/sink.h"

namespace tocsin {

enum class StdoutFormat { kText, kColour, kJson };

struct StdoutOptions {
  std::string name = "stdout";
  StdoutFormat format = StdoutFormat::kText;
  int fd = 1;  // Borrowed.
};

// Whole alerts, one write(2) a call of Deliver. When nobody reads any more
// (EPIPE), Deliver gives Cancelled: not a failure to report.
class StdoutSink : public Sink {
 public:
  explicit StdoutSink(StdoutOptions options);
  std::string_view name() const override { return options_.name; }
  absl::Status Deliver(AlertRefs alerts) override;
  absl::Status Flush() override { return absl::OkStatus(); }

 private:
  StdoutOptions options_;
  std::string text_;
};

// All of `bytes` to a descriptor that may be a pipe; Cancelled on EPIPE.
absl::Status WriteAll(int fd, std::string_view bytes, std::string_view name);

}  // namespace tocsin
