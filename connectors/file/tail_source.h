// Files that are still growing, as one source: every file that a pattern
// names, through rotation by renaming, by copying and truncating, and through
// the appearance of new ones. Only whole lines leave it, so lines of several
// files never mix.
//
// A renamed file is read to its end (and for a while after, its writer may not
// have noticed) while the new one under its name is followed already. A file
// that cannot be read is reported once and tried again.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "connectors/file/file_watch.h"
#include "connectors/file/followed_file.h"
#include "engine/base/clock.h"
#include "engine/base/strings.h"
#include "engine/ports/source.h"

namespace tocsin {

enum class TailStart { kBeginning, kEnd };

struct TailOptions {
  std::string name;
  std::string pattern;                // A path or a glob.
  TailStart start = TailStart::kEnd;  // For files that are there at first.
  int rescan_ms = 500;                // Look at names and sizes this often.
  int drain_ms = 5'000;  // A rotated file is done when quiet so long.
  bool inotify = true;
  const Clock* clock = RealClock();  // Outlives the source.
};

// What happened to the files, for metrics.
struct TailCounts {
  std::uint64_t opened = 0, rotated = 0, replaced = 0, unreadable = 0;
};

// Confined to the thread that reads it.
class TailSource : public Source {
 public:
  explicit TailSource(TailOptions options);
  ~TailSource() override;
  std::string_view name() const override { return options_.name; }
  // Never kEnd. kFileEnd only behind a last line that has no line feed.
  absl::StatusOr<ReadOutcome> Read(char* into, std::size_t capacity) override;
  void Wait(int timeout_ms) override;
  // One line a file: device, inode, offset, hash of its head, path.
  SourcePosition position() const override;
  // Before the first Read(). A file that is in no position starts at its
  // beginning: it came since.
  absl::Status Resume(const SourcePosition& position) override;
  const TailCounts& counts() const { return counts_; }

 private:
  struct Resumed;
  std::int64_t NowMs() const;
  void Rescan();
  void Place(FollowedFile* file, bool first_scan);
  void ReportOnce(const std::string& path, const absl::Status& why);
  // The next outcome of one file; kNothing when it has none now.
  absl::StatusOr<ReadOutcome> ReadFile(FollowedFile* file, char* into,
                                       std::size_t capacity);
  absl::StatusOr<ReadOutcome> ReadRotated(FollowedFile* file, char* into,
                                          std::size_t capacity);

  TailOptions options_;
  FileWatch watch_;
  std::vector<std::unique_ptr<FollowedFile>> files_;  // Oldest first.
  std::size_t current_ = 0;
  std::vector<Resumed> resumed_;
  StringSet reported_;  // Paths whose trouble was told.
  std::int64_t last_scan_ms_ = 0;
  std::int64_t next_scan_ms_ = 0;
  bool scanned_ = false;
  bool found_nothing_told_ = false;
  TailCounts counts_;
};

}  // namespace tocsin
