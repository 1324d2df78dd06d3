// Where a Kafka source stands, as text: into checkpoints and back.
//
//   kafka 2 OWNER IDS
//   BEGIN NEXT GIVEN METADATA STREAM PARTITION TOPIC      for each partition
//
// OWNER names the data that belongs to the position (random, made once):
// offsets that it committed itself say nothing about what others have done.
// STREAM is the id of the partition's stretch, -1 before its first byte, and
// IDS the first that none has had: who goes on from a checkpoint has bytes that
// it knows by the ids of then. NEXT -1: a stretch that is over, but whose bytes
// were among the last. Version 1, without ids, is still read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace tocsin {

// A stretch is a run of a partition's offsets without a jump: the unit that is
// read again byte for byte, one stream of the seam. A partition that comes back
// where somebody else has read on begins a new one.
struct KafkaPlace {
  static constexpr std::uint32_t kUnnamed = UINT32_MAX;
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t begin = -1;  // The stretch's first offset.
  std::int64_t next = -1;   // The message to give next...
  std::uint64_t given = 0;  // ...of whose line so many bytes were given.
  bool metadata = true;     // Objects of this stretch have their place.
  std::uint32_t stream = kUnnamed;  // Named with the stretch's first bytes.
};

struct KafkaPosition {
  std::string owner;
  std::vector<KafkaPlace> places;
  std::uint32_t ids = 0;
};

std::string PrintKafkaPosition(const KafkaPosition& position);
absl::StatusOr<KafkaPosition> ParseKafkaPosition(std::string_view text);

// "audit/3@1000": topic, partition, first offset; "audit/3@1000:bare" without
// metadata.
std::string KafkaStretchName(const KafkaPlace& place);
bool ParseKafkaStretchName(std::string_view name, KafkaPlace* place);

// 16 hexadecimal digits from the system's randomness.
std::string NewKafkaOwner();

}  // namespace tocsin
