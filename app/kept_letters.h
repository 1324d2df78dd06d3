// Lines that were dropped by a service, kept for a later look, as
// app/dead_letters.h writes them. A file that cannot be written is tried again
// every second, and holds nothing up: what it does not take meanwhile waits in
// memory, and past kWaitingBytes it is lost and counted.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "connectors/stdio/fd_reader.h"
#include "engine/base/clock.h"
#include "engine/pipeline/pipeline.h"

namespace tocsin {

// One call at a time, as the pipeline does it, but for lost().
class KeptLetters {
 public:
  static constexpr std::size_t kWaitingBytes = 1 << 20;

  // Appends to `path`; at `most_bytes` it becomes path.1, in whose place the
  // one before goes. The clock must outlive it.
  static absl::StatusOr<std::unique_ptr<KeptLetters>> Open(
      const std::string& path, std::uint64_t most_bytes, const Clock* clock);
  // Tries once more what waits.
  ~KeptLetters();
  void Write(const DeadLetter& letter);
  // Lines that stand nowhere. From any thread.
  std::uint64_t lost() const { return lost_; }

 private:
  KeptLetters(std::string path, std::uint64_t most_bytes, const Clock* clock)
      : path_(std::move(path)), most_(most_bytes), clock_(clock) {}

  void Flush();
  absl::Status TryToWrite();
  void TakeBackPart();
  absl::Status OpenFile();

  const std::string path_;
  const std::uint64_t most_;
  const Clock* const clock_;
  UniqueFd fd_;
  std::uint64_t size_ = 0;  // Of the whole lines in the file.
  std::string waiting_;     // Whole lines.
  bool failing_ = false;
  std::int64_t again_us_ = 0;  // When to try again what failed.
  std::atomic<std::uint64_t> lost_{0};
};

}  // namespace tocsin
