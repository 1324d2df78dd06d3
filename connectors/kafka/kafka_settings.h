// From what a source is told to librdkafka's configuration: refuses what would
// break a promise, or cannot work with the library that is there.
#pragma once

#include <cstddef>

#include "absl/status/statusor.h"
#include "connectors/kafka/kafka_handles.h"
#include "connectors/kafka/kafka_options.h"

namespace tocsin {

// The first librdkafka whose SCRAM current brokers (3.7.2, 3.8.1, 4) take:
// older ones repeat the client's nonce, which brokers now refuse.
inline constexpr int kKafkaScramVersion = 0x020601ff;

// Opens no file but those with secrets. `version` as rd_kafka_version() has it:
// 0xMMmmrrxx.
absl::Status CheckKafkaFor(const KafkaOptions& options, int version);

// A member of the group; callbacks and their opaque are the caller's to add.
absl::StatusOr<KafkaConf> KafkaGroupConf(const KafkaOptions& options);
// A reader of single partitions, in no group; `queue_bytes` for each.
absl::StatusOr<KafkaConf> KafkaReplayConf(const KafkaOptions& options,
                                          std::size_t queue_bytes);

// Takes the configuration.
absl::StatusOr<KafkaHandle> NewKafka(KafkaConf conf);

}  // namespace tocsin
