// The metrics of the running service: from plain counts to families. Every
// name stands in docs/reference/metrics.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/metrics.h"
#include "engine/pipeline/pipeline.h"

namespace tocsin {

// What the service counts beside the pipeline.
struct ServiceCounts {
  std::uint64_t reloads = 0, reload_failures = 0;
  std::int64_t loaded_us = 0;  // When these rules were loaded, wall time.
  std::int64_t started_us = 0;
  std::uint64_t rules = 0;
  bool ready = false;
  struct Sink {
    std::string name;
    std::uint64_t alerts = 0, failures = 0;
  };
  std::vector<Sink> sinks;
  OutboxCounts outbox;
  std::uint64_t letters_lost = 0;  // Of dead letters.
  std::vector<MetricFamily> sources;
};

std::vector<MetricFamily> CollectMetrics(const PipelineCounts& pipeline,
                                         const ServiceCounts& service,
                                         const std::string& version);

}  // namespace tocsin
