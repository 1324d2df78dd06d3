// Reads single partitions again, in the order of a log: no group, so what was
// read before a crash is had again whoever owns the partition now.
//
// Confined to the thread that reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>

#include "absl/status/statusor.h"
#include "connectors/kafka/kafka_giver.h"
#include "connectors/kafka/kafka_handles.h"
#include "connectors/kafka/kafka_options.h"
#include "connectors/kafka/kafka_partitions.h"
#include "connectors/kafka/kafka_troubles.h"
#include "engine/ports/source.h"

namespace tocsin {

class KafkaReplay {
 public:
  static absl::StatusOr<std::unique_ptr<KafkaReplay>> Open(
      const KafkaOptions& options, KafkaPartitions* partitions,
      KafkaGiver* giver);
  ~KafkaReplay();
  KafkaReplay(const KafkaReplay&) = delete;
  KafkaReplay& operator=(const KafkaReplay&) = delete;

  // The bytes of one stretch from where it stands, and no more. May be asked
  // for again, with what is still missing of it, before any Read().
  absl::Status Begin(const SourceReplay& replay);
  // The rest of a line that was begun before the crash. False: none was.
  absl::StatusOr<bool> BeginLine();
  // kData, kNothing, or NotFound with the range of offsets.
  absl::StatusOr<ReadOutcome> Read(char* into, std::size_t capacity);
  void Wait(int timeout_ms);

 private:
  struct Tap {  // One partition, as it flows.
    KafkaTopic topic;
    KafkaQueue queue;
    std::int64_t at = -1;  // The next offset that comes, or is pending.
    KafkaMessage pending;  // Taken, not given yet.
  };

  KafkaReplay(const KafkaOptions& options, KafkaPartitions* partitions,
              KafkaGiver* giver)
      : options_(options),
        partitions_(partitions),
        giver_(giver),
        troubles_(options_, partitions) {}
  absl::Status Open(KafkaPartition* partition)
      TOCSIN_REQUIRES(partitions_->mutex);
  absl::StatusOr<std::size_t> ReadLines(char* into, std::size_t capacity)
      TOCSIN_REQUIRES(partitions_->mutex);
  bool Next() TOCSIN_REQUIRES(partitions_->mutex);
  // The stretch went on.
  void Came();
  // NotFound when the brokers have no such partition, or its log ends before.
  absl::Status AskWhetherGone() TOCSIN_REQUIRES(partitions_->mutex);
  absl::Status AskRange() const TOCSIN_REQUIRES(partitions_->mutex);
  bool Exists() const TOCSIN_REQUIRES(partitions_->mutex);
  absl::Status NoSuchPartition() const TOCSIN_REQUIRES(partitions_->mutex);
  // Why the partition's next message is not to be had.
  absl::Status Gone(std::int64_t found) const
      TOCSIN_REQUIRES(partitions_->mutex);
  absl::Status Explain(const rd_kafka_message_t& error)
      TOCSIN_REQUIRES(partitions_->mutex);

  const KafkaOptions options_;
  KafkaPartitions* partitions_;
  KafkaGiver* giver_;
  KafkaTroubles troubles_;
  KafkaHandle kafka_;
  std::map<KafkaPartitions::Key, Tap> taps_;
  KafkaPartition* current_ = nullptr;
  Tap* tap_ = nullptr;
  std::uint64_t left_ = 0;  // Bytes of this stretch.
  std::int64_t next_ask_us_ = 0;
  int asks_ = 0;  // In a row that found no partition.
};

}  // namespace tocsin
