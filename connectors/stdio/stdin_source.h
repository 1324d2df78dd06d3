// Standard input as a source: finished (replay -) or followed (run). It cannot
// be read twice, so it has no position to go back to.
#pragma once

#include <memory>
#include <string>

#include "connectors/stdio/fd_reader.h"
#include "engine/ports/source.h"

namespace tocsin {

struct StdinOptions {
  std::string name = "stdin";
  int fd = 0;           // Borrowed.
  bool follow = false;  // Read() gives kNothing instead of blocking.
};

// Confined to the thread that reads it.
class StdinSource : public Source {
 public:
  explicit StdinSource(StdinOptions options);
  std::string_view name() const override { return options_.name; }
  absl::StatusOr<ReadOutcome> Read(char* into, std::size_t capacity) override;
  void Wait(int timeout_ms) override;
  SourcePosition position() const override { return {}; }
  // FailedPrecondition: what went through a pipe is gone.
  absl::Status Resume(const SourcePosition& position) override;
  std::string StreamName(std::uint32_t) const override { return "stdin"; }
  // NotFound: see Resume().
  absl::Status Replay(const SourceReplay& replay) override;
  std::uint64_t size_hint() const override { return size_; }
  std::uint64_t consumed() const override { return reader_.consumed(); }

 private:
  StdinOptions options_;
  FdReader reader_;
  std::uint64_t size_ = 0;  // When it is a file.
  bool first_ = true;       // Nothing was read yet.
};

}  // namespace tocsin
