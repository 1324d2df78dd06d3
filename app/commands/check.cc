#include <unistd.h>

#include <cstdio>

#include "absl/strings/str_format.h"
#include "app/commands/commands.h"
#include "app/exit_code.h"
#include "app/rule_loader.h"
#include "app/terminal.h"
#include "connectors/stdio/stdout_sink.h"
#include "dsl/diag/render.h"
#include "engine/base/status.h"

namespace tocsin {
namespace {

struct CheckCommandOptions {
  std::vector<std::string> paths;
  std::string format = "text", colour = "auto";
  bool no_lint = false, strict = false;
};

std::string Count(std::size_t n, std::string_view what) {
  return absl::StrFormat("%d %s%s", n, what, n == 1 ? "" : "s");
}

// "12 rules from 3 files: 3 errors, 1 warning"
std::string Verdict(const LoadedRules& loaded) {
  const dsl::DiagnosticSink& found = loaded.diagnostics;
  const std::string what = DescribeRules(loaded);
  const std::size_t notes = found.diagnostics().size() + found.suppressed() >
                                    found.errors() + found.warnings()
                                ? found.diagnostics().size() +
                                      found.suppressed() - found.errors() -
                                      found.warnings()
                                : 0;
  if (found.diagnostics().empty()) return what + ": clean\n";
  std::string text = what + ": " + Count(found.errors(), "error") + ", " +
                     Count(found.warnings(), "warning");
  if (notes > 0) text += ", " + Count(notes, "note");
  return text + "\n";
}

int Check(const CheckCommandOptions& options) {
  LoadOptions load;
  load.lint = !options.no_lint;
  load.strict = options.strict;
  load.compile = false;
  const auto loaded = LoadRules(options.paths, load);
  if (!loaded.ok()) {
    PrintError(Message(loaded.status()));
    return kExitCouldNotRun;
  }
  const bool colour = UseColour(ParseColour(options.colour), STDOUT_FILENO);
  const dsl::Format format = options.format == "json"    ? dsl::Format::kJson
                             : options.format == "sarif" ? dsl::Format::kSarif
                                                         : dsl::Format::kText;
  const absl::Status written =
      WriteAll(STDOUT_FILENO,
               dsl::Render((*loaded)->diagnostics.diagnostics(),
                           (*loaded)->sources, format, colour),
               "stdout");
  if (!written.ok() && !absl::IsCancelled(written)) {
    PrintError(Message(written));
    return kExitCouldNotRun;
  }
  if (format == dsl::Format::kText) {
    std::fputs(Verdict(**loaded).c_str(), stderr);
  }
  if ((*loaded)->data_unread || HasUnreadableFile((*loaded)->diagnostics)) {
    return kExitCouldNotRun;
  }
  const dsl::DiagnosticSink& found = (*loaded)->diagnostics;
  const bool clean =
      options.strict ? found.diagnostics().empty() : !found.has_errors();
  return clean ? kExitOk : kExitFindings;
}

}  // namespace

Command MakeCheckCommand(CommandTable* table) {
  auto* const options = MakeOptions<CheckCommandOptions>(table);
  Command command;
  command.name = "check";
  command.summary = "say what is wrong with rules, and how to mend it";
  command.about =
      "Parses and checks rules without running them: syntax, names, types, "
      "impossible and doubtful tests. One run reports every independent "
      "mistake. Exits 0 when there is no error (warnings may be there), 1 "
      "when there is one, 2 when the rules could not be read or are no "
      "text.\n\n"
      "A warning is silenced where it stands, with a reason: "
      "# tocsin:allow W0512 REASON behind the line, or on a line of its own "
      "above the clause or the rule.";
  command.arguments = {
      {"PATH", ".rules files, or folders of them", &options->paths, 1, true}};
  command.groups = {
      {"Output",
       {{.name = "format",
         .value = "FORMAT",
         .help = "text for people, json (one object a line), sarif 2.1.0 for "
                 "code scanners",
         .target = &options->format,
         .choices = {"text", "json", "sarif"},
         .shown_default = "text"},
        {.name = "color",
         .value = "WHEN",
         .help = "colour; auto is on a terminal without NO_COLOR",
         .target = &options->colour,
         .choices = ColourChoices(),
         .shown_default = "auto"},
        {.name = "no-lint", .help = "errors only", .target = &options->no_lint},
        {.name = "strict",
         .help = "also rules without title, runbook or test; and whatever is "
                 "found, also a warning, ends in exit code 1",
         .target = &options->strict}}}};
  command.examples = {
      {"a folder of rules", "tocsin check rules/"},
      {"for an editor or a script",
       "tocsin check --format json mine.rules | jq -r .message"},
      {"before rules ship: no warning, nothing missing",
       "tocsin check --strict rules/"},
      {"for a code scanner",
       "tocsin check --format sarif rules/ > "
       "tocsin.sarif"},
  };
  command.run = [options] { return Check(*options); };
  return command;
}

}  // namespace tocsin
