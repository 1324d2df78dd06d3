// What a source knows of its partitions: shared by the thread that reads and
// the one that keeps the group. Everything here is guarded by `mutex`.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "connectors/kafka/kafka_position.h"
#include "engine/base/mutex.h"

namespace tocsin {

struct KafkaPartition : KafkaPlace {
  bool owned = false;         // The group gave it to us.
  bool giving = false;        // Owned, and not about to be taken away.
  bool out_of_range = false;  // `next` is not there any more.
  std::int64_t joined = -1;   // `next` when it was given to us.
  std::int64_t covered = -1;  // By a checkpoint, of this stretch.
  std::int64_t committed = -1;
  // Where the next stretch begins, when a line of this one is not yet whole.
  std::int64_t jump = -1;
};

struct KafkaCounts {
  std::uint64_t messages = 0, bytes = 0, poison = 0, headers_cut = 0, lost = 0,
                rebalances = 0, rejoins = 0, errors = 0, commits = 0,
                commit_failures = 0;
};

struct KafkaPartitions {
  using Key = std::pair<std::string, std::int32_t>;

  KafkaPartition* Find(std::string_view topic, std::int32_t partition)
      TOCSIN_REQUIRES(mutex);
  // Makes it, when it is not there.
  KafkaPartition* Of(std::string_view topic, std::int32_t partition)
      TOCSIN_REQUIRES(mutex);
  // The partition's next byte is the first of the message at `offset`.
  void BeginStretch(KafkaPartition* partition, std::int64_t offset) const;
  // As BeginStretch(), once a line that was begun is whole.
  void JumpTo(KafkaPartition* partition, std::int64_t offset) const;
  // The id of the partition's stretch, of which bytes are given now.
  std::uint32_t StreamOf(KafkaPartition* partition) TOCSIN_REQUIRES(mutex);
  // What the topic had from `next` to before `begin` cannot be had.
  void TellLost(const KafkaPartition& partition, std::int64_t begin,
                std::string_view why) TOCSIN_REQUIRES(mutex);
  // None is ours any more.
  void Disown() TOCSIN_REQUIRES(mutex);
  KafkaPosition Position() TOCSIN_REQUIRES(mutex);
  void Resume(KafkaPosition position) TOCSIN_REQUIRES(mutex);

  bool metadata = true;  // Of stretches that begin; set before any thread.
  Mutex mutex;
  CondVar changed;  // A checkpoint covered, or a member is to stop.
  std::map<Key, KafkaPartition> all TOCSIN_GUARDED_BY(mutex);
  std::map<std::uint32_t, std::string> streams TOCSIN_GUARDED_BY(mutex);
  std::uint32_t next_stream TOCSIN_GUARDED_BY(mutex) = 0;
  // The last two that gave bytes: the engine may have whole lines of both.
  std::array<std::uint32_t, 2> last_streams TOCSIN_GUARDED_BY(mutex) = {
      KafkaPlace::kUnnamed, KafkaPlace::kUnnamed};
  std::deque<std::string> lost TOCSIN_GUARDED_BY(mutex);
  std::string owner TOCSIN_GUARDED_BY(mutex);
  // From a position, or some were given to us: `start` does not count now.
  bool begun TOCSIN_GUARDED_BY(mutex) = false;
  bool covers TOCSIN_GUARDED_BY(mutex) = false;  // There are checkpoints.
  // Ends the member. AlreadyExists: the brokers say that another has our name.
  absl::Status fatal TOCSIN_GUARDED_BY(mutex);
  KafkaCounts counts TOCSIN_GUARDED_BY(mutex);
};

}  // namespace tocsin
