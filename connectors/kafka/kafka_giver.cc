#include "connectors/kafka/kafka_giver.h"

#include <algorithm>
#include <cstring>

#include "engine/base/check.h"

namespace tocsin {

std::size_t KafkaGiver::GiveRest(char* into, std::size_t capacity) {
  const std::size_t size = std::min(capacity, rest_.size() - at_);
  std::memcpy(into, rest_.data() + at_, size);
  at_ += size;
  rest_of_->given = at_;
  if (HasRest()) return size;
  rest_of_->given = 0;
  ++rest_of_->next;
  if (rest_of_->jump >= 0) {
    partitions_->BeginStretch(rest_of_, rest_of_->jump);
  }
  rest_.clear();
  at_ = 0;
  return size;
}

std::size_t KafkaGiver::Give(const rd_kafka_message_t& message, bool alone,
                             KafkaPartition* partition, char* into,
                             std::size_t capacity) {
  const std::size_t size = line_.Prepare(message, partition->metadata);
  const bool begun = partition->given > 0;
  if (!begun && size <= capacity) {
    line_.Write(into);
    partition->next = message.offset + 1;
    Count(message);
    return size;
  }
  if (!alone) return 0;
  rest_.resize(size);
  line_.Write(rest_.data());
  at_ = std::min<std::size_t>(partition->given, size);
  rest_of_ = partition;
  partition->next = message.offset;
  if (!begun) Count(message);
  return GiveRest(into, capacity);
}

void KafkaGiver::Count(const rd_kafka_message_t& message) {
  KafkaCounts* const counts = &partitions_->counts;
  ++counts->messages;
  counts->bytes += message.len;
  counts->poison += line_.poison() ? 1 : 0;
  counts->headers_cut += line_.headers_cut() ? 1 : 0;
}

}  // namespace tocsin
