#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <thread>

#include "absl/strings/str_format.h"
#include "app/commands/commands.h"
#include "app/exit_code.h"
#include "app/rule_loader.h"
#include "app/rule_tests/coverage.h"
#include "app/rule_tests/report.h"
#include "app/rule_tests/run_tests.h"
#include "app/terminal.h"
#include "connectors/stdio/stdout_sink.h"
#include "engine/base/status.h"

namespace tocsin {
namespace {

constexpr int kMostWorkers = 256;

struct TestOptions {
  std::vector<std::string> paths;
  std::string filter, format = "text", colour = "auto";
  bool coverage = false, failed_only = false;
  int least = 0, workers = 0;
};

// `*` and `?`, over the whole text.
bool MatchesGlob(std::string_view glob, std::string_view text) {
  if (glob.empty()) return text.empty();
  if (glob[0] == '*') {
    for (std::size_t i = 0; i <= text.size(); ++i) {
      if (MatchesGlob(glob.substr(1), text.substr(i))) return true;
    }
    return false;
  }
  return !text.empty() && (glob[0] == '?' || glob[0] == text[0]) &&
         MatchesGlob(glob.substr(1), text.substr(1));
}

bool Chosen(const std::string& filter, const dsl::CheckedTest& test) {
  const auto matches = [&](const std::string& text) {
    return filter.find_first_of("*?") == std::string::npos
               ? text.find(filter) != std::string::npos
               : MatchesGlob(filter, text);
  };
  return filter.empty() || matches(test.title) ||
         std::any_of(test.rules.begin(), test.rules.end(), matches);
}

// Those of the command line, in the order of the files.
std::vector<const dsl::CheckedTest*> Choose(const LoadedRules& loaded,
                                            const std::string& filter) {
  std::vector<const dsl::CheckedTest*> tests;
  for (const dsl::CheckedTest& test : loaded.checked.tests) {
    if (Chosen(filter, test)) tests.push_back(&test);
  }
  return tests;
}

int WorkersFor(const TestOptions& options, std::size_t tests) {
  const int most = options.workers > 0
                       ? options.workers
                       : static_cast<int>(std::thread::hardware_concurrency());
  return std::clamp(most, 1,
                    static_cast<int>(std::min<std::size_t>(tests, 256)));
}

// Collects the first failure to write; a reader that has seen enough is none.
class Output {
 public:
  void Write(const std::string& text) {
    if (status_.ok()) status_ = WriteAll(STDOUT_FILENO, text, "stdout");
  }
  bool Failed() const {
    if (status_.ok() || absl::IsCancelled(status_)) return false;
    PrintError(Message(status_));
    return true;
  }

 private:
  absl::Status status_;
};

int Tell(const TestOptions& options, const LoadedRules& loaded,
         const std::vector<const dsl::CheckedTest*>& tests) {
  const bool text = options.format == "text", json = options.format == "json";
  const bool colour = UseColour(ParseColour(options.colour), STDOUT_FILENO);
  Output output;
  RunTestsOptions run;
  run.paths = options.paths;
  run.workers = WorkersFor(options, tests.size());
  run.coverage = options.coverage || options.least > 0;
  const std::vector<TestReport> reports =
      RunTests(loaded, tests, run, [&](const TestReport& report) {
        if (options.failed_only && report.ok()) return;
        if (text) output.Write(ReportText(report, loaded.sources, colour));
        if (json) output.Write(ReportJson(report, loaded.sources));
      });
  if (!text && !json) output.Write(ReportJUnit(reports, loaded.sources));
  const auto failed =
      std::count_if(reports.begin(), reports.end(),
                    [](const TestReport& report) { return !report.ok(); });
  int percent = 100;
  if (run.coverage) {
    const Coverage coverage = MeasureCoverage(loaded, reports, run.workers);
    percent = coverage.Percent();
    if (text) output.Write(CoverageText(coverage, loaded.sources));
    if (json) output.Write(CoverageJson(coverage, loaded.sources));
  }
  if (output.Failed()) return kExitCouldNotRun;
  if (text) {
    std::fprintf(
        stderr, "%s",
        absl::StrFormat(
            "%d test%s of %s: %s\n", tests.size(), tests.size() == 1 ? "" : "s",
            DescribeRules(loaded),
            failed == 0 ? "all passed" : absl::StrFormat("%d failed", failed))
            .c_str());
  }
  const bool unread =
      std::any_of(reports.begin(), reports.end(), [](const TestReport& report) {
        const auto& failures = report.outcome.failures;
        return std::any_of(failures.begin(), failures.end(),
                           [](const TestFailure& f) { return f.unread; });
      });
  if (unread) {
    PrintError("a file that a test names cannot be read");
    return kExitCouldNotRun;
  }
  if (percent < options.least) {
    PrintError(absl::StrFormat("coverage is %d %%, and %d %% is the least",
                               percent, options.least));
    return kExitFindings;
  }
  return failed == 0 ? kExitOk : kExitFindings;
}

int Test(TestOptions options) {
  if (options.paths.empty()) options.paths = {"."};
  const std::unique_ptr<LoadedRules> loaded = LoadRulesOrTell(
      options.paths, UseColour(ParseColour(options.colour), STDERR_FILENO),
      true);
  if (loaded == nullptr) return kExitCouldNotRun;
  const std::vector<const dsl::CheckedTest*> tests =
      Choose(*loaded, options.filter);
  if (tests.empty()) {
    PrintError(
        loaded->checked.tests.empty()
            ? absl::StrFormat("%s: no `test` block", DescribeRules(*loaded))
            : absl::StrFormat("no test and no rule of one is called "
                              "`%s`",
                              options.filter));
    return kExitCouldNotRun;
  }
  return Tell(options, *loaded, tests);
}

}  // namespace

Command MakeTestCommand(CommandTable* table) {
  auto* const options = MakeOptions<TestOptions>(table);
  Command command;
  command.name = "test";
  command.summary = "run the `test` blocks of rules";
  command.about =
      "Runs the `test` blocks in rule files through the real engine, on a "
      "virtual clock: no time passes. Exits 0 when all pass, 1 when one fails "
      "(or the coverage is too low), 2 when nothing could be run.";
  command.arguments = {{"PATH",
                        ".rules files, or folders of them; together one rule "
                        "set (default: this folder)",
                        &options->paths, 0, true}};
  command.groups = {
      {"Which",
       {{.name = "filter",
         .value = "TEXT",
         .help = "only tests whose title, or a rule of which, holds TEXT, or "
                 "is like it where it has * or ?",
         .target = &options->filter},
        {.name = "workers",
         .value = "N",
         .help = "how many tests run at once",
         .target = IntTarget{&options->workers, 1, kMostWorkers},
         .shown_default = "one a core"}}},
      {"Coverage",
       {{.name = "coverage",
         .help = "say which tests of a filter were not seen both true and "
                 "false, which exceptions never applied, which rules never "
                 "fired",
         .target = &options->coverage},
        {.name = "coverage-least",
         .value = "PERCENT",
         .help = "fail below this; implies --coverage",
         .target = IntTarget{&options->least, 1, 100}}}},
      {"Output",
       {{.name = "format",
         .value = "FORMAT",
         .help = "text for people, json (one object a line), junit (XML)",
         .target = &options->format,
         .choices = {"text", "json", "junit"},
         .shown_default = "text"},
        {.name = "failed",
         .help = "leave out what passed",
         .target = &options->failed_only},
        {.name = "color",
         .value = "WHEN",
         .help = "colour; auto is on a terminal without NO_COLOR",
         .target = &options->colour,
         .choices = ColourChoices(),
         .shown_default = "auto"}}}};
  command.examples = {
      {"all tests of a folder of rules", "tocsin test rules/"},
      {"those of one rule", "tocsin test rules/ --filter burst_of_401s"},
      {"for CI",
       "tocsin test rules/ --format junit --coverage-least 100 > tests.xml"},
  };
  command.run = [options] { return Test(*options); };
  return command;
}

}  // namespace tocsin
