#include "connectors/kafka/kafka_offsets.h"

#include <cstdlib>
#include <cstring>
#include <string_view>

#include "absl/strings/str_format.h"
#include "engine/base/status_macros.h"

namespace tocsin {
namespace {

absl::Status AskCommitted(rd_kafka_t* kafka, const std::string& owner,
                          std::vector<KafkaBegin>* begins) {
  const KafkaList list = NewKafkaList();
  for (const KafkaBegin& begin : *begins) {
    rd_kafka_topic_partition_list_add(list.get(), begin.topic.c_str(),
                                      begin.partition);
  }
  TOCSIN_RETURN_IF_ERROR(
      KafkaFailure(rd_kafka_committed(kafka, list.get(), kKafkaAskMs),
                   "asking for the group's offsets"));
  const std::string ours = KafkaCommitMetadata(owner);
  for (KafkaBegin& begin : *begins) {
    const rd_kafka_topic_partition_t* const one =
        rd_kafka_topic_partition_list_find(list.get(), begin.topic.c_str(),
                                           begin.partition);
    TOCSIN_RETURN_IF_ERROR(
        KafkaFailure(one->err, "asking for the group's offsets"));
    begin.committed = one->offset < 0 ? -1 : one->offset;
    const bool by_us =
        ours == std::string_view(static_cast<const char*>(one->metadata),
                                 one->metadata_size);
    const bool others_went_on =
        begin.own >= 0 && begin.committed > begin.own && !by_us;
    const bool only_the_group_knows = begin.own < 0 && !begin.use_start;
    begin.offset =
        others_went_on || only_the_group_knows ? begin.committed : begin.own;
  }
  return absl::OkStatus();
}

// The first messages at or after a time; `end` where there are none.
absl::Status AskTimes(rd_kafka_t* kafka, std::int64_t time_ms,
                      std::vector<KafkaBegin>* begins) {
  const KafkaList list = NewKafkaList();
  for (const KafkaBegin& begin : *begins) {
    if (begin.offset >= 0) continue;
    rd_kafka_topic_partition_list_add(list.get(), begin.topic.c_str(),
                                      begin.partition)
        ->offset = time_ms;
  }
  TOCSIN_RETURN_IF_ERROR(
      KafkaFailure(rd_kafka_offsets_for_times(kafka, list.get(), kKafkaAskMs),
                   "asking for the offsets of a time"));
  for (KafkaBegin& begin : *begins) {
    if (begin.offset >= 0) continue;
    const rd_kafka_topic_partition_t* const found =
        rd_kafka_topic_partition_list_find(list.get(), begin.topic.c_str(),
                                           begin.partition);
    TOCSIN_RETURN_IF_ERROR(
        KafkaFailure(found->err, "asking for the offsets of a time"));
    if (found->offset >= 0) {
      begin.offset = found->offset;
      continue;
    }
    std::int64_t low = 0;
    TOCSIN_RETURN_IF_ERROR(AskWatermarks(kafka, begin.topic, begin.partition,
                                         &low, &begin.offset));
  }
  return absl::OkStatus();
}

std::int64_t OffsetOf(const KafkaStart& start, const KafkaBegin& begin) {
  const auto own = start.offsets.find(
      absl::StrFormat("%s/%d", begin.topic, begin.partition));
  return own == start.offsets.end() ? start.offset : own->second;
}

}  // namespace

absl::Status KafkaFailure(rd_kafka_resp_err_t error, std::string_view doing) {
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrFormat("%s: %s (%s)", std::string(doing),
                      rd_kafka_err2str(error), rd_kafka_err2name(error)));
}

absl::Status AskWatermarks(rd_kafka_t* kafka, const std::string& topic,
                           std::int32_t partition, std::int64_t* low,
                           std::int64_t* high) {
  return KafkaFailure(
      rd_kafka_query_watermark_offsets(kafka, topic.c_str(), partition, low,
                                       high, kKafkaAskMs),
      "asking for the first and last offset");
}

absl::Status FindBegins(rd_kafka_t* kafka, const std::string& owner,
                        const KafkaStart& start,
                        std::vector<KafkaBegin>* begins) {
  using Kind = KafkaStart::Kind;
  TOCSIN_RETURN_IF_ERROR(AskCommitted(kafka, owner, begins));
  bool by_time = false;
  for (KafkaBegin& begin : *begins) {
    if (begin.offset >= 0) continue;
    const bool told = begin.use_start && start.kind != Kind::kResume;
    if (told && start.kind == Kind::kTime) {
      by_time = true;
      continue;
    }
    if (told && start.kind == Kind::kOffset)
      begin.offset = OffsetOf(start, begin);
    if (!told || start.kind == Kind::kOffset) {
      if (begin.offset < 0) begin.offset = begin.committed;
      if (begin.offset >= 0) continue;
    }
    std::int64_t low = 0;
    std::int64_t high = 0;
    TOCSIN_RETURN_IF_ERROR(
        AskWatermarks(kafka, begin.topic, begin.partition, &low, &high));
    begin.offset = told && start.kind == Kind::kEnd ? high : low;
  }
  return by_time ? AskTimes(kafka, start.time_ms, begins) : absl::OkStatus();
}

std::string KafkaCommitMetadata(const std::string& owner) {
  return "tocsin " + owner;
}

void AddCommit(const std::string& topic, std::int32_t partition,
               std::int64_t offset, const std::string& owner,
               rd_kafka_topic_partition_list_t* list) {
  rd_kafka_topic_partition_t* const one =
      rd_kafka_topic_partition_list_add(list, topic.c_str(), partition);
  const std::string metadata = KafkaCommitMetadata(owner);
  one->offset = offset;
  one->metadata = strdup(metadata.c_str());  // The list frees it.
  one->metadata_size = metadata.size();
}

}  // namespace tocsin
