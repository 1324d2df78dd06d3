// The offsets of a group's member: what is committed, where a partition goes
// on that cannot go on where it stands, and how far behind it is.
#include <algorithm>

#include "absl/strings/str_format.h"
#include "connectors/kafka/kafka_group.h"
#include "engine/base/crash_point.h"
#include "engine/base/log.h"
#include "engine/base/status.h"

namespace tocsin {
namespace {

constexpr int kForwards = 20;     // Rounds of the keeper.
constexpr int kCommitMs = 2'000;  // For the last commit of a partition.

bool Uncommitted(const KafkaPartition& partition) {
  return partition.owned && partition.covered > partition.committed;
}

}  // namespace

void KafkaGroup::Covered(const KafkaPosition& position) {
  const KafkaList list = NewKafkaList();
  {
    MutexLock lock(&partitions_->mutex);
    partitions_->covers = true;
    for (const KafkaPlace& place : position.places) {
      KafkaPartition* const partition =
          partitions_->Find(place.topic, place.partition);
      // Of an earlier stretch: whoever read on since has committed more.
      if (partition == nullptr || partition->begin != place.begin) continue;
      partition->covered = place.next;
      if (!Uncommitted(*partition)) continue;
      AddCommit(place.topic, place.partition, place.next, partitions_->owner,
                list.get());
    }
    partitions_->changed.NotifyAll();
  }
  if (list->cnt == 0) return;
  CrashPoint("offsets.begin");
  rd_kafka_commit(kafka_.get(), list.get(), 1);
  CrashPoint("offsets.sent");
}

void KafkaGroup::OnCommit(rd_kafka_t*, rd_kafka_resp_err_t error,
                          rd_kafka_topic_partition_list_t* list, void* self) {
  auto* const group = static_cast<KafkaGroup*>(self);
  if (error == RD_KAFKA_RESP_ERR__NO_OFFSET) return;
  {
    MutexLock lock(&group->partitions_->mutex);
    ++group->partitions_->counts.commits;
    for (int i = 0; list != nullptr && i < list->cnt; ++i) {
      const rd_kafka_topic_partition_t& one = list->elems[i];
      if (one.err != RD_KAFKA_RESP_ERR_NO_ERROR) error = one.err;
      KafkaPartition* const partition =
          group->partitions_->Find(one.topic, one.partition);
      if (error == RD_KAFKA_RESP_ERR_NO_ERROR && partition != nullptr &&
          partition->owned) {
        partition->committed = one.offset;
      }
    }
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
      group->out_of_touch_ = false;
      CrashPoint("offsets.committed");
      return;
    }
    ++group->partitions_->counts.commit_failures;
  }
  group->troubles_.Tell(
      "offsets could not be committed to Kafka; the next checkpoint tries "
      "again",
      rd_kafka_err2str(error));
}

// Waits for the answer, for a while: the next member asks for these.
void KafkaGroup::CommitLast(const rd_kafka_topic_partition_list_t& gone) {
  const KafkaList list = NewKafkaList();
  {
    MutexLock lock(&partitions_->mutex);
    for (int i = 0; i < gone.cnt; ++i) {
      const KafkaPartition* const one =
          partitions_->Find(gone.elems[i].topic, gone.elems[i].partition);
      if (one == nullptr || !Uncommitted(*one)) continue;
      AddCommit(one->topic, one->partition, one->covered, partitions_->owner,
                list.get());
    }
  }
  if (list->cnt == 0) return;
  const KafkaQueue answers(rd_kafka_queue_new(kafka_.get()));
  rd_kafka_commit_queue(kafka_.get(), list.get(), answers.get(), nullptr,
                        nullptr);
  const KafkaEvent answer(rd_kafka_queue_poll(answers.get(), kCommitMs));
  const rd_kafka_resp_err_t error = answer == nullptr
                                        ? RD_KAFKA_RESP_ERR__TIMED_OUT
                                        : rd_kafka_event_error(answer.get());
  OnCommit(kafka_.get(), error,
           answer == nullptr
               ? nullptr
               : rd_kafka_event_topic_partition_list(answer.get()),
           this);
}

void KafkaGroup::Reset(KafkaPartition* partition) {
  partition->out_of_range = true;
  resets_ = true;
}

void KafkaGroup::DoResets() {
  std::vector<KafkaPlace> wanted;
  {
    MutexLock lock(&partitions_->mutex);
    for (const auto& [key, one] : partitions_->all) {
      if (one.out_of_range && one.owned) wanted.push_back(one);
    }
  }
  bool any = false;
  for (const KafkaPlace& place : wanted) {
    std::int64_t low = 0;
    std::int64_t high = 0;
    const absl::Status asked =
        AskWatermarks(kafka_.get(), place.topic, place.partition, &low, &high);
    MutexLock lock(&partitions_->mutex);
    if (asked.ok()) {
      any = true;
      GoOnWithin(low, high, partitions_->Of(place.topic, place.partition));
    } else {
      troubles_.Tell("a partition waits: the brokers do not say what it holds",
                     Message(asked));
      resets_ = true;
    }
  }
  if (any) AssignAgain();
}

void KafkaGroup::GoOnWithin(std::int64_t low, std::int64_t high,
                            KafkaPartition* partition) {
  if (partition->next < low) {
    partitions_->TellLost(*partition, low,
                          "deleted by the topic's retention before they were "
                          "read");
    partitions_->JumpTo(partition, low);
  } else if (partition->next > high) {
    partitions_->lost.push_back(absl::StrFormat(
        "topic %s partition %d offset %d: the log ends at %d now, it was cut "
        "or made anew; it is read from %d",
        partition->topic, partition->partition, partition->next, high, low));
    partitions_->JumpTo(partition, low);
  }
  partition->out_of_range = false;
}

// A partition whose offset was out of range is fetched no more, and a seek does
// not change that: all are assigned again, each from where it stands. What was
// fetched of the others comes again.
void KafkaGroup::AssignAgain() {
  const KafkaList list = NewKafkaList();
  {
    MutexLock lock(&partitions_->mutex);
    for (const auto& [key, one] : partitions_->all) {
      if (!one.owned) continue;
      rd_kafka_topic_partition_list_add(list.get(), one.topic.c_str(),
                                        one.partition)
          ->offset = one.jump >= 0 ? one.jump : one.next;
    }
  }
  rd_kafka_assign(kafka_.get(), list.get());
  // A partition that is stopped and started again in one go loses its way to
  // our queue, at some moment within.
  forwards_ = kForwards;
}

void KafkaGroup::Forward(const std::string& topic, std::int32_t partition) {
  const KafkaQueue own(
      rd_kafka_queue_get_partition(kafka_.get(), topic.c_str(), partition));
  if (own != nullptr) rd_kafka_queue_forward(own.get(), messages_.get());
}

void KafkaGroup::ForwardAgain() {
  --forwards_;
  MutexLock lock(&partitions_->mutex);
  for (const auto& [key, one] : partitions_->all) {
    if (one.owned) Forward(one.topic, one.partition);
  }
}

std::int64_t KafkaGroup::LagOf(const KafkaPartition& partition) const {
  std::int64_t low = 0;
  std::int64_t high = 0;
  if (rd_kafka_get_watermark_offsets(kafka_.get(), partition.topic.c_str(),
                                     partition.partition, &low,
                                     &high) != RD_KAFKA_RESP_ERR_NO_ERROR ||
      high < 0) {
    return -1;
  }
  return std::max<std::int64_t>(high - partition.next, 0);
}

}  // namespace tocsin
