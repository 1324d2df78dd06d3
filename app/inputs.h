// What replay reads: the words of the command line made into sources. Files
// without --merge are one source, in the order of their first events, so that
// splitting or shuffling them changes nothing; with it each word is a source.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "connectors/file/file_source.h"
#include "engine/ports/source.h"
#include "engine/program/rule_set.h"

namespace tocsin {

// A source whose failure is its end: what was read before it stays good and
// goes through, and the failure is told behind it. Confined like the source.
class EndsAtFailure : public Source {
 public:
  explicit EndsAtFailure(std::unique_ptr<Source> source)
      : source_(std::move(source)) {}
  std::string_view name() const override { return source_->name(); }
  absl::StatusOr<ReadOutcome> Read(char* into, std::size_t capacity) override;
  void Wait(int timeout_ms) override { source_->Wait(timeout_ms); }
  SourcePosition position() const override { return source_->position(); }
  absl::Status Resume(const SourcePosition& position) override {
    return source_->Resume(position);
  }
  std::uint64_t size_hint() const override { return source_->size_hint(); }
  std::uint64_t consumed() const override { return source_->consumed(); }
  const absl::Status& status() const { return status_; }
  const Source& source() const { return *source_; }

 private:
  std::unique_ptr<Source> source_;
  absl::Status status_;
};

struct Inputs {
  std::vector<std::unique_ptr<EndsAtFailure>> sources;
  std::vector<std::string> paths;  // All files; "stdin" for standard input.

  std::uint64_t size() const;  // Of all sources; 0 when one is unknown.
  std::uint64_t consumed() const;
  absl::Status status() const;  // The first failure of any source.
  // The file, and its line, of a line of a source; of the source itself when
  // it is no file.
  FileSource::Place Locate(const std::string& source, std::uint64_t line) const;
};

struct InputOptions {
  bool merge = false;
  bool count_lines = false;  // For Locate().
};

// Every file is opened and looked at: NotFound, PermissionDenied,
// InvalidArgument (a directory, binary, all empty) before anything is run.
absl::StatusOr<Inputs> OpenInputs(const std::vector<std::string>& words,
                                  const RuleSet& rules,
                                  const InputOptions& options);

// The time of the first event in `head`, which holds whole lines and perhaps a
// part of one; INT64_MAX when none has a time.
std::int64_t FirstEventTime(const RuleSet& rules, std::string_view head);

}  // namespace tocsin
