// A member of a consumer group: the thread that keeps it alive, takes and gives
// back partitions, and commits what checkpoints cover.
//
// Messages of all partitions come into one queue of librdkafka's, which bounds
// them together (limits::kKafkaQueueBytes); group events come to the thread.
// So a reader that is held up fills the queue and nothing else: the member
// stays in its group as long as the process lives.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "connectors/kafka/kafka_handles.h"
#include "connectors/kafka/kafka_offsets.h"
#include "connectors/kafka/kafka_options.h"
#include "connectors/kafka/kafka_partitions.h"
#include "connectors/kafka/kafka_troubles.h"

namespace tocsin {

class KafkaGroup {
 public:
  // Does not join yet. `partitions` outlives it.
  static absl::StatusOr<std::unique_ptr<KafkaGroup>> Open(
      const KafkaOptions& options, KafkaPartitions* partitions);
  // Commits what is covered and leaves.
  ~KafkaGroup();
  KafkaGroup(const KafkaGroup&) = delete;
  KafkaGroup& operator=(const KafkaGroup&) = delete;

  absl::Status Join();
  // Joins some time after the member before it is gone, which is thrown out of
  // the group.
  void JoinAfter(std::unique_ptr<KafkaGroup> before);
  bool joined() const { return keeper_.joinable(); }
  // It takes no partitions any more.
  void Stop() TOCSIN_REQUIRES(partitions_->mutex);
  // The brokers may not know the member by its id (kafka_fence.h).
  bool out_of_touch() const TOCSIN_REQUIRES(partitions_->mutex) {
    return out_of_touch_;
  }

  // The next message of any partition, or an error that belongs to one; null
  // when there is none within `timeout_ms`.
  KafkaMessage Take(int timeout_ms);
  // The partition's `next` is out of range: finds where it goes on, and tells
  // the gap.
  void Reset(KafkaPartition* partition) TOCSIN_REQUIRES(partitions_->mutex);
  // A checkpoint with this position is durable.
  void Covered(const KafkaPosition& position);
  // Messages behind where we stand; -1: not known yet.
  std::int64_t LagOf(const KafkaPartition& partition) const;

  void OnMessageError(const rd_kafka_message_t& message)
      TOCSIN_REQUIRES(partitions_->mutex) {
    troubles_.OnMessageError(kafka_.get(), message);
  }
  void Well() { troubles_.Well(); }

 private:
  KafkaGroup(const KafkaOptions& options, KafkaPartitions* partitions)
      : options_(options),
        partitions_(partitions),
        troubles_(options_, partitions) {}

  static void OnRebalance(rd_kafka_t* kafka, rd_kafka_resp_err_t what,
                          rd_kafka_topic_partition_list_t* list, void* self);
  static void OnCommit(rd_kafka_t* kafka, rd_kafka_resp_err_t error,
                       rd_kafka_topic_partition_list_t* list, void* self);
  absl::Status Subscribe();
  void OnStray(const rd_kafka_message_t& message);
  void Keep();
  void Leave();
  void Assign(const rd_kafka_topic_partition_list_t& list);
  // False when the source ends, or the partitions are gone, before the brokers
  // answer.
  bool FindAllBegins(std::vector<KafkaBegin>* begins);
  void Own(const KafkaBegin& begin) TOCSIN_REQUIRES(partitions_->mutex);
  void Revoke(const rd_kafka_topic_partition_list_t& list);
  void Drain(const std::vector<KafkaPartition*>& gone)
      TOCSIN_REQUIRES(partitions_->mutex);
  void CommitLast(const rd_kafka_topic_partition_list_t& list);
  void DoResets();
  void GoOnWithin(std::int64_t low, std::int64_t high,
                  KafkaPartition* partition)
      TOCSIN_REQUIRES(partitions_->mutex);
  void AssignAgain();
  // Has the partition's messages come to our queue.
  void Forward(const std::string& topic, std::int32_t partition);
  void ForwardAgain();
  bool Stopping();
  // False: it is to stop.
  bool Rest(std::int64_t micros);

  const KafkaOptions options_;
  KafkaPartitions* partitions_;
  KafkaTroubles troubles_;
  KafkaHandle kafka_;
  KafkaQueue messages_;
  std::atomic<bool> resets_{false};
  bool stopping_ TOCSIN_GUARDED_BY(partitions_->mutex) = false;
  bool out_of_touch_ TOCSIN_GUARDED_BY(partitions_->mutex) = false;
  // The keeper's.
  int forwards_ = 0;  // Rounds that it still forwards partitions in.
  bool left_ = false;
  std::thread keeper_;
};

}  // namespace tocsin
