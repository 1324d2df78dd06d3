// Alerts to every sink of the service. A sink that fails is tried again until
// it takes them or the service has to end: nothing is dropped meanwhile, the
// pipeline waits.
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
  absl::Status Deliver(std::span<const Alert> alerts);
  // Opens files again (their names were moved away).
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
    std::mutex mutex;  // The sink: delivered to and reopened.
  };
  absl::Status DeliverTo(Target* target, std::span<const Alert> alerts);

  std::vector<std::unique_ptr<Target>> targets_;
  std::atomic<bool> stopping_{false};
};

}  // namespace tocsin
