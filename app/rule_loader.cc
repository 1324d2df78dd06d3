#include "app/rule_loader.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_format.h"
#include "app/terminal.h"
#include "app/text_file.h"
#include "connectors/stdio/fd_reader.h"
#include "dsl/check/check.h"
#include "dsl/compile/compile.h"
#include "dsl/diag/render.h"
#include "dsl/parser/parse.h"
#include "engine/base/clock.h"
#include "engine/base/limits.h"
#include "engine/base/status.h"
#include "engine/base/status_macros.h"
#include "engine/base/strings.h"

namespace tocsin {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnding = ".rules";

bool Hidden(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.size() > 1 && name[0] == '.';
}

// Why there is nothing at `path`.
absl::Status LookingFor(const std::string& path, std::error_code error) {
  if (!error || error == std::errc::no_such_file_or_directory) {
    return absl::NotFoundError(
        absl::StrFormat("%s: no such file or folder", path));
  }
  return ErrnoStatus(error.value(), absl::StrFormat("opening %s", path));
}

// Every rule file below `folder`, sorted. Hidden folders are passed over: a
// mounted ConfigMap keeps a second copy of each file in one.
absl::Status FindBelow(const std::string& folder,
                       std::vector<std::string>* files) {
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, error);
  const fs::recursive_directory_iterator end;
  for (; !error && entry != end; entry.increment(error)) {
    if (Hidden(entry->path())) {
      entry.disable_recursion_pending();
      continue;
    }
    if (entry->path().extension() != kEnding) continue;
    std::error_code unknown;
    const fs::file_status status = entry->status(unknown);
    if (fs::is_regular_file(status)) {
      files->push_back(entry->path().string());
    } else if (!fs::exists(status)) {  // A link to nothing, or to itself.
      return LookingFor(entry->path().string(), unknown);
    }
  }
  if (error) {
    return ErrnoStatus(error.value(), absl::StrFormat("reading %s", folder));
  }
  std::sort(files->begin(), files->end());
  return absl::OkStatus();
}

// How the file of a list or a table is found and read for the checker.
bool ReadDataFile(const std::string& from, const std::string& name,
                  std::vector<DataFile>* files, std::string* bytes,
                  std::string* error) {
  const fs::path path = fs::path(from).parent_path() / name;
  // The stamp first: what changes while it is read has changed.
  files->push_back({path.string(), StampOf(path.string())});
  absl::StatusOr<std::string> read =
      ReadWholeFile(path.string(), limits::kListFileBytes);
  if (read.ok() && read->size() > limits::kListFileBytes) {
    read = absl::ResourceExhaustedError(absl::StrFormat(
        "%s is larger than %d bytes", path.string(), limits::kListFileBytes));
  }
  if (read.ok()) {
    const std::string no_text = WhyNoText(*read);
    if (!no_text.empty()) read = absl::InvalidArgumentError(no_text);
  }
  if (!read.ok()) {
    *error = std::string(Message(read.status()));
    return false;
  }
  *bytes = *std::move(read);
  return true;
}

void ParseAndCheck(const LoadOptions& options, LoadedRules* loaded) {
  for (dsl::FileId id = 0; id < loaded->sources.size(); ++id) {
    loaded->files.push_back(
        dsl::Parse(loaded->sources, id, &loaded->diagnostics));
  }
  dsl::CheckOptions check;
  check.read_file = [loaded](const std::string& from, const std::string& name,
                             std::string* bytes, std::string* error) {
    const bool read =
        ReadDataFile(from, name, &loaded->data_files, bytes, error);
    loaded->data_unread = loaded->data_unread || !read;
    return read;
  };
  check.now_us = RealClock()->WallMicros();
  check.lint = options.lint;
  check.strict = options.strict;
  check.tests = options.tests;
  check.lateness_us = options.lateness_us;
  loaded->checked =
      dsl::Check(loaded->files, loaded->sources, check, &loaded->diagnostics);
  loaded->diagnostics.Sort();
}

}  // namespace

std::unique_ptr<LoadedRules> LoadDataAgain(const dsl::SourceSet& sources) {
  auto loaded = std::make_unique<LoadedRules>();
  loaded->sources = sources;
  LoadOptions options;
  options.lint = false;
  options.tests = false;
  ParseAndCheck(options, loaded.get());
  if (loaded->checked.ok) loaded->rules = dsl::Compile(loaded->checked);
  return loaded;
}

dsl::DiagnosticSink FindMistakes(const dsl::SourceSet& sources, bool lint) {
  LoadedRules rules;
  rules.sources = sources;
  LoadOptions options;
  options.lint = lint;
  ParseAndCheck(options, &rules);
  return std::move(rules.diagnostics);
}

absl::StatusOr<std::string> ReadWholeFile(const std::string& path,
                                          std::size_t limit) {
  TOCSIN_ASSIGN_OR_RETURN(const std::unique_ptr<FdReader> reader,
                          FdReader::Open(path));
  std::string text;
  constexpr std::size_t kStep = 256u << 10;
  while (text.size() <= limit) {
    const std::size_t have = text.size();
    text.resize(have + kStep);
    TOCSIN_ASSIGN_OR_RETURN(const std::size_t got,
                            reader->Read(text.data() + have, kStep));
    text.resize(have + got);
    if (got == 0) break;
  }
  text.resize(std::min(text.size(), limit + 1));
  return text;
}

absl::StatusOr<std::vector<std::string>> FindRuleFiles(
    const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (!fs::exists(status)) return LookingFor(path, error);
    if (!fs::is_directory(status)) {
      files.push_back(path);
      continue;
    }
    std::vector<std::string> below;
    TOCSIN_RETURN_IF_ERROR(FindBelow(path, &below));
    if (below.empty()) {
      return absl::NotFoundError(
          absl::StrFormat("%s: no .rules file in this folder", path));
    }
    files.insert(files.end(), below.begin(), below.end());
  }
  StringSet seen;
  std::vector<std::string> once;
  for (std::string& file : files) {
    std::error_code error;
    std::string real = fs::weakly_canonical(file, error).string();
    if (seen.insert(error ? file : real).second) {
      once.push_back(std::move(file));
    }
  }
  return once;
}

absl::StatusOr<std::unique_ptr<LoadedRules>> LoadRules(
    const std::vector<std::string>& paths, const LoadOptions& options) {
  TOCSIN_ASSIGN_OR_RETURN(const std::vector<std::string> found,
                          FindRuleFiles(paths));
  auto loaded = std::make_unique<LoadedRules>();
  for (const std::string& path : found) {
    const bool replaced = !options.by.empty() && path == options.replaced;
    const std::string& from = replaced ? options.by : path;
    TOCSIN_ASSIGN_OR_RETURN(std::string text,
                            ReadWholeFile(from, limits::kRuleFileBytes));
    loaded->sources.Add(dsl::SourceFile(from, std::move(text)));
  }
  ParseAndCheck(options, loaded.get());
  if (options.compile && loaded->checked.ok) {
    loaded->rules = dsl::Compile(loaded->checked);
  }
  return loaded;
}

std::unique_ptr<LoadedRules> LoadRulesOrTell(
    const std::vector<std::string>& paths, bool colour, bool tests,
    std::optional<std::int64_t> lateness_us) {
  LoadOptions options;
  options.lint = false;
  options.tests = tests;
  options.lateness_us = lateness_us;
  auto loaded = LoadRules(paths, options);
  if (!loaded.ok()) {
    PrintError(Message(loaded.status()));
    return nullptr;
  }
  const dsl::DiagnosticSink& found = (*loaded)->diagnostics;
  std::fputs(dsl::Render(found.diagnostics(), (*loaded)->sources,
                         dsl::Format::kText, colour)
                 .c_str(),
             stderr);
  if ((*loaded)->rules == nullptr) {
    PrintError(absl::StrFormat("%d error%s in the rules; nothing was run",
                               found.errors(), found.errors() == 1 ? "" : "s"));
    return nullptr;
  }
  return *std::move(loaded);
}

bool HasUnreadableFile(const dsl::DiagnosticSink& found) {
  return std::any_of(found.diagnostics().begin(), found.diagnostics().end(),
                     [](const dsl::Diagnostic& diagnostic) {
                       return diagnostic.kind == dsl::Kind::kNotText ||
                              diagnostic.kind == dsl::Kind::kFileTooLarge;
                     });
}

std::string DescribeRules(const LoadedRules& loaded) {
  const std::size_t rules = loaded.checked.rules.size();
  const std::size_t files = loaded.sources.size();
  return absl::StrFormat("%d rule%s from %d file%s", rules,
                         rules == 1 ? "" : "s", files, files == 1 ? "" : "s");
}

}  // namespace tocsin
