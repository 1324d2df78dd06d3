#include <utility>

#include "connectors/kafka/kafka_state.h"
#include "engine/base/limits.h"
#include "engine/base/metric_families.h"

namespace tocsin {
namespace {

struct Counter {
  const char* name;
  const char* help;
  std::uint64_t KafkaCounts::*count;
};

constexpr Counter kCounters[] = {
    {"messages_total", "Messages read.", &KafkaCounts::messages},
    {"bytes_total", "Bytes of their values.", &KafkaCounts::bytes},
    {"poison_total", "Messages that are no JSON object.", &KafkaCounts::poison},
    {"headers_cut_total", "Messages whose key or headers were too large.",
     &KafkaCounts::headers_cut},
    {"lost_total", "Offsets that were gone before they were read.",
     &KafkaCounts::lost},
    {"rebalances_total", "Times that partitions were shared out.",
     &KafkaCounts::rebalances},
    {"rejoins_total",
     "Times that it joined again, told that another has its name.",
     &KafkaCounts::rejoins},
    {"errors_total", "Errors that librdkafka told of.", &KafkaCounts::errors},
    {"commits_total", "Commits of offsets that brokers answered.",
     &KafkaCounts::commits},
    {"commit_failures_total", "Of these, those that failed.",
     &KafkaCounts::commit_failures},
};

}  // namespace

std::vector<MetricFamily> KafkaSource::Metrics() const {
  State* const state = state_.get();
  MetricFamilies families("tocsin_source_kafka_",
                          {{"source", state->options.name}});
  MutexLock lock(&state->partitions.mutex);
  for (const Counter& one : kCounters) {
    families.Counter(one.name, one.help, state->partitions.counts.*one.count);
  }
  families.Begin("lag", MetricType::kGauge,
                 "Messages of a partition that are not read yet.");
  std::size_t owned = 0;
  std::int64_t rest = 0;
  for (const auto& [key, one] : state->partitions.all) {
    if (!one.owned) continue;
    const std::int64_t behind = state->group->LagOf(one);
    if (++owned > limits::kKafkaLagPartitions) {
      rest += std::max<std::int64_t>(behind, 0);
    } else if (behind >= 0) {
      families.Add(behind, {{"topic", one.topic},
                            {"partition", std::to_string(one.partition)}});
    }
  }
  if (owned > limits::kKafkaLagPartitions) {
    families.Add(rest, {{"topic", "other"}, {"partition", "other"}});
  }
  families.Gauge("assigned_partitions", "Partitions that the group gave us.",
                 owned);
  return families.Take();
}

}  // namespace tocsin
