#include "connectors/kafka/kafka_replay.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "connectors/kafka/kafka_offsets.h"
#include "connectors/kafka/kafka_settings.h"
#include "engine/base/clock.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"

namespace tocsin {
namespace {

constexpr std::size_t kLeastQueueBytes = 1u << 20;
// When nothing comes, the brokers are asked so often whether anything can; a
// partition is gone when they know of none so many times.
constexpr std::int64_t kAskMicros = 1'000'000;
constexpr int kAsksUntilGone = 3;

}  // namespace

absl::StatusOr<std::unique_ptr<KafkaReplay>> KafkaReplay::Open(
    const KafkaOptions& options, KafkaPartitions* partitions,
    KafkaGiver* giver) {
  std::unique_ptr<KafkaReplay> replay(
      new KafkaReplay(options, partitions, giver));
  std::size_t count = 1;
  {
    MutexLock lock(&partitions->mutex);
    count = std::max<std::size_t>(partitions->all.size(), 1);
  }
  TOCSIN_ASSIGN_OR_RETURN(
      KafkaConf conf,
      KafkaReplayConf(options, std::max(limits::kKafkaQueueBytes / count,
                                        kLeastQueueBytes)));
  rd_kafka_conf_set_opaque(conf.get(), replay.get());
  rd_kafka_conf_set_log_cb(conf.get(), &KafkaTroubles::OnLog);
  rd_kafka_conf_set_error_cb(conf.get(), [](rd_kafka_t* kafka, int error,
                                            const char* reason, void* self) {
    static_cast<KafkaReplay*>(self)->troubles_.OnError(kafka, error, reason);
  });
  if (!options.sasl.token_file.empty()) {
    rd_kafka_conf_set_oauthbearer_token_refresh_cb(
        conf.get(), [](rd_kafka_t* kafka, const char*, void* self) {
          static_cast<KafkaReplay*>(self)->troubles_.OnTokenWanted(kafka);
        });
  }
  TOCSIN_ASSIGN_OR_RETURN(replay->kafka_, NewKafka(std::move(conf)));
  return replay;
}

KafkaReplay::~KafkaReplay() {
  for (auto& [key, tap] : taps_) {
    tap.pending.reset();
    rd_kafka_consume_stop(tap.topic.get(), key.second);
  }
}

absl::Status KafkaReplay::Begin(const SourceReplay& replay) {
  KafkaPlace place;
  if (!ParseKafkaStretchName(replay.stream, &place)) {
    return absl::NotFoundError(
        absl::StrFormat("`%s` names no partition", std::string(replay.stream)));
  }
  MutexLock lock(&partitions_->mutex);
  KafkaPartition* const before = current_;
  current_ = partitions_->Of(place.topic, place.partition);
  bool other = current_ != before;
  if (current_->begin != place.begin || current_->metadata != place.metadata) {
    partitions_->BeginStretch(current_, place.begin);
    current_->metadata = place.metadata;
    other = true;
  }
  left_ = replay.bytes;
  // The same is asked for until it has come.
  if (!other && giver_->HasRest()) return absl::OkStatus();
  if (other) Came();
  return Open(current_);
}

absl::StatusOr<bool> KafkaReplay::BeginLine() {
  MutexLock lock(&partitions_->mutex);
  for (auto& [key, partition] : partitions_->all) {
    if (partition.given == 0) continue;
    current_ = &partition;
    Came();
    left_ = 1;  // One message makes the line; its rest is the giver's.
    TOCSIN_RETURN_IF_ERROR(Open(current_));
    return true;
  }
  return false;
}

// Has the partition flow from where it is to be read.
absl::Status KafkaReplay::Open(KafkaPartition* partition) {
  tap_ = &taps_[{partition->topic, partition->partition}];
  if (tap_->at == partition->next) return absl::OkStatus();
  if (tap_->topic == nullptr) {
    tap_->topic.reset(
        rd_kafka_topic_new(kafka_.get(), partition->topic.c_str(), nullptr));
  } else {
    rd_kafka_consume_stop(tap_->topic.get(), partition->partition);
  }
  tap_->pending.reset();
  tap_->queue.reset(rd_kafka_queue_new(kafka_.get()));
  tap_->at = partition->next;
  if (rd_kafka_consume_start_queue(tap_->topic.get(), partition->partition,
                                   partition->next, tap_->queue.get()) != 0) {
    return KafkaFailure(rd_kafka_last_error(), "reading a partition again");
  }
  return absl::OkStatus();
}

bool KafkaReplay::Next() {
  if (tap_->pending == nullptr) {
    tap_->pending.reset(rd_kafka_consume_queue(tap_->queue.get(), 0));
  }
  return tap_->pending != nullptr;
}

absl::StatusOr<ReadOutcome> KafkaReplay::Read(char* into,
                                              std::size_t capacity) {
  rd_kafka_poll(kafka_.get(), 0);
  MutexLock lock(&partitions_->mutex);
  if (left_ == 0) return ReadOutcome{ReadKind::kNothing, 0};
  TOCSIN_ASSIGN_OR_RETURN(
      const std::size_t size,
      ReadLines(into, std::min<std::uint64_t>(capacity, left_)));
  if (size == 0) {
    TOCSIN_RETURN_IF_ERROR(AskWhetherGone());
    return ReadOutcome{ReadKind::kNothing, 0};
  }
  Came();
  left_ -= size;
  ReadOutcome outcome{ReadKind::kData, size};
  outcome.stream = partitions_->StreamOf(current_);
  return outcome;
}

absl::StatusOr<std::size_t> KafkaReplay::ReadLines(char* into,
                                                   std::size_t capacity) {
  if (giver_->HasRest()) return giver_->GiveRest(into, capacity);
  std::size_t size = 0;
  while (size < capacity && Next()) {
    if (tap_->pending->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      // What was read before stays good; the error comes up again.
      if (size > 0) return size;
      const absl::Status why = Explain(*tap_->pending);
      tap_->pending.reset();
      if (!why.ok()) return why;
      continue;
    }
    if (tap_->pending->offset < current_->next) {
      tap_->pending.reset();
      continue;
    }
    if (current_->given > 0 && tap_->pending->offset > current_->next) {
      return Gone(tap_->pending->offset);
    }
    const std::int64_t behind = tap_->pending->offset + 1;
    const std::size_t given = giver_->Give(*tap_->pending, size == 0, current_,
                                           into + size, capacity - size);
    if (given == 0) break;
    size += given;
    tap_->at = behind;
    tap_->pending.reset();
    if (giver_->HasRest()) break;
  }
  return size;
}

absl::Status KafkaReplay::Gone(std::int64_t found) const {
  return absl::NotFoundError(absl::StrFormat(
      "topic %s partition %d offsets %d to %d are not there any more",
      current_->topic, current_->partition, current_->next, found - 1));
}

absl::Status KafkaReplay::Explain(const rd_kafka_message_t& error) {
  if (error.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) return AskRange();
  troubles_.OnMessageError(kafka_.get(), error);
  return absl::OkStatus();
}

absl::Status KafkaReplay::AskRange() const {
  std::int64_t low = 0;
  std::int64_t high = 0;
  TOCSIN_RETURN_IF_ERROR(AskWatermarks(kafka_.get(), current_->topic,
                                       current_->partition, &low, &high));
  if (current_->next < low) return Gone(low);
  if (current_->next < high) return absl::OkStatus();
  return absl::NotFoundError(absl::StrFormat(
      "topic %s partition %d offset %d: the log ends at %d now",
      current_->topic, current_->partition, current_->next, high));
}

void KafkaReplay::Came() {
  asks_ = 0;
  next_ask_us_ = RealClock()->SteadyMicros() + kAskMicros;
}

absl::Status KafkaReplay::AskWhetherGone() {
  if (RealClock()->SteadyMicros() < next_ask_us_) return absl::OkStatus();
  const absl::Status asked = Exists() ? AskRange() : NoSuchPartition();
  next_ask_us_ = RealClock()->SteadyMicros() + kAskMicros;
  if (!absl::IsNotFound(asked)) {
    asks_ = 0;
  } else if (++asks_ >= kAsksUntilGone) {
    return asked;
  }
  return absl::OkStatus();
}

absl::Status KafkaReplay::NoSuchPartition() const {
  return absl::NotFoundError(
      absl::StrFormat("topic %s partition %d is not there any more",
                      current_->topic, current_->partition));
}

bool KafkaReplay::Exists() const {
  const struct rd_kafka_metadata* found = nullptr;
  if (rd_kafka_metadata(kafka_.get(), 0, tap_->topic.get(), &found,
                        kKafkaAskMs) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return true;  // Nobody says that it does not.
  }
  bool exists = false;
  for (int i = 0; i < found->topic_cnt; ++i) {
    const rd_kafka_metadata_topic& topic = found->topics[i];
    exists = exists || (topic.err != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART &&
                        topic.partition_cnt > current_->partition);
  }
  rd_kafka_metadata_destroy(found);
  return exists;
}

void KafkaReplay::Wait(int timeout_ms) {
  if (left_ == 0 || tap_ == nullptr || tap_->pending != nullptr) return;
  tap_->pending.reset(rd_kafka_consume_queue(tap_->queue.get(), timeout_ms));
}

}  // namespace tocsin
