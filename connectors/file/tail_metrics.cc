// What TailSource counts, as metrics.
#include <algorithm>

#include "connectors/file/tail_source.h"
#include "engine/base/metric_families.h"

namespace tocsin {

std::vector<MetricFamily> TailSource::Metrics() const {
  TailCounts counts;
  std::int64_t caught_up_us = 0;
  {
    const MutexLock lock(&mutex_);
    counts = shown_;
    caught_up_us = shown_caught_up_us_;
  }
  MetricFamilies families("tocsin_source_", {{"source", options_.name}});
  const std::int64_t behind_us = options_.clock->WallMicros() - caught_up_us;
  families.Gauge("behind_bytes", "Bytes written and not yet read.",
                 counts.behind_bytes);
  families.Gauge(
      "behind_seconds", "Seconds since nothing was left to read.",
      static_cast<double>(std::max<std::int64_t>(behind_us, 0)) / 1e6);
  families.Gauge("files_open", "Files that are followed.", counts.open);
  families.Gauge("files_pending", "Files that wait for one to end.",
                 counts.pending);
  families.Gauge("files_unlinked",
                 "Logs that have lost their name and are still read.",
                 counts.unlinked_now);
  families.Counter("files_unlinked_total",
                   "Logs that lost their name while nothing took their place.",
                   counts.unlinked);
  families.Counter("files_opened_total", "Files opened.", counts.opened);
  families.Counter("files_rotated_total", "Rotated files read to their end.",
                   counts.rotated);
  families.Counter("files_replaced_total",
                   "Files truncated or replaced under their name.",
                   counts.replaced);
  families.Counter("files_unreadable_total",
                   "Paths that could not be followed.", counts.unreadable);
  families.Counter("lost_ranges_total",
                   "Stretches of text that cannot be had any more.",
                   counts.lost);
  families.Counter("zero_bytes_skipped_total",
                   "Zero bytes passed over at the beginning of lines.",
                   counts.zeros);
  return families.Take();
}

}  // namespace tocsin
