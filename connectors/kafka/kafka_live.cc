// What a member of the group gives: messages as they come, one partition at a
// time.
#include <utility>

#include "connectors/kafka/kafka_state.h"
#include "engine/base/clock.h"
#include "engine/base/status_macros.h"

namespace tocsin {

ReadOutcome KafkaSource::State::GiveRest(char* into, std::size_t capacity) {
  KafkaPartition* const of = giver.rest_of();
  ReadOutcome outcome{ReadKind::kData, 0};
  outcome.stream = partitions.StreamOf(of);
  outcome.size = giver.GiveRest(into, capacity);
  return outcome;
}

absl::StatusOr<ReadOutcome> KafkaSource::State::ReadLive(char* into,
                                                         std::size_t capacity) {
  {
    MutexLock lock(&partitions.mutex);
    if (giver.HasRest()) return GiveRest(into, capacity);
    if (partitions.fatal.ok()) {
      if (partitions.lost.empty()) return ReadMessages(into, capacity);
      ReadOutcome outcome{ReadKind::kLost, 0};
      outcome.lost = std::move(partitions.lost.front());
      partitions.lost.pop_front();
      return outcome;
    }
  }
  TOCSIN_RETURN_IF_ERROR(JoinAgain());
  return ReadOutcome{ReadKind::kNothing, 0};
}

// What the one before gave and nobody has read comes again to the new one.
absl::Status KafkaSource::State::JoinAgain() {
  {
    MutexLock lock(&partitions.mutex);
    if (!absl::IsAlreadyExists(partitions.fatal) ||
        !fence.MayJoinAgain(RealClock()->SteadyMicros(),
                            group->out_of_touch())) {
      return partitions.fatal;
    }
  }
  TOCSIN_ASSIGN_OR_RETURN(std::unique_ptr<KafkaGroup> other,
                          KafkaGroup::Open(options, &partitions));
  pending.reset();
  last_topic = nullptr;
  {
    MutexLock lock(&partitions.mutex);
    group->Stop();
    group.swap(other);
    partitions.Disown();
    partitions.fatal = absl::OkStatus();
    ++partitions.counts.rejoins;
  }
  group->JoinAfter(std::move(other));
  return absl::OkStatus();
}

ReadOutcome KafkaSource::State::ReadMessages(char* into, std::size_t capacity) {
  ReadOutcome outcome{ReadKind::kNothing, 0};
  KafkaPartition* of = nullptr;
  while (outcome.size < capacity) {
    if (pending == nullptr) pending = group->Take(0);
    if (pending == nullptr) break;
    KafkaPartition* const whose = Judge(*pending);
    if (whose == nullptr) {
      pending.reset();
      continue;
    }
    if (of != nullptr && whose != of) break;
    // Named before the giver may end the stretch.
    outcome.stream = partitions.StreamOf(whose);
    const std::size_t given =
        giver.Give(*pending, of == nullptr, whose, into + outcome.size,
                   capacity - outcome.size);
    if (given == 0) break;
    of = whose;
    outcome.kind = ReadKind::kData;
    outcome.size += given;
    pending.reset();
    if (giver.HasRest()) break;
  }
  if (outcome.kind == ReadKind::kData) group->Well();
  return outcome;
}

KafkaPartition* KafkaSource::State::Find(const rd_kafka_message_t& message) {
  if (message.rkt == nullptr) return nullptr;
  const bool same = last != nullptr && last_topic == message.rkt &&
                    last->partition == message.partition;
  if (!same) {
    last_topic = message.rkt;
    last = partitions.Find(rd_kafka_topic_name(message.rkt), message.partition);
  }
  return last;
}

KafkaPartition* KafkaSource::State::Judge(const rd_kafka_message_t& message) {
  KafkaPartition* const whose = Find(message);
  if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (message.err != RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
      group->OnMessageError(message);
    } else if (whose != nullptr && whose->owned) {
      group->Reset(whose);
    }
    return nullptr;
  }
  const bool due = whose != nullptr && whose->giving && !whose->out_of_range &&
                   message.offset >= whose->next;
  return due ? whose : nullptr;
}

}  // namespace tocsin
