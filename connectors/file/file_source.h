// Finished files as one source: one after the other, in the order given, each
// plain, gzip or zstd.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "connectors/stdio/fd_reader.h"
#include "engine/ports/source.h"

namespace tocsin {

// What can be told of a file before it is read for good.
struct FileProbe {
  std::uint64_t size = 0;  // On disk; 0 for a pipe.
  std::string head;        // Its first bytes, decompressed.
  bool seekable = true;    // A pipe is not probed: its bytes come once.
};

// NotFound, PermissionDenied; InvalidArgument for a directory and for what
// cannot be lines of JSON (binary, UTF-16).
absl::StatusOr<FileProbe> ProbeFile(const std::string& path,
                                    std::size_t head_bytes);

struct FileSourceOptions {
  std::string name;
  std::vector<std::string> paths;
  bool count_lines = false;  // For Locate().
};

// Confined to the thread that reads it, but for Locate().
class FileSource : public Source {
 public:
  // Probes every file, so that a replay that cannot end well does not begin.
  static absl::StatusOr<std::unique_ptr<FileSource>> Open(
      FileSourceOptions options);

  std::string_view name() const override { return options_.name; }
  absl::StatusOr<ReadOutcome> Read(char* into, std::size_t capacity) override;
  void Wait(int) override {}
  // "<index> <offset in its text> <path>"
  SourcePosition position() const override;
  absl::Status Resume(const SourcePosition& position) override;
  // All files are one stream.
  std::string StreamName(std::uint32_t) const override { return "files"; }
  absl::Status Replay(const SourceReplay& replay) override;
  void ReplayEnd() override { replaying_ = false; }
  std::uint64_t size_hint() const override { return total_size_; }
  std::uint64_t consumed() const override;

  struct Place {
    std::string path;
    std::uint64_t line = 0;  // Of that file, from 1.
  };
  // Which file a line of this source (from 1) stands in. Any thread; needs
  // count_lines, and the line must have been read.
  Place Locate(std::uint64_t line) const;

 private:
  explicit FileSource(FileSourceOptions options);
  void CountLines(std::string_view bytes);
  void FinishFile();
  absl::StatusOr<ReadOutcome> EndFile();
  absl::StatusOr<ReadOutcome> ReplayedEnough();

  FileSourceOptions options_;
  std::vector<std::uint64_t> sizes_;
  std::uint64_t total_size_ = 0;
  std::size_t index_ = 0;              // Of the file being read.
  std::unique_ptr<FdReader> reader_;   // Null between files.
  std::uint64_t offset_ = 0;           // In the text of the file.
  std::uint64_t consumed_before_ = 0;  // By files that ended.
  std::uint64_t lines_ = 0;            // Line feeds of all files so far.
  bool in_line_ = false;
  bool replaying_ = false;
  std::uint64_t replay_left_ = 0;
  std::string ahead_;  // A byte that was read to see whether there is one.

  mutable std::mutex mutex_;
  std::vector<std::uint64_t>
      first_line_;  // Guarded by mutex_: by file, from 0.
};

}  // namespace tocsin
