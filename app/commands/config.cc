#include <unistd.h>

#include <cstdio>

#include "absl/strings/str_format.h"
#include "app/commands/commands.h"
#include "app/config_file.h"
#include "app/exit_code.h"
#include "app/rule_loader.h"
#include "app/terminal.h"

namespace tocsin {
namespace {

// kExitOk when `path` holds a configuration that can run.
int Load(const std::string& path, Config* config) {
  switch (LoadConfigOrTell(path, config)) {
    case ConfigOutcome::kUnreadable:
      return kExitCouldNotRun;
    case ConfigOutcome::kWrong:
      return kExitFindings;
    case ConfigOutcome::kGood:
      break;
  }
  const std::vector<std::string> wrong = CheckConfig(*config);
  for (const std::string& one : wrong) {
    std::fputs(absl::StrFormat("%s: error: %s\n", path, one).c_str(), stderr);
  }
  return wrong.empty() ? kExitOk : kExitFindings;
}

Command MakeConfigCheck(CommandTable* table) {
  auto* const paths = MakeOptions<std::vector<std::string>>(table);
  Command command;
  command.name = "check";
  command.summary = "say what is wrong with a configuration file";
  command.about =
      "Reads a configuration file strictly: an unknown key, a value that does "
      "not fit are errors with their line; then whether its parts fit together "
      "and its rules compile. "
      "Exits 0 when it can run, 1 when not, 2 when it could not be read.";
  command.arguments = {{"FILE", "a configuration in YAML", paths}};
  command.examples = {{"before a restart", "tocsin config check tocsin.yaml"}};
  command.run = [paths] {
    Config config;
    int code = Load(paths->front(), &config);
    if (code == kExitOk &&
        LoadRulesOrTell(config.rules, IsTerminal(STDERR_FILENO), false,
                        config.lateness_us) == nullptr) {
      code = kExitFindings;
    }
    if (code == kExitOk) {
      std::fputs(absl::StrFormat("%s: clean\n", paths->front()).c_str(),
                 stdout);
    }
    return code;
  };
  return command;
}

Command MakeConfigPrint(CommandTable* table) {
  auto* const paths = MakeOptions<std::vector<std::string>>(table);
  Command command;
  command.name = "print";
  command.summary = "print the effective configuration, defaults written out";
  command.about =
      "Prints the configuration as the service would use it: every key, with "
      "its default where the file says nothing. Without a file, the defaults.";
  command.arguments = {{"FILE", "a configuration in YAML", paths, 0}};
  command.examples = {
      {"what would run?", "tocsin config print tocsin.yaml"},
      {"a file to start from", "tocsin config print > tocsin.yaml"}};
  command.run = [paths] {
    Config config;
    if (!paths->empty()) {
      const int code = Load(paths->front(), &config);
      if (code != kExitOk) return code;
    }
    std::fputs(PrintConfig(config).c_str(), stdout);
    return static_cast<int>(kExitOk);
  };
  return command;
}

}  // namespace

Command MakeConfigCommand(CommandTable* table) {
  Command command;
  command.name = "config";
  command.summary = "check or print the configuration of `run`";
  command.commands = {MakeConfigCheck(table), MakeConfigPrint(table)};
  command.examples = {{"is it right?", "tocsin config check tocsin.yaml"},
                      {"what would run?", "tocsin config print tocsin.yaml"}};
  return command;
}

}  // namespace tocsin
