// Lines that were dropped, kept for a later look: one JSON object a line with
// source, line, reason and bytes.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "connectors/file/file_source.h"
#include "connectors/stdio/fd_reader.h"
#include "engine/pipeline/pipeline.h"

namespace tocsin {

// Those of a replay, whose file begins anew and whose first failure is the
// replay's. One call at a time, as the pipeline does it.
class DeadLetters {
 public:
  using Locate = std::function<FileSource::Place(const std::string& source,
                                                 std::uint64_t line)>;
  static absl::StatusOr<std::unique_ptr<DeadLetters>> Open(
      const std::string& path, Locate locate);
  void Write(const DeadLetter& letter);
  // The first failure of any Write.
  const absl::Status& status() const { return status_; }

 private:
  DeadLetters(UniqueFd fd, std::string path, Locate locate);

  UniqueFd fd_;
  std::string path_;
  Locate locate_;
  absl::Status status_;
};

// {"source":"a.log","line":7,"reason":"malformed","encoding":"utf-8","bytes":"..."}
// Bytes that are not UTF-8 are written in base64, and `encoding` says so.
std::string DeadLetterLine(const DeadLetter& letter, std::string_view source,
                           std::uint64_t line);

}  // namespace tocsin
