#include "app/delivery.h"

#include <chrono>
#include <thread>
#include <utility>

#include "absl/strings/str_format.h"
#include "connectors/file/file_sink.h"
#include "connectors/stdio/stdout_sink.h"
#include "engine/base/crash_point.h"
#include "engine/base/log.h"
#include "engine/base/status.h"
#include "engine/base/status_macros.h"
#include "engine/base/thread_name.h"

namespace tocsin {
namespace {

constexpr std::chrono::milliseconds kRetryStep{50};
constexpr int kRetrySteps = 20;  // A second between tries.
constexpr std::int64_t kWaitMicros = 200'000;
constexpr std::size_t kAlertsAtOnce = 256;

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

std::vector<const Alert*> RefsOf(const std::vector<OutboxAlert>& next) {
  std::vector<const Alert*> refs;
  for (const OutboxAlert& one : next) refs.push_back(one.alert.get());
  return refs;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Delivery>> Delivery::Open(const Config& config) {
  auto delivery = std::make_unique<Delivery>();
  for (const SinkConfig& one : config.sinks) {
    auto target = std::make_unique<Target>();
    TOCSIN_ASSIGN_OR_RETURN(target->sink, OpenSink(one));
    target->index = delivery->targets_.size();
    delivery->targets_.push_back(std::move(target));
  }
  return delivery;
}

Delivery::~Delivery() {
  if (outbox_ != nullptr) Finish().IgnoreError();
}

std::vector<std::string> Delivery::names() const {
  std::vector<std::string> names;
  for (const auto& target : targets_) {
    names.emplace_back(target->sink->name());
  }
  return names;
}

void Delivery::Start(Outbox* outbox, bool durable,
                     std::function<void(const absl::Status&)> ended) {
  outbox_ = outbox;
  durable_ = durable;
  ended_ = std::move(ended);
  open_ = targets_.size();
  for (const auto& target : targets_) {
    target->thread = std::thread([this, t = target.get()] {
      NameThread("sink-" + std::string(t->sink->name()));
      Work(t);
    });
  }
}

absl::Status Delivery::Finish() {
  finishing_ = true;
  outbox_->Stop();
  absl::Status first_failure;
  for (const auto& target : targets_) {
    if (target->thread.joinable()) target->thread.join();
    first_failure.Update(target->status);
  }
  return first_failure;
}

// What a crash kept from being noted as delivered.
absl::Status Delivery::SkipDelivered(Target* target) {
  for (;;) {
    TOCSIN_ASSIGN_OR_RETURN(const std::vector<OutboxAlert> next,
                            outbox_->Next(target->index, kAlertsAtOnce));
    const std::size_t known = target->sink->AlreadyHas(RefsOf(next));
    if (known == 0) return absl::OkStatus();
    TOCSIN_RETURN_IF_ERROR(Note(target, next[known - 1].number));
    if (known < next.size()) return absl::OkStatus();
  }
}

absl::Status Delivery::DeliverNext(Target* target) {
  TOCSIN_ASSIGN_OR_RETURN(const std::vector<OutboxAlert> next,
                          outbox_->Next(target->index, kAlertsAtOnce));
  if (next.empty()) return absl::OkStatus();
  CrashPoint("deliver.begin");
  if (!target->closed) {
    const absl::Status status = DeliverTo(target, RefsOf(next));
    if (absl::IsCancelled(status)) {
      Close(target);
    } else if (!status.ok()) {
      return status;
    }
  }
  CrashPoint("deliver.sent");
  const absl::Status noted = Note(target, next.back().number);
  CrashPoint("deliver.noted");
  return noted;
}

// Without room it is tried again: what was delivered is not delivered twice,
// and the sink's thread has nothing better to do.
absl::Status Delivery::Note(Target* target, std::uint64_t number) {
  for (;;) {
    const absl::Status noted = outbox_->Done(target->index, number);
    if (!absl::IsResourceExhausted(noted) || finishing_ || stopping_) {
      return noted;
    }
    std::this_thread::sleep_for(kRetryStep);
  }
}

void Delivery::Close(Target* target) {
  target->closed = true;
  Log(LogLevel::kError, "nobody reads a sink any more; it is left out",
      {{"sink", std::string(target->sink->name())}});
  if (--open_ == 0) ended_(absl::CancelledError("no sink is left"));
}

void Delivery::Work(Target* target) {
  absl::Status status = durable_ ? SkipDelivered(target) : absl::OkStatus();
  while (status.ok()) {
    if (outbox_->empty(target->index)) {
      if (finishing_) return;
      outbox_->Wait(target->index, kWaitMicros);
      continue;
    }
    status = DeliverNext(target);
  }
  if (IsStorageFailure(status)) return ended_(status);
  // The service ends; a durable outbox has them for the next start.
  if (durable_) {
    Log(LogLevel::kWarning, "alerts wait for the next start",
        {{"sink", std::string(target->sink->name())},
         {"alerts",
          absl::StrFormat("%d", outbox_->counts().waiting_of[target->index])},
         {"reason", std::string(Message(status))}});
  } else {
    target->status = status;
  }
}

absl::Status Delivery::Attempt(Target* target, AlertRefs alerts) const {
  const std::lock_guard lock(target->mutex);
  if (target->reopen.exchange(false)) {
    if (const absl::Status status = target->sink->Reopen(); !status.ok()) {
      Log(LogLevel::kError, "a sink could not be opened again",
          {{"sink", std::string(target->sink->name())},
           {"reason", std::string(Message(status))}});
    }
  }
  TOCSIN_RETURN_IF_ERROR(target->sink->Deliver(alerts));
  return durable_ ? target->sink->Flush() : absl::OkStatus();
}

absl::Status Delivery::DeliverTo(Target* target, AlertRefs alerts) {
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
    if (absl::IsCancelled(status) || IsStorageFailure(status) || stopping_) {
      return status;
    }
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

std::vector<ServiceCounts::Sink> Delivery::Counts() const {
  std::vector<ServiceCounts::Sink> counts;
  for (const auto& target : targets_) {
    counts.push_back(
        {std::string(target->sink->name()), target->alerts, target->failures});
  }
  return counts;
}

}  // namespace tocsin
