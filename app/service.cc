#include "app/service.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "app/data_files.h"
#include "app/delivery.h"
#include "app/exit_code.h"
#include "app/quantity.h"
#include "app/rule_loader.h"
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

// Rules in use and what was counted about them. Guarded.
class RulesInUse {
 public:
  explicit RulesInUse(std::vector<std::string> paths)
      : paths_(std::move(paths)) {}

  // The first load: nothing runs without rules.
  std::shared_ptr<const RuleSet> Load() {
    const std::unique_ptr<LoadedRules> loaded =
        LoadRulesOrTell(paths_, UseColour(ColourMode::kAuto, 2));
    if (loaded == nullptr) return nullptr;
    Use(*loaded);
    return loaded->rules;
  }

  // Loads again and publishes; keeps the old rules when there is any error.
  absl::Status Reload(Pipeline* pipeline) {
    const std::lock_guard one_at_a_time(reload_mutex_);
    LoadOptions options;
    options.lint = false;
    options.tests = false;
    const auto loaded = LoadRules(paths_, options);
    if (!loaded.ok()) {
      return Refuse("rules not reloaded; the old ones stay in use",
                    std::string(Message(loaded.status())));
    }
    if ((*loaded)->rules == nullptr) {
      LogDiagnostics(**loaded);
      return Refuse(
          "rules not reloaded; the old ones stay in use",
          Plural((*loaded)->diagnostics.errors(), "error") + " in the rules");
    }
    pipeline->Publish((*loaded)->rules);
    Use(**loaded);
    Log(LogLevel::kInfo, "rules reloaded",
        {{"rules", DescribeRules(**loaded)}});
    const std::lock_guard lock(mutex_);
    ++reloads_;
    return absl::OkStatus();
  }

  // The rules as they are in use, with the new contents of lists and tables.
  void ReloadData(Pipeline* pipeline, const std::vector<std::string>& changed) {
    const std::lock_guard one_at_a_time(reload_mutex_);
    const std::unique_ptr<LoadedRules> loaded = LoadDataAgain(sources_);
    if (loaded->rules == nullptr) {
      LogDiagnostics(*loaded);
      Refuse("lists and tables not read again; the old contents stay in use",
             Plural(loaded->diagnostics.errors(), "error") + " in " +
                 absl::StrJoin(changed, ", "))
          .IgnoreError();  // It was logged and counted.
      return;
    }
    pipeline->Publish(loaded->rules);
    Use(*loaded);
    Log(LogLevel::kInfo, "lists and tables read again",
        {{"changed", absl::StrJoin(changed, ", ")}});
    const std::lock_guard lock(mutex_);
    ++reloads_;
  }

  std::vector<DataFile> DataFiles() const {
    const std::lock_guard lock(mutex_);
    return data_files_;
  }

  void Count(ServiceCounts* counts) const {
    const std::lock_guard lock(mutex_);
    counts->reloads = reloads_;
    counts->reload_failures = failures_;
    counts->loaded_us = loaded_us_;
    counts->rules = rules_;
  }

 private:
  // With reload_mutex_, or before there is another thread.
  void Use(const LoadedRules& loaded) {
    sources_ = loaded.sources;
    const std::lock_guard lock(mutex_);
    loaded_us_ = RealClock()->WallMicros();
    rules_ = loaded.rules->rules.size();
    data_files_ = loaded.data_files;
  }

  absl::Status Refuse(const std::string& what, const std::string& why) {
    Log(LogLevel::kError, what, {{"reason", why}});
    const std::lock_guard lock(mutex_);
    ++failures_;
    return absl::InvalidArgumentError(why);
  }

  static void LogDiagnostics(const LoadedRules& loaded) {
    for (const dsl::Diagnostic& one : loaded.diagnostics.diagnostics()) {
      const dsl::KindRecord& kind = dsl::Describe(one.kind);
      if (kind.severity != dsl::Severity::kError) continue;
      const dsl::SourceFile& file = loaded.sources.file(one.span.file);
      const dsl::Place place = file.PlaceOf(one.span.begin);
      Log(LogLevel::kError, one.message,
          {{"code", std::string(kind.code)},
           {"file", file.path()},
           {"line", absl::StrFormat("%d", place.line)},
           {"column", absl::StrFormat("%d", place.column)},
           {"help", one.help}});
    }
  }

  const std::vector<std::string> paths_;
  std::mutex reload_mutex_;
  dsl::SourceSet sources_;  // The texts of the rules in use.
  mutable std::mutex mutex_;
  std::vector<DataFile> data_files_;
  std::uint64_t reloads_ = 0, failures_ = 0, rules_ = 0;
  std::int64_t loaded_us_ = 0;
};

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
  RulesInUse rules(config.rules);
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
