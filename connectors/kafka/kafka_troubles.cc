#include "connectors/kafka/kafka_troubles.h"

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "connectors/kafka/kafka_token.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/status.h"

namespace tocsin {
namespace {

bool IsNoTopic(int error) {
  return error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
         error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
         error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
}

// What the operator has to do with an error of librdkafka's.
std::string_view Meaning(int error, std::string_view reason) {
  // A handshake that the broker ends is a lost connection to librdkafka.
  if (reason.find("SSL routines") != std::string_view::npos) {
    error = RD_KAFKA_RESP_ERR__SSL;
  }
  if (IsNoTopic(error)) return "a topic is not there; waiting for it";
  switch (error) {
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
      return "no Kafka broker can be reached; trying again until one can";
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
      return "a Kafka broker cannot be reached; it is tried again";
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
      return "Kafka refuses who we say we are: check the user and the "
             "password, "
             "or the token, of `sasl`";
    case RD_KAFKA_RESP_ERR__SSL:
      return "no TLS with a Kafka broker: check the certificates of `tls`";
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return "Kafka does not let us: the user needs READ of the topics and of "
             "the group";
    default:
      return "Kafka tells of an error";
  }
}

}  // namespace

void KafkaTroubles::OnError(rd_kafka_t* kafka, int error, const char* reason) {
  MutexLock lock(&partitions_->mutex);
  CountError(kafka, error, reason);
}

void KafkaTroubles::OnMessageError(rd_kafka_t* kafka,
                                   const rd_kafka_message_t& message) {
  if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) return;
  CountError(kafka, message.err, rd_kafka_message_errstr(&message));
}

void KafkaTroubles::CountError(rd_kafka_t* kafka, int error,
                               const char* reason) {
  if (error != RD_KAFKA_RESP_ERR__FATAL) {
    ++partitions_->counts.errors;
    if (IsNoTopic(error)) topic_gone_ = true;
    Tell(Meaning(error, reason), reason);
    return;
  }
  char why[512] = "";
  const rd_kafka_resp_err_t cause =
      rd_kafka_fatal_error(kafka, why, sizeof why);
  partitions_->fatal =
      cause == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID
          ? absl::AlreadyExistsError(absl::StrFormat(
                "another process joined group `%s` as instance `%s`: each "
                "needs a name of its own",
                options_.group, options_.instance))
          : absl::FailedPreconditionError(absl::StrFormat("Kafka: %s", why));
}

void KafkaTroubles::OnLog(const rd_kafka_t*, int, const char* facility,
                          const char* text) {
  // What matters comes as an error as well.
  Log(LogLevel::kDebug, "librdkafka", {{"facility", facility}, {"text", text}});
}

void KafkaTroubles::OnTokenWanted(rd_kafka_t* kafka) {
  const absl::Status status = SetKafkaToken(kafka, options_.sasl.token_file);
  if (status.ok()) return;
  MutexLock lock(&partitions_->mutex);
  ++partitions_->counts.errors;
  Tell("no token for Kafka: check `token_file` of `sasl`", Message(status));
}

void KafkaTroubles::Tell(std::string_view what, std::string_view reason) {
  {
    MutexLock lock(&mutex_);
    last_us_ = RealClock()->SteadyMicros();
    if (!told_.insert(std::string(what)).second) return;
  }
  Log(LogLevel::kWarning, what,
      {{"source", options_.name},
       {"brokers", absl::StrJoin(options_.brokers, ",")},
       {"reason", std::string(reason)}});
}

void KafkaTroubles::Well() {
  {
    MutexLock lock(&mutex_);
    if (told_.empty() || RealClock()->SteadyMicros() - last_us_ < kWellMicros) {
      return;
    }
    told_.clear();
  }
  Log(LogLevel::kInfo, "messages come from Kafka again",
      {{"source", options_.name}});
}

}  // namespace tocsin
