// OAUTHBEARER with a token that something else keeps fresh in a file, such as a
// projected service account token: read anew before it expires.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "connectors/kafka/kafka_handles.h"

namespace tocsin {

// When a JSON web token expires (`exp`, milliseconds since 1970), and of whom
// it is (`sub`). A token that says neither is taken for five minutes from
// `now_ms`.
struct KafkaToken {
  std::string text, subject;
  std::int64_t expires_ms = 0;
};
KafkaToken ReadKafkaToken(std::string_view text, std::int64_t now_ms);

// Gives the token in `path` to librdkafka, or tells it why there is none.
absl::Status SetKafkaToken(rd_kafka_t* kafka, const std::string& path);

}  // namespace tocsin
