// Files that are still growing, as one source: every file that a pattern
// names, through rotation by renaming, by copying and truncating, compression,
// and the appearance of new ones. Each file is a stream; only whole lines leave
// it, so lines of several files never mix.
//
// A renamed file is read to its end (and for a while after, its writer may not
// have noticed) while the new one under its name is followed already. A file
// that cannot be read is reported once and tried again.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "connectors/file/tail_files.h"
#include "connectors/file/tail_options.h"
#include "engine/base/mutex.h"
#include "engine/ports/source.h"

namespace tocsin {

// Confined to the thread that reads it, but for Metrics().
class TailSource : public Source {
 public:
  explicit TailSource(TailOptions options);
  ~TailSource() override;
  std::string_view name() const override { return options_.name; }
  // Never kEnd. kFileEnd only behind a last line that has no line feed.
  absl::StatusOr<ReadOutcome> Read(char* into, std::size_t capacity) override;
  void Wait(int timeout_ms) override;
  SourcePosition position() const override;
  // Before the first Read(). A file that is in no position starts at its
  // beginning: it came since.
  absl::Status Start() override;
  absl::Status Resume(const SourcePosition& position) override;
  std::string StreamName(std::uint32_t stream) const override;
  std::string TextOfStream(std::string_view name) const override;
  absl::Status Replay(const SourceReplay& replay) override;
  void ReplayEnd() override;
  std::vector<MetricFamily> Metrics() const override;
  const TailCounts& counts() const { return counts_; }

 private:
  void Rescan();
  std::int64_t NowMs() const;
  absl::StatusOr<ReadOutcome> ReadNext(char* into, std::size_t capacity);
  absl::StatusOr<ReadOutcome> ReadAgain(char* into, std::size_t capacity);
  // The next outcome of one file; kNothing when it has none now.
  absl::StatusOr<ReadOutcome> ReadFile(FollowedFile* file, char* into,
                                       std::size_t capacity);
  void Reorder();
  ReadOutcome GoOnReplaced(FollowedFile* file);
  absl::StatusOr<ReadOutcome> ReadRotated(FollowedFile* file, char* into,
                                          std::size_t capacity);
  void Count(const ReadOutcome& outcome);

  TailOptions options_;
  TailCounts counts_;
  TailFiles files_;
  std::size_t current_ = 0;    // Of files_.files().
  std::uint64_t changes_ = 0;  // Of files_, that current_ rests on.

  bool replaying_ = false;
  std::uint32_t replayed_ = 0;  // The stream, and how much of it.
  std::uint64_t replay_left_ = 0;
  std::uint32_t half_line_ = 0;  // A stream that ended without a line feed.

  std::int64_t last_scan_ms_ = 0;
  std::int64_t next_scan_ms_ = 0;
  std::int64_t caught_up_us_ = 0;  // When nothing was left to read.

  mutable Mutex mutex_;
  TailCounts shown_ TOCSIN_GUARDED_BY(mutex_);
  std::int64_t shown_caught_up_us_ TOCSIN_GUARDED_BY(mutex_) = 0;
};

}  // namespace tocsin
