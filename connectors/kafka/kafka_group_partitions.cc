// How partitions come to a group's member and go: on the keeper's thread.
#include <cstdlib>
#include <utility>

#include "absl/strings/str_format.h"
#include "connectors/kafka/kafka_group.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/status.h"

namespace tocsin {
namespace {

constexpr std::int64_t kAskAgainMicros = 500'000;

std::int64_t SessionMicros(rd_kafka_t* kafka) {
  char text[32] = "";
  std::size_t size = sizeof text;
  rd_kafka_conf_get(rd_kafka_conf(kafka), "session.timeout.ms", text, &size);
  return std::atoll(text) * 1'000;
}

}  // namespace

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
    const bool use_start = !partitions_->begun;
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
  const KafkaList places = NewKafkaList(static_cast<int>(begins.size()));
  for (const KafkaBegin& begin : begins) {
    rd_kafka_topic_partition_list_add(places.get(), begin.topic.c_str(),
                                      begin.partition)
        ->offset = begin.offset;
    Forward(begin.topic, begin.partition);
  }
  {
    MutexLock lock(&partitions_->mutex);
    partitions_->begun = partitions_->begun || !begins.empty();
    for (const KafkaBegin& begin : begins) {
      if (!stopping_) Own(begin);
    }
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
  const std::int64_t session_ends =
      RealClock()->SteadyMicros() + SessionMicros(kafka_.get());
  while (true) {
    const absl::Status asked =
        FindBegins(kafka_.get(), owner, options_.start, begins);
    if (asked.ok()) return true;
    troubles_.Tell("partitions wait: the brokers do not say where they begin",
                   Message(asked));
    MutexLock lock(&partitions_->mutex);
    ++partitions_->counts.errors;
    // Nobody says so when the session ends meanwhile.
    out_of_touch_ = out_of_touch_ || RealClock()->SteadyMicros() > session_ends;
    if (stopping_ || rd_kafka_assignment_lost(kafka_.get())) {
      return false;
    }
    partitions_->changed.WaitFor(&partitions_->mutex, kAskAgainMicros);
  }
}

// Partitions that are lost are let go at once, without a commit: it would go
// out without our member's id, and so would heartbeats meanwhile.
void KafkaGroup::Revoke(const rd_kafka_topic_partition_list_t& list) {
  const bool lost = rd_kafka_assignment_lost(kafka_.get()) != 0;
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
    out_of_touch_ = out_of_touch_ || lost;
    if (!lost) Drain(gone);
  }
  if (!lost) CommitLast(list);
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
    while (waits(one) && !stopping_) {
      const std::int64_t left = until - RealClock()->SteadyMicros();
      if (left <= 0) return;
      partitions_->changed.WaitFor(&partitions_->mutex, left);
    }
  }
}

}  // namespace tocsin
