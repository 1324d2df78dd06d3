// What replay reads: the words of the command line made into sources. Files
// without --merge are one source, in the order of their first events, so that
// splitting or shuffling them changes nothing; with it each word is a source.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "connectors/file/file_source.h"
#include "engine/ports/source.h"
#include "engine/program/rule_set.h"

namespace tocsin {

struct Inputs {
  std::vector<std::unique_ptr<Source>> sources;
  std::vector<std::string> paths;  // All files; "stdin" for standard input.

  std::uint64_t size() const;  // Of all sources; 0 when one is unknown.
  std::uint64_t consumed() const;
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
