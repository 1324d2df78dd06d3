// Questions to the brokers about offsets. Each blocks, at most for
// kKafkaAskMs; for the thread that keeps the group.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "connectors/kafka/kafka_handles.h"
#include "connectors/kafka/kafka_options.h"

namespace tocsin {

inline constexpr int kKafkaAskMs = 5'000;

// OK, NotFound (no such topic or partition) or Unavailable.
absl::Status KafkaFailure(rd_kafka_resp_err_t error, std::string_view doing);

// The first offset there is, and the one behind the last.
absl::Status AskWatermarks(rd_kafka_t* kafka, const std::string& topic,
                           std::int32_t partition, std::int64_t* low,
                           std::int64_t* high);

// Where a partition is to begin, found from these.
struct KafkaBegin {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t own = -1;   // Where we stand; -1: nowhere.
  bool use_start = false;  // What the source was told counts.
  // Given back:
  std::int64_t committed = -1;  // By the group; -1: nothing.
  std::int64_t offset = -1;
};

// Our own place counts, but for one case: what another member has covered
// behind it. Offsets that `owner` committed itself show nothing of the kind:
// they may be of a store that was since restored from a copy.
// Without a place of our own: `start` where it is to count, then what the group
// has committed, then the beginning.
absl::Status FindBegins(rd_kafka_t* kafka, const std::string& owner,
                        const KafkaStart& start,
                        std::vector<KafkaBegin>* begins);

// What a commit carries beside the offset: who made it.
std::string KafkaCommitMetadata(const std::string& owner);
void AddCommit(const std::string& topic, std::int32_t partition,
               std::int64_t offset, const std::string& owner,
               rd_kafka_topic_partition_list_t* list);

}  // namespace tocsin
