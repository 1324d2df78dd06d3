#include "connectors/kafka/kafka_group.h"

#include <utility>

#include "connectors/kafka/kafka_fence.h"
#include "connectors/kafka/kafka_settings.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/status.h"
#include "engine/base/status_macros.h"

namespace tocsin {
namespace {

constexpr int kPollMs = 100;
constexpr std::int64_t kLeaveMicros = 5'000'000;

}  // namespace

absl::StatusOr<std::unique_ptr<KafkaGroup>> KafkaGroup::Open(
    const KafkaOptions& options, KafkaPartitions* partitions) {
  std::unique_ptr<KafkaGroup> group(new KafkaGroup(options, partitions));
  TOCSIN_ASSIGN_OR_RETURN(KafkaConf conf, KafkaGroupConf(options));
  rd_kafka_conf_set_opaque(conf.get(), group.get());
  rd_kafka_conf_set_rebalance_cb(conf.get(), &OnRebalance);
  rd_kafka_conf_set_offset_commit_cb(conf.get(), &OnCommit);
  rd_kafka_conf_set_log_cb(conf.get(), &KafkaTroubles::OnLog);
  rd_kafka_conf_set_error_cb(conf.get(), [](rd_kafka_t* kafka, int error,
                                            const char* reason, void* self) {
    static_cast<KafkaGroup*>(self)->troubles_.OnError(kafka, error, reason);
  });
  if (!options.sasl.token_file.empty()) {
    rd_kafka_conf_set_oauthbearer_token_refresh_cb(
        conf.get(), [](rd_kafka_t* kafka, const char*, void* self) {
          static_cast<KafkaGroup*>(self)->troubles_.OnTokenWanted(kafka);
        });
  }
  TOCSIN_ASSIGN_OR_RETURN(group->kafka_, NewKafka(std::move(conf)));
  rd_kafka_poll_set_consumer(group->kafka_.get());
  group->messages_.reset(rd_kafka_queue_new(group->kafka_.get()));
  return group;
}

KafkaGroup::~KafkaGroup() {
  {
    MutexLock lock(&partitions_->mutex);
    Stop();
  }
  if (!keeper_.joinable()) return;
  keeper_.join();
  if (left_) {
    // librdkafka 2.0.2 keeps hold of a partition whose topic was deleted under
    // it, and freeing the member would wait for that for ever.
    if (troubles_.topic_gone()) static_cast<void>(kafka_.release());
    return;
  }
  Log(LogLevel::kWarning,
      "the Kafka group was not left: its brokers do not answer",
      {{"source", options_.name}, {"group", options_.group}});
  // Freeing it would wait for them. Nobody polls it any more, so it calls
  // nobody; it ends with the process.
  static_cast<void>(kafka_.release());
}

void KafkaGroup::Stop() {
  stopping_ = true;
  partitions_->changed.NotifyAll();
}

absl::Status KafkaGroup::Join() {
  TOCSIN_RETURN_IF_ERROR(Subscribe());
  keeper_ = std::thread([this] { Keep(); });
  return absl::OkStatus();
}

void KafkaGroup::JoinAfter(std::unique_ptr<KafkaGroup> before) {
  troubles_.Tell(
      "Kafka says that another process has our instance name; joining the "
      "group again",
      rd_kafka_err2str(RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID));
  keeper_ = std::thread([this, before = std::move(before)]() mutable {
    // Its end may wait for brokers.
    before.reset();
    left_ = !Rest(KafkaFence::kRestMicros);
    if (left_) return;
    const absl::Status subscribed = Subscribe();
    if (!subscribed.ok()) {
      MutexLock lock(&partitions_->mutex);
      partitions_->fatal = subscribed;
    }
    Keep();
  });
}

absl::Status KafkaGroup::Subscribe() {
  const KafkaList topics = NewKafkaList();
  for (const std::string& topic : options_.topics) {
    rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(),
                                      RD_KAFKA_PARTITION_UA);
  }
  return KafkaFailure(rd_kafka_subscribe(kafka_.get(), topics.get()),
                      "subscribing to the topics");
}

bool KafkaGroup::Stopping() {
  MutexLock lock(&partitions_->mutex);
  return stopping_;
}

bool KafkaGroup::Rest(std::int64_t micros) {
  const std::int64_t until = RealClock()->SteadyMicros() + micros;
  MutexLock lock(&partitions_->mutex);
  while (!stopping_) {
    const std::int64_t left = until - RealClock()->SteadyMicros();
    if (left <= 0) return true;
    partitions_->changed.WaitFor(&partitions_->mutex, left);
  }
  return false;
}

// Neither messages nor offsets that are out of range come this way; a partition
// whose did is asked for again from where it stands.
void KafkaGroup::OnStray(const rd_kafka_message_t& message) {
  MutexLock lock(&partitions_->mutex);
  if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR &&
      message.err != RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
    troubles_.OnMessageError(kafka_.get(), message);
    return;
  }
  KafkaPartition* const partition =
      message.rkt == nullptr
          ? nullptr
          : partitions_->Find(rd_kafka_topic_name(message.rkt),
                              message.partition);
  if (partition != nullptr) Reset(partition);
}

void KafkaGroup::Keep() {
  while (!Stopping()) {
    const KafkaMessage message(rd_kafka_consumer_poll(kafka_.get(), kPollMs));
    if (message != nullptr) OnStray(*message);
    if (resets_.exchange(false)) DoResets();
    if (forwards_ > 0) ForwardAgain();
  }
  Leave();
}

// As rd_kafka_consumer_close() does, which waits for a minute when a commit is
// under way and the brokers are down.
void KafkaGroup::Leave() {
  const std::int64_t until = RealClock()->SteadyMicros() + kLeaveMicros;
  const KafkaQueue events(rd_kafka_queue_new(kafka_.get()));
  rd_kafka_error_t* const failed =
      rd_kafka_consumer_close_queue(kafka_.get(), events.get());
  if (failed != nullptr) {
    // Who was thrown out has nothing to leave.
    left_ = rd_kafka_error_is_fatal(failed) != 0;
    rd_kafka_error_destroy(failed);
    return;
  }
  while (rd_kafka_consumer_closed(kafka_.get()) == 0 &&
         RealClock()->SteadyMicros() < until) {
    // Calls OnRebalance().
    const KafkaMessage none(rd_kafka_consume_queue(events.get(), kPollMs));
  }
  left_ = rd_kafka_consumer_closed(kafka_.get()) != 0;
}

KafkaMessage KafkaGroup::Take(int timeout_ms) {
  return KafkaMessage(rd_kafka_consume_queue(messages_.get(), timeout_ms));
}

}  // namespace tocsin
