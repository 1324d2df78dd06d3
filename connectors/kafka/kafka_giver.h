// Gives messages out as lines, whole ones side by side and those that do not
// fit in pieces, and moves the partitions on. What a live source and a replay
// have in common. Confined to the thread that reads, under the partitions'
// lock.
#pragma once

#include <cstddef>
#include <string>

#include "connectors/kafka/kafka_handles.h"
#include "connectors/kafka/kafka_line.h"
#include "connectors/kafka/kafka_partitions.h"

namespace tocsin {

class KafkaGiver {
 public:
  explicit KafkaGiver(KafkaPartitions* partitions) : partitions_(partitions) {}

  // A line was begun: its rest comes before anything else.
  bool HasRest() const { return at_ < rest_.size(); }
  KafkaPartition* rest_of() const { return rest_of_; }
  std::size_t GiveRest(char* into, std::size_t capacity)
      TOCSIN_REQUIRES(partitions_->mutex);

  // The line of the partition's next message. 0: it does not fit behind what
  // is there already; when it is the first (`alone`) its beginning is given,
  // and the rest kept. Done with the message, unless it gave 0.
  std::size_t Give(const rd_kafka_message_t& message, bool alone,
                   KafkaPartition* partition, char* into, std::size_t capacity)
      TOCSIN_REQUIRES(partitions_->mutex);

 private:
  void Count(const rd_kafka_message_t& message)
      TOCSIN_REQUIRES(partitions_->mutex);

  KafkaPartitions* partitions_;
  KafkaLine line_;
  std::string rest_;  // One line; given up to `at_`.
  std::size_t at_ = 0;
  KafkaPartition* rest_of_ = nullptr;
};

}  // namespace tocsin
