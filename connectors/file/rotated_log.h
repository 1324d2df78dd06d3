// One log: the file that is written, and which of its backups are not to be
// read, because they were or because they are older than the start.
#pragma once

#include <string>

#include "connectors/file/backup_list.h"
#include "connectors/file/file_position.h"
#include "connectors/file/followed_file.h"

namespace tocsin {

// Confined to one thread.
class RotatedLog {
 public:
  explicit RotatedLog(std::string base) { record_.base = std::move(base); }
  explicit RotatedLog(LogRecord record) : record_(std::move(record)) {}

  const LogRecord& record() const { return record_; }
  // Whether this backup was done with. When more was written to it since, it
  // is not, and `from` says where to go on.
  bool IsDone(const FoundFile& found, TextMark* from);
  // It is not read: only what comes behind its present end is new.
  void PassOver(const FoundFile& found);
  // It holds the text of a file that is followed.
  void IsCopy(const FoundFile& found) {
    Add({found.time_us(), found.key, {found.size}});
  }
  // It was read to where `file` stands.
  void Finished(const FollowedFile& file);
  // No backup of up to then is read.
  void PassOverUntil(std::int64_t time_us) { record_.floor_us = time_us; }
  // Whether a backup has stopped changing since it was last asked for; of the
  // apiserver's they have from the beginning.
  bool Settled(const FoundFile& found);

  FileKey active;       // The file that is written; 0: none is there.
  FileKey left;         // The one before, until its backup is met; 0: none.
  bool seen = false;    // In this look at the names.
  int looks = 0;        // So many times more at its backups.
  bool warned = false;  // That two programs rotate it.

 private:
  struct Seen {
    std::string path;
    std::uint64_t size = 0;
    std::int64_t written_us = 0;
  };
  void Add(DoneBackup backup);

  LogRecord record_;
  std::vector<Seen> unsettled_;
};

}  // namespace tocsin
