#include <cstdio>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "app/commands/commands.h"
#include "app/config_file.h"
#include "app/exit_code.h"
#include "app/service.h"
#include "app/terminal.h"
#include "connectors/http/web_server.h"
#include "engine/base/status.h"

namespace tocsin {
namespace {

constexpr int kWorkersMost = 256;

struct RunOptions {
  std::string config, start, listen, log_level, log_format;
  std::vector<std::string> rules, sources, sinks;
  int workers = 0;  // 0: as configured.
};

// What flags say, over what the file says; a message when they do not fit.
std::string Apply(const RunOptions& options, Config* config) {
  std::string error;
  if (!options.rules.empty()) config->rules = options.rules;
  if (!options.sources.empty()) config->sources.clear();
  for (const std::string& text : options.sources) {
    if (!ParseSourceFlag(text, &config->sources.emplace_back(), &error)) {
      return "--source: " + error;
    }
  }
  if (!options.sinks.empty()) config->sinks.clear();
  for (const std::string& text : options.sinks) {
    if (!ParseSinkFlag(text, &config->sinks.emplace_back(), &error)) {
      return "--sink: " + error;
    }
  }
  if (config->sinks.empty() && options.config.empty()) {
    SinkConfig& screen = config->sinks.emplace_back();
    screen.name = "stdout";
    screen.json = false;
  }
  for (SourceConfig& source : config->sources) {
    if (options.start == "beginning") source.start = TailStart::kBeginning;
    if (options.start == "end") source.start = TailStart::kEnd;
  }
  if (options.listen == "none") {
    config->listen.clear();
  } else if (!options.listen.empty()) {
    const absl::Status status = CheckListenAddress(options.listen);
    if (!status.ok()) return "--listen: " + std::string(Message(status));
    config->listen = options.listen;
  }
  if (options.workers > 0) config->workers = options.workers;
  for (const LogLevel level : {LogLevel::kDebug, LogLevel::kInfo,
                               LogLevel::kWarning, LogLevel::kError}) {
    if (LogLevelName(level) == options.log_level) config->log.level = level;
  }
  if (!options.log_format.empty()) {
    config->log.format =
        options.log_format == "json" ? LogFormat::kJson : LogFormat::kText;
  }
  return absl::StrJoin(CheckConfig(*config), "; ");
}

int Run(const RunOptions& options) {
  Config config;
  if (!options.config.empty() &&
      LoadConfigOrTell(options.config, &config) != ConfigOutcome::kGood) {
    return kExitCouldNotRun;
  }
  const std::string wrong = Apply(options, &config);
  if (!wrong.empty()) {
    PrintError(wrong);
    return kExitCouldNotRun;
  }
  return RunService(config);
}

std::vector<OptionGroup> Groups(RunOptions* options) {
  return {
      {"What runs",
       {{.name = "config",
         .value = "FILE",
         .help = "the configuration in YAML; flags go before it",
         .target = &options->config},
        RulesOption(&options->rules, false),
        {.name = "source",
         .value = "SOURCE",
         .help = "a file to follow, a quoted glob of files, or - for standard "
                 "input; may be repeated",
         .target = &options->sources},
        {.name = "sink",
         .value = "SINK",
         .help = "stdout, stdout:text, stdout:json or file:PATH; may be "
                 "repeated",
         .target = &options->sinks,
         .shown_default = "stdout:text"},
        {.name = "start",
         .value = "WHERE",
         .help = "where files that are there begin",
         .target = &options->start,
         .choices = {"beginning", "end"},
         .shown_default = "end"},
        {.name = "workers",
         .value = "N",
         .help = "threads; the alerts are the same for any number",
         .target = IntTarget{&options->workers, 1, kWorkersMost},
         .shown_default = "the cores, at most 4"}}},
      {"Operation",
       {{.name = "listen",
         .value = "ADDRESS:PORT",
         .help = "loopback address of /metrics, /-/healthy, /-/ready and "
                 "/-/reload; none turns it off",
         .target = &options->listen,
         .shown_default = "127.0.0.1:9464"},
        {.name = "log-level",
         .value = "LEVEL",
         .help = "how much is logged on stderr",
         .target = &options->log_level,
         .choices = {"debug", "info", "warning", "error"},
         .shown_default = "info"},
        {.name = "log-format",
         .value = "FORMAT",
         .help = "how it is logged",
         .target = &options->log_format,
         .choices = {"text", "json"},
         .shown_default = "text"}}},
  };
}

}  // namespace

Command MakeRunCommand(CommandTable* table) {
  auto* const options = MakeOptions<RunOptions>(table);
  Command command;
  command.name = "run";
  command.summary = "follow logs, a webhook and Kafka and alert, as a service";
  command.about =
      "Follows logs through rotation, receives what apiservers post to its "
      "webhook and reads topics of Kafka (both need --config), and delivers "
      "alerts until it is told to stop. SIGTERM and SIGINT end it once "
      "everything read is through (a "
      "second one at once); SIGHUP reloads the rules and keeps the old ones "
      "when there is an error in the new; SIGUSR1 opens the files of sinks "
      "again. Exits 0 when it was told to stop, 2 when it could not run.";
  command.groups = Groups(options);
  command.examples = {
      {"as configured", "tocsin run --config tocsin.yaml"},
      {"try it without a file",
       "tocsin run --rules rules/ --source /var/log/kubernetes/audit.log"},
      {"alerts for a program, from the start of the log",
       "tocsin run --rules rules/ --source 'audit*.log' --start beginning "
       "--sink file:alerts.ndjson"},
  };
  command.run = [options] { return Run(*options); };
  return command;
}

}  // namespace tocsin
