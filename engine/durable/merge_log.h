// The order in which the sources were read, as it is logged before an alert
// that depends on it leaves (docs/reference/state.md, "Merge log"). Values.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/state/state_store.h"

namespace tocsin {

// An entry of the sequence that nothing but the log can give again.
struct MergeEntry {
  enum class Kind : std::uint8_t { kChunk = 1, kShown, kIdle, kTick, kLost };
  Kind kind = Kind::kChunk;
  std::uint64_t number = 0;  // Consecutive; not written with the entry.
  std::string source;        // By name; empty: of all (kTick).
  std::string stream;        // kChunk: as the source named it.
  std::uint64_t bytes = 0;   // kChunk: of whole lines.
  bool truncated = false;   // kChunk: the beginning of a line that is too long.
  std::uint32_t check = 0;  // kChunk: CheckOf() its bytes.
  std::int64_t time_us = 0;  // kShown, kTick.
  std::string lost;          // kLost: what, for people.
};

// Tells bytes that were read again from others: of their two ends.
std::uint32_t CheckOf(std::string_view bytes);

// Writes entries so that what was written since the last Restart() can be read
// by itself: names of sources and streams stand where they are used first.
class MergeWriter {
 public:
  explicit MergeWriter(std::vector<std::string> sources)
      : sources_(std::move(sources)) {}
  // A checkpoint covers all before.
  void Restart() {
    introduced_ = false;
    streams_.clear();
  }
  bool introduced() const { return introduced_; }
  // True when the stream's name is still to be told.
  bool IsNew(std::size_t source, std::uint32_t stream) const;
  void Chunk(std::size_t source, std::uint32_t stream, std::string_view name,
             std::uint64_t bytes, bool truncated, std::uint32_t check,
             std::string* out);
  void Timed(MergeEntry::Kind kind, std::size_t source, std::int64_t time_us,
             std::string* out);
  void Lost(std::size_t source, std::string_view what, std::string* out);

 private:
  void Introduce(std::string* out);

  std::vector<std::string> sources_;
  bool introduced_ = false;
  std::vector<std::pair<std::size_t, std::uint32_t>> streams_;
};

// The entries from `cut` on, in order. DataLoss when they are damaged or one is
// missing.
absl::StatusOr<std::deque<MergeEntry>> ReadMergeLog(StateStore* store,
                                                    std::uint64_t cut);

// The key of a stretch of the log that begins with this entry.
std::string MergeKey(std::uint64_t first_number);
bool ReadMergeKey(std::string_view key, std::uint64_t* first_number);

}  // namespace tocsin
