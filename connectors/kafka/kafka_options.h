// What a Kafka source is told: which cluster, which topics, as whom, from
// where.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace tocsin {

// Where partitions begin for which nothing is known yet.
struct KafkaStart {
  enum class Kind : std::uint8_t {
    kResume,     // Where the group stands; else at the beginning.
    kBeginning,  // The oldest message there is.
    kEnd,        // What comes from now on.
    kTime,       // The first message at or after `time_ms`.
    kOffset,     // `offset`, or its own of `offsets`.
  };
  Kind kind = Kind::kResume;
  std::int64_t time_ms = 0;  // Since 1970, as the broker has it.
  std::int64_t offset = -1;
  std::map<std::string, std::int64_t> offsets = {};  // By "topic/partition".
};

// "resume", "beginning", "end", "time:2026-11-20T00:00:00Z", "offset:1000",
// "offset:audit/0=1000,audit/1=2500".
absl::Status ParseKafkaStart(std::string_view text, KafkaStart* start);
std::string PrintKafkaStart(const KafkaStart& start);

struct KafkaTls {
  bool on = false;
  std::string ca_file;    // Empty: what the system trusts.
  std::string cert_file;  // With `key_file`: we show a certificate, too.
  std::string key_file;
};

struct KafkaSasl {
  std::string mechanism{};  // Empty: none.
  std::string username{};
  std::string password_file{};
  // OAUTHBEARER with a token that something else keeps fresh.
  std::string token_file{};
  // OAUTHBEARER by OpenID Connect, client credentials.
  std::string client_id{};
  std::string client_secret_file{};
  std::string token_url{};
  std::string scope{};
};

struct KafkaOptions {
  std::string name;
  std::vector<std::string> brokers;  // host:port
  std::vector<std::string> topics;   // A pattern when it begins with ^.
  std::string group;
  std::string instance;  // Static membership; empty: none.
  KafkaStart start;
  bool metadata = true;  // Each event gets a member `kafka`: where it was.
  KafkaTls tls;
  KafkaSasl sasl;
  // librdkafka's own names.
  std::vector<std::pair<std::string, std::string>> properties;
  // How long a partition that is taken away waits for the checkpoint that
  // covers what was read of it.
  int drain_ms = 5'000;
};

}  // namespace tocsin
