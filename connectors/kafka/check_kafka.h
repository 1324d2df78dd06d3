// What is wrong with a Kafka source before it is opened; needs no broker.
#pragma once

#include "absl/status/status.h"
#include "connectors/kafka/kafka_options.h"

namespace tocsin {

// A missing key, a property that is refused or unknown, a mechanism that this
// librdkafka cannot do.
absl::Status CheckKafka(const KafkaOptions& options);

}  // namespace tocsin
