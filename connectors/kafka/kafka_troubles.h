// What goes wrong between us and the brokers: each kind is logged once, counted
// always, and mentioned again only after things went well in between.
#pragma once

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "connectors/kafka/kafka_options.h"
#include "connectors/kafka/kafka_partitions.h"
#include "engine/base/strings.h"

namespace tocsin {

// Any thread.
class KafkaTroubles {
 public:
  static constexpr std::int64_t kWellMicros = 30'000'000;

  KafkaTroubles(const KafkaOptions& options, KafkaPartitions* partitions)
      : options_(options), partitions_(partitions) {}

  // librdkafka's own words, as its callbacks have them: `self` is the handle's
  // opaque, the class that this is called from knows which.
  void OnError(rd_kafka_t* kafka, int error, const char* reason);
  void OnMessageError(rd_kafka_t* kafka, const rd_kafka_message_t& message)
      TOCSIN_REQUIRES(partitions_->mutex);
  static void OnLog(const rd_kafka_t* kafka, int level, const char* facility,
                    const char* text);

  // librdkafka asks for a token.
  void OnTokenWanted(rd_kafka_t* kafka);

  void Tell(std::string_view what, std::string_view reason);
  // A topic was not there, or not any more.
  bool topic_gone() const { return topic_gone_; }
  // Messages come. What was quiet for kWellMicros may be told again.
  void Well();

 private:
  void CountError(rd_kafka_t* kafka, int error, const char* reason)
      TOCSIN_REQUIRES(partitions_->mutex);

  const KafkaOptions& options_;
  KafkaPartitions* partitions_;
  std::atomic<bool> topic_gone_{false};
  Mutex mutex_;
  StringSet told_ TOCSIN_GUARDED_BY(mutex_);
  std::int64_t last_us_ TOCSIN_GUARDED_BY(mutex_) = 0;
};

}  // namespace tocsin
