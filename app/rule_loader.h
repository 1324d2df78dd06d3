// Rules from paths to a rule set: files and folders → text → Parse → Check →
// Compile. What the author got wrong comes as diagnostics, what the world got
// wrong as a status.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "app/data_files.h"
#include "dsl/check/checked.h"
#include "dsl/cst/cst.h"
#include "dsl/diag/diagnostic.h"
#include "dsl/source/source_file.h"
#include "engine/program/rule_set.h"

namespace tocsin {

struct LoadedRules {
  dsl::SourceSet sources;
  std::vector<dsl::cst::File> files;
  dsl::DiagnosticSink diagnostics;  // Sorted.
  dsl::CheckedRules checked;
  std::shared_ptr<const RuleSet> rules;  // Null when there is any error.
  std::vector<DataFile> data_files;      // Of lists and tables, read or not.
  bool data_unread = false;              // One of them could not be read.
};

// What a command says that has nothing to run.
inline constexpr char kNoRuleEnabled[] =
    "no rule that is enabled: nothing could match";

struct LoadOptions {
  bool lint = true;
  bool strict = false;
  bool compile = true;
  bool tests = true;  // A mistake in a test is one of the rules.
  // Of the sources, for who runs the rules: also without lint.
  std::optional<std::int64_t> lateness_us{};
  // The file of this path is read from another place; empty: none is.
  std::string replaced{}, by{};
};

// The rule files that `paths` name: a file as it is, a folder with every
// *.rules below it by name. Hidden folders and files are passed over; a file
// named twice is read once. NotFound when a path or its rules do not exist.
absl::StatusOr<std::vector<std::string>> FindRuleFiles(
    const std::vector<std::string>& paths);

// Reads, parses, checks and, without an error, compiles. List files are
// looked for beside the rule file that names them.
absl::StatusOr<std::unique_ptr<LoadedRules>> LoadRules(
    const std::vector<std::string>& paths, const LoadOptions& options);

// The same rule texts, with the files of their lists and tables as they stand
// now.
std::unique_ptr<LoadedRules> LoadDataAgain(const dsl::SourceSet& sources);

// What is wrong with rules that are in memory, sorted.
dsl::DiagnosticSink FindMistakes(const dsl::SourceSet& sources, bool lint);

// For a command that needs rules that compile: loads them, tells on stderr
// what is wrong. Null when there are none to run; the caller ends with
// kExitCouldNotRun. `tests`, `lateness_us`: as in LoadOptions.
std::unique_ptr<LoadedRules> LoadRulesOrTell(
    const std::vector<std::string>& paths, bool colour, bool tests = false,
    std::optional<std::int64_t> lateness_us = std::nullopt);

// Whether a file is no rule text at all: binary, in another encoding, too
// large. Nothing of it was read.
bool HasUnreadableFile(const dsl::DiagnosticSink& found);

// "12 rules from 3 files".
std::string DescribeRules(const LoadedRules& loaded);

// The whole file, at most `limit` bytes and one more.
absl::StatusOr<std::string> ReadWholeFile(const std::string& path,
                                          std::size_t limit);

}  // namespace tocsin
