#include "connectors/kafka/kafka_settings.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "connectors/kafka/check_kafka.h"
#include "engine/base/limits.h"
#include "engine/base/status.h"
#include "engine/base/status_macros.h"

namespace tocsin {
namespace {

struct Property {
  std::string_view name, why;
};

// Properties that are not the user's: what they would break, or where it is
// said instead.
constexpr Property kRefused[] = {
    {"enable.auto.commit",
     "offsets are committed when a checkpoint covers"
     " them"},
    {"enable.auto.offset.store",
     "offsets are committed when a checkpoint"
     " covers them"},
    {"auto.commit.enable",
     "offsets are committed when a checkpoint covers"
     " them"},
    {"auto.commit.interval.ms",
     "offsets are committed when a checkpoint"
     " covers them"},
    {"auto.offset.reset", "use `start`; a gap is told, never passed over"},
    {"offset.store.method", "offsets are kept in data_dir"},
    {"group.protocol", "members of the classic protocol only"},
    {"group.remote.assignor", "members of the classic protocol only"},
    {"enable.partition.eof", "it is not an error to have caught up"},
    {"plugin.library.paths", "it would load code"},
    {"bootstrap.servers", "use `brokers`"},
    {"metadata.broker.list", "use `brokers`"},
    {"group.id", "use `group`"},
    {"group.instance.id", "use `instance`"},
    {"security.protocol", "use `tls` and `sasl`"},
    {"sasl.mechanism", "use `sasl`"},
    {"sasl.mechanisms", "use `sasl`"},
    {"sasl.username", "use `sasl`"},
    {"sasl.password", "use `sasl` with `password_file`"},
    {"sasl.oauthbearer.client.secret", "use `sasl` with `client_secret_file`"},
    {"sasl.oauthbearer.config", "use `sasl`"},
    {"ssl.ca.location", "use `tls`"},
    {"ssl.certificate.location", "use `tls`"},
    {"ssl.key.location", "use `tls`"},
    {"ssl.key.pem", "secrets come from files: use `tls`"},
    {"ssl.key.password", "secrets come from files: use a key without one"},
    {"ssl.keystore.password", "secrets come from files: use `tls`"},
};

bool IsScram(std::string_view mechanism) {
  return mechanism.starts_with("SCRAM-");
}

absl::Status CheckProperty(const std::string& name, const std::string& value) {
  for (const Property& refused : kRefused) {
    if (name == refused.name) {
      return absl::InvalidArgumentError(
          absl::StrFormat("properties: `%s` is not yours to set: %s", name,
                          std::string(refused.why)));
    }
  }
  if (name == "partition.assignment.strategy" && value != "range" &&
      value != "roundrobin") {
    return absl::InvalidArgumentError(absl::StrFormat(
        "properties: `%s` is range or roundrobin, not %s: cooperative-sticky "
        "can loop for ever before librdkafka 2.6.1 and lose its assignment "
        "before 2.10",
        name, value));
  }
  return absl::OkStatus();
}

absl::Status CheckSasl(const KafkaOptions& options, int version) {
  const KafkaSasl& sasl = options.sasl;
  if (sasl.mechanism.empty()) return absl::OkStatus();
  if (!options.tls.on) {
    return absl::InvalidArgumentError(
        "sasl without tls would send secrets that anybody can read: add "
        "`tls: {}`");
  }
  const bool oauth = sasl.mechanism == "OAUTHBEARER";
  if (oauth && sasl.token_file.empty() &&
      (sasl.client_id.empty() || sasl.client_secret_file.empty() ||
       sasl.token_url.empty())) {
    return absl::InvalidArgumentError(
        "sasl: OAUTHBEARER needs token_file, or client_id, client_secret_file "
        "and token_url");
  }
  if (!oauth && (sasl.username.empty() || sasl.password_file.empty())) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "sasl: %s needs username and password_file", sasl.mechanism));
  }
  if (IsScram(sasl.mechanism) && version < kKafkaScramVersion) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "sasl: %s does not work with librdkafka %d.%d.%d: current brokers "
        "refuse the right password, because it repeats the client's nonce "
        "(fixed in 2.6.1). Ways out: PLAIN over TLS, a client certificate "
        "(tls: cert_file, key_file), or a build with -DTOCSIN_RDKAFKA_ROOT= "
        "and a newer librdkafka",
        sasl.mechanism, version >> 24, (version >> 16) & 0xff,
        (version >> 8) & 0xff));
  }
  return absl::OkStatus();
}

// Collects properties; the first that librdkafka refuses is told.
class Setter {
 public:
  Setter() : conf_(rd_kafka_conf_new()) {}

  void Set(const std::string& name, const std::string& value) {
    char why[512];
    if (!status_.ok()) return;
    if (rd_kafka_conf_set(conf_.get(), name.c_str(), value.c_str(), why,
                          sizeof why) != RD_KAFKA_CONF_OK) {
      status_ = absl::InvalidArgumentError(why);
    }
  }
  void SetWhenGiven(const std::string& name, const std::string& value) {
    if (!value.empty()) Set(name, value);
  }
  // The first line of a file with a secret.
  void SetFromFile(const std::string& name, const std::string& path) {
    if (path.empty() || !status_.ok()) return;
    std::ifstream in(path, std::ios::binary);
    std::string secret;
    if (!std::getline(in, secret)) {
      status_ = ErrnoStatus(errno == 0 ? EINVAL : errno,
                            "reading the secret in " + path);
      return;
    }
    while (!secret.empty() && secret.back() == '\r') secret.pop_back();
    Set(name, secret);
  }
  absl::StatusOr<KafkaConf> Take() {
    if (!status_.ok()) return status_;
    return std::move(conf_);
  }

 private:
  KafkaConf conf_;
  absl::Status status_;
};

void SetSecurity(const KafkaOptions& options, Setter* conf) {
  const KafkaSasl& sasl = options.sasl;
  if (options.tls.on) {
    conf->Set("security.protocol", sasl.mechanism.empty() ? "ssl" : "sasl_ssl");
    conf->SetWhenGiven("ssl.ca.location", options.tls.ca_file);
    conf->SetWhenGiven("ssl.certificate.location", options.tls.cert_file);
    conf->SetWhenGiven("ssl.key.location", options.tls.key_file);
  }
  if (sasl.mechanism.empty()) return;
  conf->Set("sasl.mechanisms", sasl.mechanism);
  conf->SetWhenGiven("sasl.username", sasl.username);
  conf->SetFromFile("sasl.password", sasl.password_file);
  if (sasl.mechanism != "OAUTHBEARER" || !sasl.token_file.empty()) return;
  conf->Set("sasl.oauthbearer.method", "oidc");
  conf->Set("sasl.oauthbearer.client.id", sasl.client_id);
  conf->SetFromFile("sasl.oauthbearer.client.secret", sasl.client_secret_file);
  conf->Set("sasl.oauthbearer.token.endpoint.url", sasl.token_url);
  conf->SetWhenGiven("sasl.oauthbearer.scope", sasl.scope);
}

// What the group's member and the reader of a replay have in common. What is
// ours comes last, so that no property of the user's can stand over it.
void SetCommon(const KafkaOptions& options, std::size_t queue_bytes,
               Setter* conf) {
  conf->Set("client.id", "tocsin");
  conf->Set("partition.assignment.strategy", "range");
  conf->Set("queued.min.messages", "100000");
  conf->Set("queued.max.messages.kbytes",
            std::to_string(std::max<std::size_t>(queue_bytes / 1024, 1)));
  conf->Set("fetch.max.bytes", std::to_string(limits::kKafkaFetchBytes));
  conf->Set("topic.metadata.refresh.interval.ms", "60000");
  for (const auto& [name, value] : options.properties) conf->Set(name, value);
  conf->Set("bootstrap.servers", absl::StrJoin(options.brokers, ","));
  conf->Set("enable.auto.commit", "false");
  conf->Set("enable.auto.offset.store", "false");
  conf->Set("auto.offset.reset", "error");
  SetSecurity(options, conf);
}

}  // namespace

absl::Status CheckKafkaFor(const KafkaOptions& options, int version) {
  if (options.brokers.empty()) {
    return absl::InvalidArgumentError("`brokers` is missing");
  }
  if (options.topics.empty()) {
    return absl::InvalidArgumentError("`topics` is missing");
  }
  if (options.group.empty()) {
    return absl::InvalidArgumentError("`group` is missing");
  }
  if (options.tls.cert_file.empty() != options.tls.key_file.empty()) {
    return absl::InvalidArgumentError(
        "tls: cert_file and key_file belong together");
  }
  for (const auto& [name, value] : options.properties) {
    TOCSIN_RETURN_IF_ERROR(CheckProperty(name, value));
  }
  return CheckSasl(options, version);
}

absl::Status CheckKafka(const KafkaOptions& options) {
  TOCSIN_RETURN_IF_ERROR(CheckKafkaFor(options, rd_kafka_version()));
  // Names and values of properties are librdkafka's to judge; secrets are read
  // when the source is opened, elsewhere perhaps.
  KafkaOptions without = options;
  without.sasl.password_file.clear();
  without.sasl.client_secret_file.clear();
  Setter conf;
  SetCommon(without, limits::kKafkaQueueBytes, &conf);
  return conf.Take().status();
}

absl::StatusOr<KafkaConf> KafkaGroupConf(const KafkaOptions& options) {
  TOCSIN_RETURN_IF_ERROR(CheckKafkaFor(options, rd_kafka_version()));
  Setter conf;
  SetCommon(options, limits::kKafkaQueueBytes, &conf);
  conf.Set("group.id", options.group);
  conf.SetWhenGiven("group.instance.id", options.instance);
  return conf.Take();
}

absl::StatusOr<KafkaConf> KafkaReplayConf(const KafkaOptions& options,
                                          std::size_t queue_bytes) {
  Setter conf;
  SetCommon(options, queue_bytes, &conf);
  return conf.Take();
}

absl::StatusOr<KafkaHandle> NewKafka(KafkaConf conf) {
  char why[512];
  // Takes the configuration only when it succeeds.
  rd_kafka_t* const kafka =
      rd_kafka_new(RD_KAFKA_CONSUMER, conf.get(), why, sizeof why);
  if (kafka == nullptr) {
    return absl::InvalidArgumentError(absl::StrFormat("Kafka: %s", why));
  }
  static_cast<void>(conf.release());
  return KafkaHandle(kafka);
}

}  // namespace tocsin
