#include "app/inputs.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <utility>

#include "absl/strings/str_format.h"
#include "connectors/file/glob.h"
#include "connectors/stdio/stdin_source.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "engine/base/strings.h"
#include "engine/event/extract.h"
#include "engine/match/match.h"

namespace tocsin {
namespace {

constexpr std::int64_t kNoFirstEvent = std::numeric_limits<std::int64_t>::max();

// The files that one word names; a glob that a shell did not expand is
// expanded here.
absl::StatusOr<std::vector<std::string>> Expand(const std::string& word) {
  std::error_code error;
  if (std::filesystem::exists(word, error) || !IsGlob(word)) {
    return std::vector<std::string>{word};
  }
  std::vector<std::string> paths = ExpandGlob(word);
  if (paths.empty()) {
    return absl::NotFoundError(absl::StrFormat("%s: no file matches", word));
  }
  return paths;
}

absl::StatusOr<FileProbe> ProbeForOrder(const std::string& path) {
  TOCSIN_ASSIGN_OR_RETURN(FileProbe probe,
                          ProbeFile(path, limits::kChunkBytes));
  const bool cut = probe.head.size() >= limits::kChunkBytes &&
                   probe.head.find('\n') == std::string::npos;
  if (cut) return ProbeFile(path, limits::kLineBytes + 1);
  return probe;
}

// `paths` by the time of their first event; files without one stay behind, in
// the order given.
absl::StatusOr<std::vector<std::string>> InOrder(std::vector<std::string> paths,
                                                 const RuleSet& rules,
                                                 std::uint64_t* bytes) {
  std::vector<std::pair<std::int64_t, std::string>> timed;
  for (std::string& path : paths) {
    TOCSIN_ASSIGN_OR_RETURN(const FileProbe probe, ProbeForOrder(path));
    *bytes += probe.seekable ? probe.size : 1;
    const std::int64_t first =
        paths.size() == 1 ? 0 : FirstEventTime(rules, probe.head);
    timed.emplace_back(first, std::move(path));
  }
  std::stable_sort(
      timed.begin(), timed.end(),
      [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> ordered;
  for (auto& [time, path] : timed) ordered.push_back(std::move(path));
  return ordered;
}

absl::Status AddFiles(std::string name, std::vector<std::string> paths,
                      const RuleSet& rules, const InputOptions& options,
                      std::uint64_t* bytes, Inputs* inputs) {
  FileSourceOptions files;
  files.name = std::move(name);
  files.count_lines = options.count_lines;
  TOCSIN_ASSIGN_OR_RETURN(files.paths, InOrder(std::move(paths), rules, bytes));
  inputs->paths.insert(inputs->paths.end(), files.paths.begin(),
                       files.paths.end());
  TOCSIN_ASSIGN_OR_RETURN(std::unique_ptr<FileSource> source,
                          FileSource::Open(std::move(files)));
  inputs->sources.push_back(std::make_unique<EndsAtFailure>(std::move(source)));
  return absl::OkStatus();
}

}  // namespace

std::int64_t FirstEventTime(const RuleSet& rules, std::string_view head) {
  EventBatch batch;
  // A part of a line at the end is only malformed.
  batch.bytes.assign(head.begin(), head.end());
  batch.bytes.resize(head.size() + EventBatch::kPadding);
  batch.input_size = head.size();
  SymbolTables symbols(rules.projection);
  Matcher matcher(&rules, &symbols, kReplayKeySeed);
  MatchResult result;
  MakeSimdjsonExtractor()->Extract(rules.projection, &symbols, &batch);
  matcher.Match(&batch, &result);
  for (const Row& row : batch.rows) {
    if (row.fate == Fate::kEvent && row.time_us != kNoTime) return row.time_us;
  }
  return kNoFirstEvent;
}

std::uint64_t Inputs::size() const {
  std::uint64_t total = 0;
  for (const auto& source : sources) {
    if (source->size_hint() == 0) return 0;
    total += source->size_hint();
  }
  return total;
}

std::uint64_t Inputs::consumed() const {
  std::uint64_t total = 0;
  for (const auto& source : sources) total += source->consumed();
  return total;
}

absl::StatusOr<ReadOutcome> EndsAtFailure::Read(char* into,
                                                std::size_t capacity) {
  if (!status_.ok()) return ReadOutcome{ReadKind::kEnd, 0};
  absl::StatusOr<ReadOutcome> outcome = source_->Read(into, capacity);
  if (outcome.ok()) return outcome;
  status_ = outcome.status();
  return ReadOutcome{ReadKind::kEnd, 0};
}

absl::Status Inputs::status() const {
  absl::Status first;
  for (const auto& source : sources) first.Update(source->status());
  return first;
}

FileSource::Place Inputs::Locate(const std::string& source,
                                 std::uint64_t line) const {
  for (const auto& one : sources) {
    if (one->name() != source) continue;
    const auto* const file = dynamic_cast<const FileSource*>(&one->source());
    if (file != nullptr) return file->Locate(line);
  }
  return {source, line};
}

absl::StatusOr<Inputs> OpenInputs(const std::vector<std::string>& words,
                                  const RuleSet& rules,
                                  const InputOptions& options) {
  Inputs inputs;
  StringSet seen;
  std::vector<std::string> files;
  std::uint64_t bytes = 0;
  for (const std::string& word : words) {
    if (word == "-") {
      if (words.size() > 1 && !options.merge) {
        return absl::InvalidArgumentError(
            "standard input (-) and files have no order; name one of them, or "
            "join them by event time with --merge");
      }
      inputs.sources.push_back(std::make_unique<EndsAtFailure>(
          std::make_unique<StdinSource>(StdinOptions())));
      inputs.paths.push_back("stdin");
      ++bytes;  // How much it holds shows when it is read.
      continue;
    }
    TOCSIN_ASSIGN_OR_RETURN(std::vector<std::string> paths, Expand(word));
    std::erase_if(paths, [&](const std::string& path) {
      std::error_code error;
      const auto real = std::filesystem::weakly_canonical(path, error);
      return !seen.insert(error ? path : real.string()).second;
    });
    if (options.merge && !paths.empty()) {
      TOCSIN_RETURN_IF_ERROR(
          AddFiles(word, std::move(paths), rules, options, &bytes, &inputs));
    } else {
      files.insert(files.end(), paths.begin(), paths.end());
    }
  }
  if (!files.empty()) {
    TOCSIN_RETURN_IF_ERROR(
        AddFiles("files", files, rules, options, &bytes, &inputs));
  }
  if (bytes == 0) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "nothing to replay: %s",
        inputs.paths.size() == 1
            ? inputs.paths[0] + " is empty"
            : absl::StrFormat("all %d files are empty", inputs.paths.size())));
  }
  return inputs;
}

}  // namespace tocsin
