// Alerts to every sink of the service. A sink that fails is tried again until
// it takes them or the service has to end: nothing is dropped meanwhile, the
// pipeline waits. A standard output that nobody reads any more is left out from
// then on, and the service ends only when no sink is left.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "app/config.h"
#include "app/service_metrics.h"
#include "engine/ports/sink.h"

namespace tocsin {

// Guarded: any thread may call any function.
class Delivery {
 public:
  // Opens the sinks of `config`.
  static absl::StatusOr<std::unique_ptr<Delivery>> Open(const Config& config);
  // Cancelled when no sink is left; else the first failure of any.
  absl::Status Deliver(std::span<const Alert> alerts);
  // Opens files again (their names were moved away). Never waits: a sink that
  // is being delivered to is opened again behind that, and a failure logged.
  absl::Status Reopen();
  absl::Status Flush();
  // From now on a failing sink is tried once and its failure returned.
  void StopRetrying() { stopping_ = true; }
  std::vector<ServiceCounts::Sink> Counts() const;

 private:
  struct Target {
    std::unique_ptr<Sink> sink;
    std::atomic<std::uint64_t> alerts{0};
    std::atomic<std::uint64_t> failures{0};
    std::atomic<bool> reopen{false};
    std::atomic<bool> closed{false};
    std::mutex mutex;  // The sink: delivered to and reopened.
  };
  absl::Status DeliverTo(Target* target, std::span<const Alert> alerts);
  static absl::Status Attempt(Target* target, std::span<const Alert> alerts);

  std::vector<std::unique_ptr<Target>> targets_;
  std::atomic<bool> stopping_{false};
};

}  // namespace tocsin
