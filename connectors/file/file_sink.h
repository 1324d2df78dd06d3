// Alerts as lines of JSON in a file that may grow only so far.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "connectors/stdio/fd_reader.h"
#include "engine/ports/sink.h"

namespace tocsin {

struct FileSinkOptions {
  std::string name;
  std::string path;
  std::uint64_t rotate_bytes = 0;  // 0: never.
  int keep = 10;                   // path.1 (the newest) to path.<keep>.
  bool truncate = false;           // Begin anew instead of appending.
};

// Confined to the thread that delivers. A rotation happens between alerts, so
// a line is whole in one file. A write that fails half-way is taken back
// before the error is returned, so that a batch which is tried again stands
// there once (but for what stood before a rotation inside it).
class FileSink : public Sink {
 public:
  // Takes back a line that a crash left partial, so that it spoils no other.
  static absl::StatusOr<std::unique_ptr<FileSink>> Open(
      FileSinkOptions options);
  std::string_view name() const override { return options_.name; }
  absl::Status Deliver(AlertRefs alerts) override;
  // Onto the disk.
  absl::Status Flush() override;
  // Opens the path again: somebody moved the file away.
  absl::Status Reopen() override;
  // Looks at the last lines of the file, and of the one before it.
  std::size_t AlreadyHas(AlertRefs waiting) override;

 private:
  explicit FileSink(FileSinkOptions options);
  absl::Status OpenFile(bool truncate);
  absl::Status EndLastLine();
  absl::Status Rotate();
  absl::Status Write(std::string_view bytes);

  FileSinkOptions options_;
  UniqueFd fd_;
  std::uint64_t size_ = 0;
  std::string line_;
};

}  // namespace tocsin
