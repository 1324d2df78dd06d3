// What a webhook source counts, as metrics (docs/reference/metrics.md).
#pragma once

#include <cstdint>
#include <vector>

#include "connectors/webhook/inbox.h"
#include "engine/base/metrics.h"

namespace tocsin::webhook {

// Of the half that reads.
struct ReadCounts {
  std::uint64_t batches = 0, events = 0, broken = 0, lost_bytes = 0;
  JournalPlace place;  // Behind what was read.
};

std::vector<MetricFamily> WebhookMetrics(const Inbox& inbox,
                                         const ReadCounts& read);

}  // namespace tocsin::webhook
