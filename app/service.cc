#include "app/service.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "app/data_dir.h"
#include "app/data_files.h"
#include "app/delivery.h"
#include "app/exit_code.h"
#include "app/kept_letters.h"
#include "app/rules_in_use.h"
#include "app/service_metrics.h"
#include "app/signals.h"
#include "app/sources.h"
#include "app/terminal.h"
#include "app/version.h"
#include "connectors/http/web_server.h"
#include "engine/base/clock.h"
#include "engine/base/limits.h"
#include "engine/base/log.h"
#include "engine/base/status.h"
#include "engine/match/match.h"
#include "engine/pipeline/pipeline.h"

namespace tocsin {
namespace {

// What an alert may wait for others to share its sync with.
constexpr std::int64_t kCommitPauseMicros = 2'000;

PipelineOptions MakePipelineOptions(const Config& config, DataDir* data,
                                    Outbox* outbox) {
  PipelineOptions options;
  options.workers = config.workers;
  options.lateness_us = config.lateness_us;
  for (const SourceConfig& source : config.sources) {
    options.lateness_of.push_back(LatenessOf(config, source));
  }
  options.state_bytes = config.state_bytes;
  options.max_skew_us = config.max_skew_us;
  options.idle_us = config.idle_us;
  options.key_seed = data == nullptr ? RandomSeed() : data->key_seed();
  options.live = true;
  options.closed = config.closed;
  options.outbox = outbox;
  if (data != nullptr) {
    options.store = data->store();
    options.checkpoint_us = config.checkpoint_us;
    options.commit_pause_us = kCommitPauseMicros;
  }
  return options;
}

int CouldNotRun(const absl::Status& status) {
  PrintError(Message(status));
  return IsStorageFailure(status) ? kExitStorageFailed : kExitCouldNotRun;
}

int Outcome(const absl::Status& status) {
  if (status.ok() || absl::IsCancelled(status)) {
    return kExitOk;  // Cancelled: nobody reads stdout.
  }
  Log(LogLevel::kError, "ended by a failure",
      {{"reason", std::string(Message(status))}});
  return IsStorageFailure(status) ? kExitStorageFailed : kExitCouldNotRun;
}

// What ends a service beside its sources' ends and signals: the first failure
// of any thread. From then on nothing that a source is sent is acknowledged.
class FirstFailure {
 public:
  explicit FirstFailure(std::vector<Source*> sources)
      : sources_(std::move(sources)) {}
  void Set(const absl::Status& status) {
    const std::lock_guard lock(mutex_);
    status_.Update(status);
    if (absl::IsCancelled(status_)) return;
    for (Source* const source : sources_) source->Refuse(status_);
  }
  // Also what a source has met and nobody has read yet.
  absl::Status Get() const {
    const std::lock_guard lock(mutex_);
    absl::Status status = status_;
    for (Source* const source : sources_) status.Update(source->failure());
    return status;
  }

 private:
  const std::vector<Source*> sources_;
  mutable std::mutex mutex_;
  absl::Status status_;
};

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
  std::unique_ptr<DataDir> data;
  SignalThread::Block();  // The store starts threads of its own.
  if (!config.data_dir.empty()) {
    auto opened = DataDir::Open(config.data_dir);
    if (!opened.ok()) return CouldNotRun(opened.status());
    data = *std::move(opened);
    rules.KeepNamesIn(data->store());
  }
  absl::StatusOr<std::unique_ptr<Delivery>> delivery = Delivery::Open(config);
  if (!delivery.ok()) return CouldNotRun(delivery.status());
  Outbox outbox(data == nullptr ? nullptr : data->store(),
                (*delivery)->names());
  if (const absl::Status loaded = outbox.Load(); !loaded.ok()) {
    return CouldNotRun(loaded);
  }

  const auto owned = OpenSources(config);
  if (!owned.ok()) return CouldNotRun(owned.status());
  std::vector<Source*> sources;
  for (const auto& source : *owned) sources.push_back(source.get());
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
  pipeline = std::make_unique<Pipeline>(
      MakePipelineOptions(config, data.get(), &outbox), std::move(set), sources,
      nullptr);
  std::unique_ptr<KeptLetters> letters;
  if (data != nullptr) {
    auto kept = KeptLetters::Open(data->path() + "/dead-letters.ndjson",
                                  limits::kDeadLetterBytes, RealClock());
    if (!kept.ok()) return CouldNotRun(kept.status());
    letters = *std::move(kept);
    pipeline->OnDeadLetter(
        [&](const DeadLetter& letter) { letters->Write(letter); });
  }
  FirstFailure failure(sources);
  pipeline->OnFailure([&](const absl::Status& status) { failure.Set(status); });
  running = pipeline.get();
  (*delivery)->Start(&outbox, data != nullptr, [&](const absl::Status& status) {
    failure.Set(status);
    running.load()->Stop();
  });

  // What comes is read: not before what was read has been read again.
  const auto is_ready = [&] {
    return ready && failure.Get().ok() && !pipeline->Counts().durable.replaying;
  };
  std::unique_ptr<WebServer> web;
  if (!config.listen.empty()) {
    WebHandlers handlers;
    handlers.metrics = [&] {
      ServiceCounts counts;
      counts.started_us = started_us;
      counts.ready = is_ready();
      counts.sinks = (*delivery)->Counts();
      counts.outbox = outbox.counts();
      counts.letters_lost = letters == nullptr ? 0 : letters->lost();
      for (const auto& source : *owned) {
        for (MetricFamily& family : source->Metrics()) {
          counts.sources.push_back(std::move(family));
        }
      }
      rules.Count(&counts);
      return MetricsText(CollectMetrics(pipeline->Counts(), counts, Version()));
    };
    handlers.ready = is_ready;
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
  if (data == nullptr) {
    Log(LogLevel::kWarning,
        "nothing survives a restart: without data_dir, positions, window state "
        "and alerts on their way are in memory");
  }
  // A signal may have come while there was no pipeline to tell.
  if (told_to_stop) pipeline->Stop();
  absl::Status status = told_to_stop ? absl::OkStatus() : pipeline->Run();
  ready = false;
  const InputCounts input = pipeline->Counts().input;
  const absl::Status delivered = (*delivery)->Finish();
  status.Update(failure.Get());
  status.Update(delivered);
  const int code = Outcome(status);
  Log(LogLevel::kInfo, "ended",
      {{"events", absl::StrFormat("%d", input.events)},
       {"bytes", absl::StrFormat("%d", input.bytes)}});
  return code;
}

}  // namespace tocsin
