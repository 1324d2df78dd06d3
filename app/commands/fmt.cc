#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_format.h"
#include "app/commands/commands.h"
#include "app/exit_code.h"
#include "app/rule_loader.h"
#include "app/terminal.h"
#include "app/text_file.h"
#include "connectors/stdio/fd_reader.h"
#include "connectors/stdio/stdout_sink.h"
#include "dsl/diag/render.h"
#include "dsl/format/format.h"
#include "dsl/format/unified_diff.h"
#include "dsl/parser/parse.h"
#include "engine/base/limits.h"
#include "engine/base/status.h"
#include "engine/base/status_macros.h"

namespace tocsin {
namespace {

struct FmtOptions {
  std::vector<std::string> paths;
  bool check = false, diff = false;
};

absl::StatusOr<std::string> ReadStdin() {
  FdReader reader(UniqueFd(dup(STDIN_FILENO)), "stdin");
  std::string text;
  constexpr std::size_t kStep = 64u << 10;
  while (text.size() <= limits::kRuleFileBytes) {
    const std::size_t have = text.size();
    text.resize(have + kStep);
    TOCSIN_ASSIGN_OR_RETURN(const std::size_t got,
                            reader.Read(text.data() + have, kStep));
    text.resize(have + got);
    if (got == 0) break;
  }
  return text;
}

// What `bytes` look like in the canonical layout. What is wrong with them is
// told on stderr.
absl::StatusOr<std::string> Formatted(const std::string& path,
                                      const std::string& bytes) {
  dsl::SourceSet sources;
  dsl::DiagnosticSink sink;
  const dsl::FileId id = sources.Add(dsl::SourceFile(path, bytes));
  const dsl::cst::File file = dsl::Parse(sources, id, &sink);
  if (sink.has_errors()) {
    sink.Sort();
    std::fputs(dsl::Render(sink.diagnostics(), sources, dsl::Format::kText,
                           UseColour(ColourMode::kAuto, STDERR_FILENO))
                   .c_str(),
               stderr);
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: %d error%s in its syntax; it is left as it is",
                        path, sink.errors(), sink.errors() == 1 ? "" : "s"));
  }
  auto text = dsl::CanonicalLayout(sources.file(id), file);
  if (!text) {
    return absl::InternalError(absl::StrFormat(
        "%s: its layout would not read back as the same rules, a defect of "
        "tocsin; it is left as it is",
        path));
  }
  return *std::move(text);
}

int Fail(const absl::Status& status) {
  PrintError(Message(status));
  return kExitCouldNotRun;
}

class Formatter {
 public:
  explicit Formatter(const FmtOptions& options) : options_(options) {}

  int Stdin() {
    const auto bytes = ReadStdin();
    if (!bytes.ok()) return Fail(bytes.status());
    const auto text = Formatted("stdin", *bytes);
    if (!text.ok()) return Fail(text.status());
    const bool differs = *text != *bytes;
    if (options_.diff) {
      out_ = dsl::UnifiedDiff("stdin", *bytes, *text);
    } else if (options_.check) {
      if (differs) out_ = "stdin\n";
    } else {
      out_ = *text;
    }
    return End(options_.check && differs ? kExitFindings : kExitOk);
  }

  int Files() {
    const auto paths = FindRuleFiles(options_.paths);
    if (!paths.ok()) return Fail(paths.status());
    int code = kExitOk;
    for (const std::string& path : *paths) {
      const absl::Status status = File(path);
      if (!status.ok()) code = Fail(status);
    }
    if (code == kExitOk && options_.check && differ_ > 0) code = kExitFindings;
    code = End(code);
    std::fputs(absl::StrFormat("%d of %d file%s %s\n", differ_, paths->size(),
                               paths->size() == 1 ? "" : "s",
                               InPlace()      ? "formatted"
                               : differ_ == 1 ? "differs"
                                              : "differ")
                   .c_str(),
               stderr);
    return code;
  }

 private:
  bool InPlace() const { return !options_.check && !options_.diff; }

  absl::Status File(const std::string& path) {
    TOCSIN_ASSIGN_OR_RETURN(const TextFile file,
                            ReadTextFile(path, limits::kRuleFileBytes));
    TOCSIN_ASSIGN_OR_RETURN(const std::string text,
                            Formatted(path, file.bytes));
    if (text == file.bytes) return absl::OkStatus();
    if (InPlace()) TOCSIN_RETURN_IF_ERROR(ReplaceTextFile(file, text));
    ++differ_;
    out_ +=
        options_.diff ? dsl::UnifiedDiff(path, file.bytes, text) : path + "\n";
    return absl::OkStatus();
  }

  int End(int code) const {
    const absl::Status written = WriteAll(STDOUT_FILENO, out_, "stdout");
    if (!written.ok() && !absl::IsCancelled(written)) return Fail(written);
    return code;
  }

  const FmtOptions& options_;
  std::string out_;
  int differ_ = 0;
};

int Fmt(const FmtOptions& options) {
  const bool reads_stdin = std::find(options.paths.begin(), options.paths.end(),
                                     "-") != options.paths.end();
  if (!reads_stdin) return Formatter(options).Files();
  if (options.paths.size() > 1) {
    PrintError("fmt: `-` stands alone, without other paths");
    return kExitCouldNotRun;
  }
  return Formatter(options).Stdin();
}

}  // namespace

Command MakeFmtCommand(CommandTable* table) {
  auto* const options = MakeOptions<FmtOptions>(table);
  Command command;
  command.name = "fmt";
  command.summary = "put rules into their one layout";
  command.about =
      "Rewrites rule files in place: clauses in their order, one a line and "
      "aligned, long expressions broken at `and` and `or`, every comment with "
      "what it belongs to. Means the same before and after, and changes "
      "nothing when done twice. Prints the files it changed. A file with "
      "mistakes in its syntax is left as it is. Exits 0 when done, 1 with "
      "--check when a file differs, 2 when a file cannot be read, parsed or "
      "written.";
  command.arguments = {
      {"PATH", ".rules files, or folders of them; - is stdin to stdout",
       &options->paths, 1, true}};
  command.groups = {
      {"Output",
       {{.name = "check",
         .help = "change nothing; print the files that differ, and exit 1 "
                 "when there are any",
         .target = &options->check},
        {.name = "diff",
         .help = "change nothing; print what would change, as a unified diff",
         .target = &options->diff}}}};
  command.examples = {
      {"every rule of a folder", "tocsin fmt rules/"},
      {"in CI", "tocsin fmt --check --diff rules/"},
      {"from an editor", "tocsin fmt - < mine.rules"},
  };
  command.run = [options] { return Fmt(*options); };
  return command;
}

}  // namespace tocsin
