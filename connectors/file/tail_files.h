// The files that a pattern names, and the backups of their logs: which are
// followed, from where, and in which order they are read.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "connectors/file/backup_list.h"
#include "connectors/file/file_position.h"
#include "connectors/file/file_watch.h"
#include "connectors/file/followed_file.h"
#include "connectors/file/rotated_log.h"
#include "connectors/file/tail_options.h"
#include "engine/base/strings.h"

namespace tocsin {

// Text that was to come and cannot be had.
struct LostText {
  FileRecord from;
  std::string why;  // "/var/log/audit.log from byte 7 (...): ..."
};

// Confined to one thread.
class TailFiles {
 public:
  TailFiles(const TailOptions* options, TailCounts* counts);

  // Before the first Rescan().
  void Resume(TailPosition position) { resumed_ = std::move(position); }
  // Looks at names: opens what is new, takes note of what was renamed.
  void Rescan(std::int64_t now_ms);
  // The stream that `name` names, followed from where it stands, or else from
  // the place in `name`; null when it cannot be had.
  FollowedFile* FindStream(const FileRecord& name, std::int64_t now_ms);

  // In the order in which they are read: backups first, the oldest before all.
  const std::vector<std::unique_ptr<FollowedFile>>& files() const {
    return files_;
  }
  FollowedFile* Find(std::uint32_t id) const;
  // It was read to its end, or cannot be read on.
  void Finish(FollowedFile* file);
  void GiveUp(FollowedFile* file, std::string_view why);
  // Its content was replaced: its stream goes on in a copy, or is lost; what
  // stands there now is a new stream. Whether `file` goes on.
  bool Replaced(FollowedFile* file, bool replaying, std::int64_t now_ms);

  // Tells once that a path cannot be read.
  void ReportOnce(const std::string& path, const absl::Status& why);

  const std::deque<LostText>& lost() const { return lost_; }
  void LostIsTold() { lost_.pop_front(); }
  TailPosition Position(std::int64_t wall_us) const;
  FileWatch& watch() { return watch_; }
  // Up whenever the order of files() or their number changed.
  std::uint64_t changes() const { return changes_; }

 private:
  std::vector<FoundFile> Named();
  RotatedLog* LogAt(const std::string& base);
  FollowedFile* Held(const FileKey& key) const;
  void Lose(const FileRecord& from, std::uint64_t to, std::string_view why);

  // A look at a folder may miss a name that moves: so many looks more.
  static constexpr int kLooks = 2;

  // tail_files.cc, tail_backups.cc, tail_ends.cc: one look.
  void NoteNames(const std::vector<FoundFile>& named,
                 std::vector<FoundFile>* fresh);
  void NoteFolders();
  void NoteSkipped(const FoundFile& oldest, RotatedLog* log);
  void LookAtBackups(const std::vector<FoundFile>& named, bool first,
                     std::vector<FoundFile>* fresh);
  bool Wanted(const FoundFile& found, RotatedLog* log, TextMark* from);
  enum class CopyOf { kNone, kHeld, kHeldUnread };
  CopyOf IsCopyOfHeld(const FoundFile& found, const std::string& base);
  void PassOverBackups(const std::vector<FoundFile>& named, RotatedLog* log,
                       const std::vector<FoundFile>& backups);
  FollowedFile* Follow(const FoundFile& found, std::uint32_t id,
                       std::int64_t now_ms);
  void Open(const FoundFile& found, bool first, std::int64_t now_ms);
  void NoteEnds(std::int64_t now_ms);
  void BoundDeleted();
  bool MoveToCopy(FollowedFile* file, const TextMark& mark);
  void FollowAnew(const FollowedFile& file, std::int64_t now_ms);
  void Sort();

  // tail_resume.cc
  void Resolve(std::int64_t now_ms);
  std::vector<FileRecord> AdoptFound(std::vector<FileRecord> records,
                                     bool old_form, std::int64_t now_ms);
  std::vector<FoundFile> Candidates(const std::vector<FileRecord>& records);
  std::unique_ptr<FollowedFile> Match(const FileRecord& record,
                                      const std::vector<FoundFile>& among,
                                      bool same_file);
  FollowedFile* Adopt(std::unique_ptr<FollowedFile> file,
                      const FileRecord& record, std::int64_t now_ms);

  const TailOptions* options_;
  TailCounts* counts_;
  FileWatch watch_;
  std::vector<std::unique_ptr<FollowedFile>> files_;
  std::map<std::string, RotatedLog, std::less<>> logs_;
  std::vector<std::pair<std::string, TextMark>> go_on_;  // By path.
  std::optional<TailPosition> resumed_;
  bool has_position_ = false;
  std::int64_t unknown_floor_us_ = INT64_MIN;  // Of a log that no position has.
  std::deque<LostText> lost_;
  std::uint32_t next_id_ = 1;
  std::uint64_t changes_ = 0;
  StringMap<std::int64_t> folder_times_;
  StringSet reported_;  // Paths whose trouble was told.
  bool scanned_ = false;
  bool found_nothing_told_ = false;
};

}  // namespace tocsin
