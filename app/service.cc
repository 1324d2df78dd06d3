#include "app/service.h"

#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "app/data_files.h"
#include "app/delivery.h"
#include "app/exit_code.h"
#include "app/rules_in_use.h"
#include "app/service_metrics.h"
#include "app/signals.h"
#include "app/terminal.h"
#include "app/version.h"
#include "connectors/file/tail_source.h"
#include "connectors/http/web_server.h"
#include "connectors/stdio/stdin_source.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/status.h"
#include "engine/match/match.h"
#include "engine/pipeline/pipeline.h"

namespace tocsin {
namespace {

std::vector<std::unique_ptr<Source>> MakeSources(const Config& config) {
  std::vector<std::unique_ptr<Source>> sources;
  for (const SourceConfig& one : config.sources) {
    if (one.kind == SourceConfig::Kind::kStdin) {
      StdinOptions options;
      options.name = one.name;
      options.follow = true;
      sources.push_back(std::make_unique<StdinSource>(options));
    } else {
      TailOptions options;
      options.name = one.name;
      options.pattern = one.path;
      options.start = one.start;
      sources.push_back(std::make_unique<TailSource>(std::move(options)));
    }
  }
  return sources;
}

PipelineOptions MakePipelineOptions(const Config& config) {
  PipelineOptions options;
  options.workers = config.workers;
  options.lateness_us = config.lateness_us;
  options.max_skew_us = config.max_skew_us;
  options.idle_us = config.idle_us;
  // Clients choose keys: where one lives must not be foreseeable.
  std::random_device device;
  options.key_seed = std::uint64_t{device()} << 32 | device();
  options.live = true;
  options.closed = config.closed;
  return options;
}

int CouldNotRun(const absl::Status& status) {
  PrintError(Message(status));
  return kExitCouldNotRun;
}

int Outcome(absl::Status status, Delivery* delivery) {
  if (status.ok()) status = delivery->Flush();
  if (absl::IsCancelled(status)) return kExitOk;  // Nobody reads stdout.
  if (!status.ok()) {
    Log(LogLevel::kError, "ended by a failure",
        {{"reason", std::string(Message(status))}});
    return kExitCouldNotRun;
  }
  return kExitOk;
}

}  // namespace

// Start: rules, sinks, sources, pipeline, signals, web server, then read. What
// can fail fails before anything was read. End: a signal (or the end of every
// source) stops reading; what was read goes through and its alerts are
// delivered before Run() returns; then the watch of data files, the web server
// and the signal thread end, which use the pipeline.
int RunService(const Config& config) {
  InitLog(config.log);
  const std::int64_t started_us = RealClock()->WallMicros();
  RulesInUse rules(config.rules, config.lateness_us);
  std::shared_ptr<const RuleSet> set = rules.Load();
  if (set == nullptr) return kExitCouldNotRun;
  const std::size_t rule_count = set->rules.size();
  absl::StatusOr<std::unique_ptr<Delivery>> delivery = Delivery::Open(config);
  if (!delivery.ok()) return CouldNotRun(delivery.status());

  const std::vector<std::unique_ptr<Source>> owned = MakeSources(config);
  std::vector<Source*> sources;
  for (const auto& source : owned) sources.push_back(source.get());
  std::atomic<bool> ready{false};
  std::atomic<bool> told_to_stop{false};
  // Signals are blocked before the pipeline can start a thread.
  std::unique_ptr<Pipeline> pipeline;
  std::atomic<Pipeline*> running{nullptr};
  SignalThread signals(
      {.stop =
           [&] {
             Log(LogLevel::kInfo, "told to stop; what was read goes through");
             ready = false;
             told_to_stop = true;
             (*delivery)->StopRetrying();
             if (Pipeline* const p = running.load()) p->Stop();
           },
       .reload =
           [&] {
             if (Pipeline* const p = running.load()) {
               rules.Reload(p).IgnoreError();  // It was logged and counted.
             }
           },
       .reopen =
           [&] {
             const absl::Status status = (*delivery)->Reopen();
             if (status.ok()) {
               Log(LogLevel::kInfo, "sinks reopened");
             } else {
               Log(LogLevel::kError, "a sink could not be reopened",
                   {{"reason", std::string(Message(status))}});
             }
           }});
  pipeline =
      std::make_unique<Pipeline>(MakePipelineOptions(config), std::move(set),
                                 sources, [&](std::span<const Alert> alerts) {
                                   return (*delivery)->Deliver(alerts);
                                 });
  running = pipeline.get();

  std::unique_ptr<WebServer> web;
  if (!config.listen.empty()) {
    WebHandlers handlers;
    handlers.metrics = [&] {
      ServiceCounts counts;
      counts.started_us = started_us;
      counts.ready = ready;
      counts.sinks = (*delivery)->Counts();
      rules.Count(&counts);
      return MetricsText(CollectMetrics(pipeline->Counts(), counts, Version()));
    };
    handlers.ready = [&] { return ready.load(); };
    handlers.reload = [&] { return rules.Reload(pipeline.get()); };
    auto started = WebServer::Start(config.listen, std::move(handlers));
    if (!started.ok()) return CouldNotRun(started.status());
    web = *std::move(started);
  }

  const DataFileWatch data_watch([&] { return rules.DataFiles(); },
                                 [&](const std::vector<std::string>& changed) {
                                   rules.ReloadData(pipeline.get(), changed);
                                 });
  ready = true;
  rules.LogExpired();
  Log(LogLevel::kInfo, "started",
      {{"version", Version()},
       {"rules", absl::StrFormat("%d", rule_count)},
       {"sources", absl::StrFormat("%d", sources.size())},
       {"sinks", absl::StrFormat("%d", config.sinks.size())},
       {"workers", absl::StrFormat("%d", config.workers)},
       {"port", absl::StrFormat("%d", web == nullptr ? 0 : web->port())}});
  Log(LogLevel::kWarning,
      "nothing survives a restart: positions and window state are in memory");
  // A signal may have come while there was no pipeline to tell.
  if (told_to_stop) pipeline->Stop();
  const absl::Status status = told_to_stop ? absl::OkStatus() : pipeline->Run();
  ready = false;
  const InputCounts input = pipeline->Counts().input;
  const int code = Outcome(status, delivery->get());
  Log(LogLevel::kInfo, "ended",
      {{"events", absl::StrFormat("%d", input.events)},
       {"bytes", absl::StrFormat("%d", input.bytes)}});
  return code;
}

}  // namespace tocsin
