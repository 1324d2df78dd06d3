#include "connectors/kafka/kafka_group.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "connectors/kafka/kafka_settings.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/status.h"
#include "engine/base/status_macros.h"

namespace tocsin {
namespace {

constexpr int kPollMs = 100;
constexpr std::int64_t kLeaveMicros = 5'000'000;
constexpr std::int64_t kAskAgainMicros = 500'000;

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
    partitions_->stopping = true;
    partitions_->changed.NotifyAll();
  }
  if (!keeper_.joinable()) return;
  keeper_.join();
  if (left_) return;
  Log(LogLevel::kWarning,
      "the Kafka group was not left: its brokers do not answer",
      {{"source", options_.name}, {"group", options_.group}});
  // Freeing it would wait for them. Nobody polls it any more, so it calls
  // nobody; it ends with the process.
  static_cast<void>(kafka_.release());
}

absl::Status KafkaGroup::Join() {
  const KafkaList topics = NewKafkaList();
  for (const std::string& topic : options_.topics) {
    rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(),
                                      RD_KAFKA_PARTITION_UA);
  }
  TOCSIN_RETURN_IF_ERROR(
      KafkaFailure(rd_kafka_subscribe(kafka_.get(), topics.get()),
                   "subscribing to the topics"));
  keeper_ = std::thread([this] { Keep(); });
  return absl::OkStatus();
}

bool KafkaGroup::Stopping() {
  MutexLock lock(&partitions_->mutex);
  return partitions_->stopping;
}

void KafkaGroup::Keep() {
  while (!Stopping()) {
    const KafkaMessage message(rd_kafka_consumer_poll(kafka_.get(), kPollMs));
    if (message != nullptr && message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      MutexLock lock(&partitions_->mutex);
      troubles_.OnMessageError(kafka_.get(), *message);
    } else if (message != nullptr) {
      // Messages do not come this way; one that did is asked for again.
      MutexLock lock(&partitions_->mutex);
      KafkaPartition* const partition = partitions_->Find(
          rd_kafka_topic_name(message->rkt), message->partition);
      if (partition != nullptr) Reset(partition);
    }
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

// ---- partitions come and go: on the keeper's thread
// --------------------------

void KafkaGroup::OnRebalance(rd_kafka_t* kafka, rd_kafka_resp_err_t what,
                             rd_kafka_topic_partition_list_t* list,
                             void* self) {
  auto* const group = static_cast<KafkaGroup*>(self);
  if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    group->Assign(*list);
    return;
  }
  if (what != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
    group->troubles_.Tell("Kafka's partitions could not be shared out",
                          rd_kafka_err2str(what));
  }
  group->Revoke(*list);
  rd_kafka_assign(kafka, nullptr);
}

void KafkaGroup::Assign(const rd_kafka_topic_partition_list_t& list) {
  std::vector<KafkaBegin> begins;
  {
    MutexLock lock(&partitions_->mutex);
    const bool use_start = !assigned_once_ && !partitions_->resumed;
    for (int i = 0; i < list.cnt; ++i) {
      KafkaBegin begin;
      begin.topic = list.elems[i].topic;
      begin.partition = list.elems[i].partition;
      const KafkaPartition* const known =
          partitions_->Find(begin.topic, begin.partition);
      begin.own = known == nullptr ? -1 : known->next;
      begin.use_start = use_start;
      begins.push_back(std::move(begin));
    }
    ++partitions_->counts.rebalances;
  }
  if (!FindAllBegins(&begins)) begins.clear();
  assigned_once_ = assigned_once_ || !begins.empty();
  const KafkaList places = NewKafkaList(static_cast<int>(begins.size()));
  for (const KafkaBegin& begin : begins) {
    rd_kafka_topic_partition_list_add(places.get(), begin.topic.c_str(),
                                      begin.partition)
        ->offset = begin.offset;
    Forward(begin.topic, begin.partition);
  }
  {
    MutexLock lock(&partitions_->mutex);
    for (const KafkaBegin& begin : begins) Own(begin);
  }
  rd_kafka_assign(kafka_.get(), places.get());
  Log(LogLevel::kInfo, "partitions of Kafka topics are ours",
      {{"source", options_.name},
       {"group", options_.group},
       {"partitions", absl::StrFormat("%d", begins.size())}});
}

void KafkaGroup::Own(const KafkaBegin& begin) {
  KafkaPartition* const partition =
      partitions_->Of(begin.topic, begin.partition);
  const bool bytes_differ = partition->metadata != partitions_->metadata;
  if (begin.offset != begin.own || bytes_differ) {
    partitions_->JumpTo(partition, begin.offset);
  }
  partition->owned = partition->giving = true;
  partition->out_of_range = false;
  partition->joined = partition->next;
  partition->committed = begin.committed;
}

bool KafkaGroup::FindAllBegins(std::vector<KafkaBegin>* begins) {
  std::string owner;
  {
    MutexLock lock(&partitions_->mutex);
    owner = partitions_->owner;
  }
  while (true) {
    const absl::Status asked =
        FindBegins(kafka_.get(), owner, options_.start, begins);
    if (asked.ok()) return true;
    troubles_.Tell("partitions wait: the brokers do not say where they begin",
                   Message(asked));
    MutexLock lock(&partitions_->mutex);
    ++partitions_->counts.errors;
    if (partitions_->stopping || rd_kafka_assignment_lost(kafka_.get())) {
      return false;
    }
    partitions_->changed.WaitFor(&partitions_->mutex, kAskAgainMicros);
  }
}

void KafkaGroup::Revoke(const rd_kafka_topic_partition_list_t& list) {
  {
    MutexLock lock(&partitions_->mutex);
    std::vector<KafkaPartition*> gone;
    for (int i = 0; i < list.cnt; ++i) {
      KafkaPartition* const partition =
          partitions_->Find(list.elems[i].topic, list.elems[i].partition);
      if (partition == nullptr) continue;
      partition->giving = false;
      gone.push_back(partition);
    }
    if (rd_kafka_assignment_lost(kafka_.get()) == 0) Drain(gone);
  }
  CommitLast(list);
  MutexLock lock(&partitions_->mutex);
  for (int i = 0; i < list.cnt; ++i) {
    KafkaPartition* const partition =
        partitions_->Find(list.elems[i].topic, list.elems[i].partition);
    if (partition != nullptr) partition->owned = false;
  }
}

// What was given to the engine is waited for until a checkpoint covers it:
// then the next member begins exactly behind it.
void KafkaGroup::Drain(const std::vector<KafkaPartition*>& gone) {
  if (!partitions_->covers) return;
  const std::int64_t until =
      RealClock()->SteadyMicros() + std::int64_t{options_.drain_ms} * 1'000;
  const auto waits = [](const KafkaPartition* one) {
    return one->next > one->joined && one->covered < one->next;
  };
  for (const KafkaPartition* one : gone) {
    while (waits(one) && !partitions_->stopping) {
      const std::int64_t left = until - RealClock()->SteadyMicros();
      if (left <= 0) return;
      partitions_->changed.WaitFor(&partitions_->mutex, left);
    }
  }
}

}  // namespace tocsin
