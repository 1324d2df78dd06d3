#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "app/commands/commands.h"
#include "app/dead_letters.h"
#include "app/exit_code.h"
#include "app/inputs.h"
#include "app/progress.h"
#include "app/replay_output.h"
#include "app/rule_loader.h"
#include "app/summary.h"
#include "app/terminal.h"
#include "engine/base/status.h"
#include "engine/match/match.h"

namespace tocsin {
namespace {

constexpr int kWorkersMost = 256;

struct ReplayOptions {
  std::vector<std::string> rules, files;
  std::string format = "text", output, dead_letter, colour = "auto";
  PipelineOptions pipeline;
  bool no_summary = false;
};

int CouldNotRun(const absl::Status& status) {
  PrintError(Message(status));
  return kExitCouldNotRun;
}

std::string Describe(const Inputs& inputs) {
  if (inputs.paths.size() == 1) return inputs.paths[0];
  return absl::StrFormat("%d files", inputs.paths.size());
}

int Replay(const ReplayOptions& options) {
  const bool colour = UseColour(ParseColour(options.colour), STDERR_FILENO);
  const std::unique_ptr<LoadedRules> loaded = LoadRulesOrTell(
      options.rules, colour, false, options.pipeline.lateness_us);
  if (loaded == nullptr) return kExitCouldNotRun;
  if (loaded->rules->rules.empty()) {
    PrintError(kNoRuleEnabled);
    return kExitCouldNotRun;
  }

  absl::StatusOr<Inputs> inputs =
      OpenInputs(options.files, *loaded->rules,
                 {options.pipeline.merge, !options.dead_letter.empty()});
  if (!inputs.ok()) return CouldNotRun(inputs.status());
  if (const absl::Status status =
          CheckOutputs({options.output, options.dead_letter}, *loaded, *inputs);
      !status.ok()) {
    return CouldNotRun(status);
  }
  ReplayOutput output;
  if (const absl::Status status =
          output.Open(options.output, options.format == "json", options.colour);
      !status.ok()) {
    return CouldNotRun(status);
  }
  std::unique_ptr<DeadLetters> letters;
  if (!options.dead_letter.empty()) {
    auto opened =
        DeadLetters::Open(options.dead_letter,
                          [&](const std::string& source, std::uint64_t line) {
                            return inputs->Locate(source, line);
                          });
    if (!opened.ok()) return CouldNotRun(opened.status());
    letters = *std::move(opened);
  }

  std::vector<Source*> sources;
  for (const auto& source : inputs->sources) sources.push_back(source.get());
  Progress progress(IsTerminal(STDERR_FILENO));
  const bool shares_terminal = IsTerminal(STDOUT_FILENO);
  // Never given back: the process ends behind it, and to free a million keys
  // one by one would take longer than to read them. Static, so that a leak
  // checker finds it.
  static Pipeline* pipeline = nullptr;
  pipeline =
      std::make_unique<Pipeline>(options.pipeline, loaded->rules, sources,
                                 [&](std::span<const Alert> alerts) {
                                   if (shares_terminal) progress.Clear();
                                   return output.Deliver(alerts);
                                 })
          .release();
  pipeline->OnProgress([&](const PipelineCounts& counts) {
    progress.Update(counts.input.events, inputs->consumed(), inputs->size());
  });
  if (letters != nullptr) {
    pipeline->OnDeadLetter(
        [&](const DeadLetter& letter) { letters->Write(letter); });
  }

  absl::Status status = pipeline->Run();
  progress.Clear();
  if (absl::IsCancelled(status)) return kExitOk;  // `| head` has seen enough.
  const PipelineCounts counts = pipeline->Counts();
  if (status.ok()) status = inputs->status();
  if (status.ok() && letters != nullptr) status = letters->status();
  if (status.ok() && counts.input.bytes == 0) {
    status = absl::InvalidArgumentError("nothing to replay: stdin is empty");
  }
  if (!status.ok()) {
    if (!output.partial().empty()) {
      PrintError(
          absl::StrFormat("alerts up to there are in %s", output.partial()));
    }
    return CouldNotRun(status);
  }
  status = output.Finish();
  if (!status.ok()) return CouldNotRun(status);
  if (!options.no_summary) {
    SummaryOptions summary;
    summary.input = Describe(*inputs);
    summary.seconds = progress.Seconds();
    summary.colour = colour;
    summary.dead_letter = letters != nullptr;
    std::fputs(FormatSummary(counts, *loaded->rules, summary).c_str(), stderr);
  }
  return kExitOk;
}

std::vector<OptionGroup> Groups(ReplayOptions* options) {
  PipelineOptions* const pipeline = &options->pipeline;
  return {
      {"Rules", {RulesOption(&options->rules)}},
      {"Output",
       {{.name = "format",
         .value = "FORMAT",
         .help = "how alerts are written",
         .target = &options->format,
         .choices = {"text", "json"},
         .shown_default = "text"},
        {.name = "output",
         .value = "FILE",
         .help = "write alerts to FILE, which is replaced when the replay is "
                 "complete",
         .target = &options->output,
         .letter = 'o'},
        {.name = "closed",
         .help = "also tell when an incident with folded detections ends",
         .target = &pipeline->closed},
        {.name = "dead-letter",
         .value = "FILE",
         .help = "keep lines that could not be read: source, line, reason, "
                 "bytes, one JSON object a line",
         .target = &options->dead_letter},
        {.name = "color",
         .value = "WHEN",
         .help = "colour; auto is on a terminal without NO_COLOR",
         .target = &options->colour,
         .choices = ColourChoices(),
         .shown_default = "auto"},
        {.name = "no-summary",
         .help = "do not print the closing summary on stderr",
         .target = &options->no_summary}}},
      {"Time",
       {{.name = "lateness",
         .value = "DURATION",
         .help = "how far behind the latest event another may arrive",
         .target = DurationTarget{&pipeline->lateness_us},
         .shown_default = "5s"},
        {.name = "max-skew",
         .value = "DURATION",
         .help = "an event further ahead moves the clock only when a second "
                 "one confirms it",
         .target = DurationTarget{&pipeline->max_skew_us},
         .shown_default = "5m"},
        {.name = "end-of-time",
         .help = "also decide what is due after the last event",
         .target = &pipeline->end_of_time}}},
      {"Input",
       {{.name = "merge",
         .help = "join the files by event time: the logs of several "
                 "apiservers",
         .target = &pipeline->merge},
        {.name = "workers",
         .value = "N",
         .help = "threads; the alerts are the same for any number",
         .target = IntTarget{&pipeline->workers, 1, kWorkersMost},
         .shown_default = "the cores, at most 4"}}},
  };
}

}  // namespace

Command MakeReplayCommand(CommandTable* table) {
  auto* const options = MakeOptions<ReplayOptions>(table);
  options->pipeline.workers = DefaultWorkers();
  options->pipeline.key_seed = kReplayKeySeed;
  Command command;
  command.name = "replay";
  command.summary = "run rules over finished logs";
  command.about =
      "Runs rules over finished logs and prints the alerts. Several files are "
      "one log, read in the order of their first events, so that splitting a "
      "log changes nothing; with --merge each is the log of an apiserver of "
      "its own. Compressed files (gzip, zstd) are told by their content. "
      "Exits 0 when the whole log was read, with or without alerts, else 2.";
  command.arguments = {{"FILE",
                        "logs: files, quoted globs, or - for standard input",
                        &options->files, 1, true}};
  command.groups = Groups(options);
  command.examples = {
      {"what is in this log?", "tocsin replay --rules rules/ audit.log"},
      {"a month of rotated logs, alerts for a program",
       "tocsin replay --rules rules/ --format json 'audit-*.log.gz' > "
       "alerts.ndjson"},
      {"three apiservers",
       "tocsin replay --rules rules/ --merge cp1.log "
       "cp2.log cp3.log"},
      {"from another program",
       "kubectl logs audit | tocsin replay --rules rules/ -"},
      {"keep what cannot be read",
       "tocsin replay --rules rules/ --dead-letter dropped.ndjson audit.log"},
  };
  command.run = [options] { return Replay(*options); };
  return command;
}

}  // namespace tocsin
