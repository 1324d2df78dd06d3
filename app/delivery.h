// From the outbox to every sink of the service, each on a thread of its own: a
// slow one holds up no other. A sink that fails is tried again until it takes
// the alerts or the service has to end. A standard output that nobody reads any
// more is left out from then on.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "app/config.h"
#include "app/service_metrics.h"
#include "engine/durable/outbox.h"
#include "engine/ports/sink.h"

namespace tocsin {

// Guarded: any thread may call any function but Start() and Finish().
class Delivery {
 public:
  // Opens the sinks of `config`.
  static absl::StatusOr<std::unique_ptr<Delivery>> Open(const Config& config);
  ~Delivery();
  std::vector<std::string> names() const;

  // Begins. `outbox` outlives it. `durable`: what is not delivered at the end
  // is for the next start, and what was delivered has left this machine's
  // memory before it counts as such. `ended` is called, from any thread, when
  // no sink is left (Cancelled) or storage failed.
  void Start(Outbox* outbox, bool durable,
             std::function<void(const absl::Status&)> ended);
  // Nothing more is told: delivers what there is, and gives the first failure
  // that lost something.
  absl::Status Finish();

  // Opens files again (their names were moved away). Never waits: a sink that
  // is being delivered to is opened again behind that, and a failure logged.
  absl::Status Reopen();
  // From now on a failing sink is tried once and its failure final.
  void StopRetrying() { stopping_ = true; }
  std::vector<ServiceCounts::Sink> Counts() const;

 private:
  struct Target {
    std::size_t index = 0;
    std::unique_ptr<Sink> sink;
    std::atomic<std::uint64_t> alerts{0};
    std::atomic<std::uint64_t> failures{0};
    std::atomic<bool> reopen{false};
    std::atomic<bool> closed{false};
    std::mutex mutex;  // The sink: delivered to and reopened.
    absl::Status status;
    std::thread thread;
  };
  void Work(Target* target);
  absl::Status SkipDelivered(Target* target);
  absl::Status DeliverNext(Target* target);
  absl::Status Note(Target* target, std::uint64_t number);
  absl::Status DeliverTo(Target* target, AlertRefs alerts);
  absl::Status Attempt(Target* target, AlertRefs alerts) const;
  void Close(Target* target);

  std::vector<std::unique_ptr<Target>> targets_;
  Outbox* outbox_ = nullptr;
  bool durable_ = false;
  std::function<void(const absl::Status&)> ended_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> finishing_{false};
  std::atomic<std::size_t> open_{0};
};

}  // namespace tocsin
