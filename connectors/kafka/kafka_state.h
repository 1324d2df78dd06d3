// The parts of a Kafka source.
#pragma once

#include <memory>

#include "connectors/kafka/kafka_fence.h"
#include "connectors/kafka/kafka_giver.h"
#include "connectors/kafka/kafka_group.h"
#include "connectors/kafka/kafka_handles.h"
#include "connectors/kafka/kafka_partitions.h"
#include "connectors/kafka/kafka_replay.h"
#include "connectors/kafka/kafka_source.h"

namespace tocsin {

struct KafkaSource::State {
  enum class Mode {
    kLive,
    kReplay,  // Between Replay() and ReplayEnd().
    kLine,    // Behind it, a line is half given.
  };

  explicit State(const KafkaOptions& given)
      : options(given), giver(&partitions) {
    partitions.metadata = options.metadata;
  }
  absl::Status GoLive();
  absl::StatusOr<ReadOutcome> ReadLine(char* into, std::size_t capacity);
  absl::StatusOr<ReadOutcome> ReadLive(char* into, std::size_t capacity);
  ReadOutcome ReadMessages(char* into, std::size_t capacity)
      TOCSIN_REQUIRES(partitions.mutex);
  // With a new member, for this one is thrown out; or why not.
  absl::Status JoinAgain();
  ReadOutcome GiveRest(char* into, std::size_t capacity)
      TOCSIN_REQUIRES(partitions.mutex);
  // Whose turn a message is; null when it is nobody's.
  KafkaPartition* Judge(const rd_kafka_message_t& message)
      TOCSIN_REQUIRES(partitions.mutex);
  KafkaPartition* Find(const rd_kafka_message_t& message)
      TOCSIN_REQUIRES(partitions.mutex);

  const KafkaOptions options;
  KafkaPartitions partitions;
  KafkaGiver giver;
  Mode mode = Mode::kLive;
  std::unique_ptr<KafkaReplay> replay;
  std::unique_ptr<KafkaGroup> group;  // Replaced under the partitions' lock.
  KafkaFence fence;
  KafkaMessage pending;  // Taken, not given yet. Freed before the group.
  // Of the last message.
  const rd_kafka_topic_t* last_topic = nullptr;
  KafkaPartition* last = nullptr;
};

}  // namespace tocsin
