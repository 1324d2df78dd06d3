#include "connectors/kafka/kafka_partitions.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"

namespace tocsin {

KafkaPartition* KafkaPartitions::Find(std::string_view topic,
                                      std::int32_t partition) {
  const auto found = all.find(Key(topic, partition));
  return found == all.end() ? nullptr : &found->second;
}

KafkaPartition* KafkaPartitions::Of(std::string_view topic,
                                    std::int32_t partition) {
  KafkaPartition* const one = &all[Key(topic, partition)];
  one->topic = topic;
  one->partition = partition;
  return one;
}

void KafkaPartitions::BeginStretch(KafkaPartition* partition,
                                   std::int64_t offset) const {
  partition->metadata = metadata;
  partition->begin = partition->next = offset;
  partition->given = 0;
  partition->stream = KafkaPlace::kUnnamed;
  partition->covered = -1;
  partition->jump = -1;
}

void KafkaPartitions::JumpTo(KafkaPartition* partition,
                             std::int64_t offset) const {
  if (partition->given > 0) {
    partition->jump = offset;
  } else {
    BeginStretch(partition, offset);
  }
}

std::uint32_t KafkaPartitions::StreamOf(KafkaPartition* partition) {
  if (partition->stream == KafkaPlace::kUnnamed) {
    partition->stream = next_stream++;
    streams[partition->stream] = KafkaStretchName(*partition);
  }
  if (partition->stream != last_streams[0]) {
    last_streams = {partition->stream, last_streams[0]};
  }
  return partition->stream;
}

void KafkaPartitions::TellLost(const KafkaPartition& partition,
                               std::int64_t begin, std::string_view why) {
  counts.lost += static_cast<std::uint64_t>(begin - partition.next);
  lost.push_back(absl::StrFormat("topic %s partition %d offsets %d to %d: %s",
                                 partition.topic, partition.partition,
                                 partition.next, begin - 1, std::string(why)));
}

void KafkaPartitions::Disown() {
  for (auto& [key, partition] : all) partition.owned = partition.giving = false;
}

KafkaPosition KafkaPartitions::Position() {
  KafkaPosition position{owner, {}, next_stream};
  for (const auto& [key, partition] : all) {
    if (partition.next >= 0) position.places.push_back(partition);
  }
  for (const std::uint32_t stream : last_streams) {
    const auto is = [stream](const KafkaPlace& one) {
      return one.stream == stream;
    };
    KafkaPlace over;
    if (stream == KafkaPlace::kUnnamed ||
        std::any_of(position.places.begin(), position.places.end(), is) ||
        !ParseKafkaStretchName(streams[stream], &over)) {
      continue;
    }
    over.next = -1;
    over.stream = stream;
    position.places.push_back(std::move(over));
  }
  return position;
}

void KafkaPartitions::Resume(KafkaPosition position) {
  begun = true;
  owner = std::move(position.owner);
  next_stream = position.ids;
  for (KafkaPlace& place : position.places) {
    if (place.stream != KafkaPlace::kUnnamed) {
      streams[place.stream] = KafkaStretchName(place);
    }
    if (place.next < 0) continue;
    KafkaPlace* const own = Of(place.topic, place.partition);
    *own = std::move(place);
  }
}

}  // namespace tocsin
