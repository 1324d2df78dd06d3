#include "app/delivery.h"

#include <chrono>
#include <thread>
#include <utility>

#include "connectors/file/file_sink.h"
#include "connectors/stdio/stdout_sink.h"
#include "engine/base/log.h"
#include "engine/base/status.h"
#include "engine/base/status_macros.h"

namespace tocsin {
namespace {

constexpr std::chrono::milliseconds kRetryStep{50};
constexpr int kRetrySteps = 20;  // A second between tries.

absl::StatusOr<std::unique_ptr<Sink>> OpenSink(const SinkConfig& config) {
  if (config.kind == SinkConfig::Kind::kStdout) {
    StdoutOptions options;
    options.name = config.name;
    options.format = config.json ? StdoutFormat::kJson : StdoutFormat::kText;
    return std::unique_ptr<Sink>(std::make_unique<StdoutSink>(options));
  }
  FileSinkOptions options;
  options.name = config.name;
  options.path = config.path;
  options.rotate_bytes = config.rotate_bytes;
  options.keep = config.keep;
  TOCSIN_ASSIGN_OR_RETURN(std::unique_ptr<FileSink> sink,
                          FileSink::Open(std::move(options)));
  return std::unique_ptr<Sink>(std::move(sink));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Delivery>> Delivery::Open(const Config& config) {
  auto delivery = std::make_unique<Delivery>();
  for (const SinkConfig& one : config.sinks) {
    auto target = std::make_unique<Target>();
    TOCSIN_ASSIGN_OR_RETURN(target->sink, OpenSink(one));
    delivery->targets_.push_back(std::move(target));
  }
  return delivery;
}

absl::Status Delivery::Deliver(std::span<const Alert> alerts) {
  absl::Status first_failure;
  std::size_t open = 0;
  for (const auto& target : targets_) {
    if (target->closed) continue;
    const absl::Status status = DeliverTo(target.get(), alerts);
    if (absl::IsCancelled(status)) {
      target->closed = true;
      Log(LogLevel::kError, "nobody reads a sink any more; it is left out",
          {{"sink", std::string(target->sink->name())}});
      continue;
    }
    ++open;
    first_failure.Update(status);
  }
  return open > 0 ? first_failure : absl::CancelledError("no sink is left");
}

absl::Status Delivery::Attempt(Target* target, std::span<const Alert> alerts) {
  const std::lock_guard lock(target->mutex);
  if (target->reopen.exchange(false)) {
    if (const absl::Status status = target->sink->Reopen(); !status.ok()) {
      Log(LogLevel::kError, "a sink could not be opened again",
          {{"sink", std::string(target->sink->name())},
           {"reason", std::string(Message(status))}});
    }
  }
  return target->sink->Deliver(alerts);
}

absl::Status Delivery::DeliverTo(Target* target,
                                 std::span<const Alert> alerts) {
  for (bool first = true;; first = false) {
    const absl::Status status = Attempt(target, alerts);
    if (status.ok()) {
      if (!first) {
        Log(LogLevel::kInfo, "a sink takes alerts again",
            {{"sink", std::string(target->sink->name())}});
      }
      target->alerts += alerts.size();
      return status;
    }
    ++target->failures;
    if (absl::IsCancelled(status) || stopping_) return status;
    if (first) {
      Log(LogLevel::kError, "a sink fails; trying again until it takes them",
          {{"sink", std::string(target->sink->name())},
           {"reason", std::string(Message(status))}});
    }
    for (int i = 0; i < kRetrySteps && !stopping_; ++i) {
      std::this_thread::sleep_for(kRetryStep);
    }
  }
}

absl::Status Delivery::Reopen() {
  absl::Status first_failure;
  for (const auto& target : targets_) {
    if (const std::unique_lock lock(target->mutex, std::try_to_lock); lock) {
      first_failure.Update(target->sink->Reopen());
    } else {
      target->reopen = true;
    }
  }
  return first_failure;
}

absl::Status Delivery::Flush() {
  absl::Status first_failure;
  for (const auto& target : targets_) {
    if (target->closed) continue;
    const std::lock_guard lock(target->mutex);
    first_failure.Update(target->sink->Flush());
  }
  return first_failure;
}

std::vector<ServiceCounts::Sink> Delivery::Counts() const {
  std::vector<ServiceCounts::Sink> counts;
  for (const auto& target : targets_) {
    counts.push_back(
        {std::string(target->sink->name()), target->alerts, target->failures});
  }
  return counts;
}

}  // namespace tocsin
