#include <unistd.h>

#include <cstdio>

#include "absl/strings/str_format.h"
#include "app/commands/commands.h"
#include "app/exit_code.h"
#include "app/rule_loader.h"
#include "app/terminal.h"
#include "app/text_file.h"
#include "connectors/stdio/stdout_sink.h"
#include "dsl/diag/render.h"
#include "dsl/format/unified_diff.h"
#include "dsl/mend/mend.h"
#include "engine/base/limits.h"
#include "engine/base/status.h"
#include "engine/base/status_macros.h"

namespace tocsin {
namespace {

struct FixOptions {
  std::vector<std::string> paths;
  bool dry_run = false, no_lint = false;
};

int Fail(const absl::Status& status) {
  PrintError(Message(status));
  return kExitCouldNotRun;
}

absl::StatusOr<std::vector<TextFile>> ReadFiles(
    const std::vector<std::string>& paths) {
  TOCSIN_ASSIGN_OR_RETURN(const std::vector<std::string> found,
                          FindRuleFiles(paths));
  std::vector<TextFile> files;
  for (const std::string& path : found) {
    TOCSIN_ASSIGN_OR_RETURN(TextFile file,
                            ReadTextFile(path, limits::kRuleFileBytes));
    files.push_back(std::move(file));
  }
  return files;
}

std::size_t CountOf(std::string_view text, std::string_view what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos;
       at = text.find(what, at + what.size())) {
    ++count;
  }
  return count;
}

// `text`, which has neither, with the byte order mark and the line ends of
// `bytes`: a mend changes what it says and nothing else.
std::string InTheStyleOf(std::string_view bytes, std::string_view text) {
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  const std::size_t carriages = CountOf(bytes, "\r\n");
  const bool carriage = carriages > 0 && carriages == CountOf(bytes, "\n");
  std::string out(bytes.starts_with(kMark) ? kMark : "");
  for (const char c : text) {
    if (c == '\n' && carriage) out += '\r';
    out += c;
  }
  return out;
}

// A text in one line: what was there, or what stands for it.
std::string Shown(const std::string& text) {
  if (text.empty()) return "nothing";
  std::string line;
  for (const char c : text) {
    if (c == '\n') {
      line += "\\n";
    } else {
      line += c;
    }
  }
  return absl::StrFormat("`%s`", line);
}

// "a.rules:3:9: E0201: unknown field `usr`: `usr` becomes `user`"
std::string Account(const dsl::Mended& mended) {
  std::string out;
  for (const dsl::AppliedMend& mend : mended.applied) {
    out += absl::StrFormat("%s:%d:%d: %s: %s: %s becomes %s\n",
                           mended.sources.file(mend.span.file).path(),
                           mend.place.line, mend.place.column,
                           dsl::Describe(mend.kind).code, mend.message,
                           Shown(mend.before), Shown(mend.after));
  }
  return out;
}

std::string Count(std::size_t count, std::string_view what) {
  return absl::StrFormat("%d %s%s", count, what, count == 1 ? "" : "s");
}

std::string Verdict(const dsl::Mended& mended, std::size_t files,
                    bool dry_run) {
  const std::size_t mends = mended.applied.size();
  std::string out =
      absl::StrFormat("%s in %s%s", Count(mends, "mend"), Count(files, "file"),
                      dry_run && files > 0 ? ", not written" : "");
  const std::size_t left = mended.found.errors();
  if (left > 0) {
    out += absl::StrFormat("; %s left (tocsin check shows %s)",
                           Count(left, "error"), left == 1 ? "it" : "them");
  }
  if (mended.bounded) out += "; there is more to mend: run it again";
  return out + "\n";
}

int Fix(const FixOptions& options) {
  const auto files = ReadFiles(options.paths);
  if (!files.ok()) return Fail(files.status());
  dsl::SourceSet sources;
  for (const TextFile& file : *files) {
    sources.Add(dsl::SourceFile(file.path, file.bytes));
  }
  const dsl::Mended mended =
      dsl::Mend(sources, [&](const dsl::SourceSet& texts) {
        return FindMistakes(texts, !options.no_lint);
      });
  if (HasUnreadableFile(mended.found)) {
    std::fputs(dsl::Render(mended.found.diagnostics(), mended.sources,
                           dsl::Format::kText,
                           UseColour(ColourMode::kAuto, STDERR_FILENO))
                   .c_str(),
               stderr);
    PrintError("nothing was mended: a file is no rule text");
    return kExitCouldNotRun;
  }
  std::string out;
  std::size_t changed = 0;
  int code = mended.found.has_errors() ? kExitFindings : kExitOk;
  for (dsl::FileId id = 0; id < sources.size(); ++id) {
    const std::string_view text = mended.sources.file(id).text();
    if (text == sources.file(id).text()) continue;
    const TextFile& file = (*files)[id];
    const std::string bytes = InTheStyleOf(file.bytes, text);
    ++changed;
    if (options.dry_run) {
      out += dsl::UnifiedDiff(file.path, file.bytes, bytes);
      continue;
    }
    const absl::Status status = ReplaceTextFile(file, bytes);
    if (!status.ok()) code = Fail(status);
  }
  const std::string account = Account(mended);
  if (options.dry_run) {
    std::fputs(account.c_str(), stderr);
  } else {
    out += account;
  }
  const absl::Status written = WriteAll(STDOUT_FILENO, out, "stdout");
  if (!written.ok() && !absl::IsCancelled(written)) return Fail(written);
  std::fputs(Verdict(mended, changed, options.dry_run).c_str(), stderr);
  return code;
}

}  // namespace

Command MakeFixCommand(CommandTable* table) {
  auto* const options = MakeOptions<FixOptions>(table);
  Command command;
  command.name = "fix";
  command.summary = "apply the mends that check proposes";
  command.about =
      "Rewrites rule files in place with every mend that check shows as `fix`, "
      "and prints a line for each. The result is checked again: a mend stays "
      "only when what it mends is gone and nothing is worse, so that a wrong "
      "guess is not kept. Exits 0 when no error is left, 1 when one is, 2 when "
      "a file could not be read or written.";
  command.arguments = {
      {"PATH", ".rules files, or folders of them", &options->paths, 1, true}};
  command.groups = {
      {"Output",
       {{.name = "dry-run",
         .help = "change nothing; print what would change, as a unified diff",
         .target = &options->dry_run},
        {.name = "no-lint",
         .help = "mend errors only, not what check warns of",
         .target = &options->no_lint}}}};
  command.examples = {
      {"what would it do?", "tocsin fix --dry-run rules/"},
      {"do it", "tocsin fix rules/"},
      {"errors alone, then the layout",
       "tocsin fix --no-lint mine.rules && tocsin fmt mine.rules"},
  };
  command.run = [options] { return Fix(*options); };
  return command;
}

}  // namespace tocsin
