// Which backups TailFiles follows: those that nobody has read.
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "connectors/file/tail_files.h"
#include "engine/base/log.h"

namespace tocsin {

// Whether a backup holds the text of a file that is followed already: a copy
// that was made of it, or itself compressed.
TailFiles::CopyOf TailFiles::IsCopyOfHeld(const FoundFile& found,
                                          const std::string& base) {
  const std::int64_t told = found.backup->time_us;
  const bool renamed = found.backup->scheme == BackupScheme::kTimestamp;
  std::unique_ptr<FollowedFile> copy;
  for (const auto& file : files_) {
    if (file->base != base) continue;
    if (told != 0 && told == file->time_us) {
      file->backed_up = true;
      return CopyOf::kHeld;
    }
    // What was renamed is told apart by names, and is no copy of what is
    // written now.
    if (renamed && (file->time_us != 0 || file->named)) continue;
    const TextMark mark = file->Record().mark;
    if (mark.head_size == 0) continue;
    if (copy == nullptr) {
      auto text = FileText::Open(found.path);
      if (!text.ok()) return CopyOf::kNone;
      copy =
          std::make_unique<FollowedFile>(*std::move(text), 0, found.path, base);
    }
    if (!copy->Holds(mark)) continue;
    if (mark.offset == 0 && !copy->compressed() &&
        !file->Holds(copy->EndMark())) {
      continue;
    }
    if (!file->named && told != 0) file->time_us = file->order_us = told;
    // What nothing was read of may be truncated before it is.
    file->backed_up = true;
    const bool unread = mark.offset == 0 && file->named;
    return unread ? CopyOf::kHeldUnread : CopyOf::kHeld;
  }
  return CopyOf::kNone;
}

bool TailFiles::Wanted(const FoundFile& found, RotatedLog* log,
                       TextMark* from) {
  if (log->IsDone(found, from)) return false;
  if (scanned_ && !log->Settled(found)) {
    log->looks = kLooks;
    return false;
  }
  switch (IsCopyOfHeld(found, log->record().base)) {
    case CopyOf::kNone:
      return true;
    case CopyOf::kHeld:
      log->IsCopy(found);
      break;
    case CopyOf::kHeldUnread:
      log->looks = kLooks;
      break;
  }
  return false;
}

// At a first start: of backups, those are read that the pattern names, if the
// start is the beginning; and the newest one, when it is what is written.
void TailFiles::PassOverBackups(const std::vector<FoundFile>& named,
                                RotatedLog* log,
                                const std::vector<FoundFile>& backups) {
  for (const FoundFile& found : backups) {
    const bool is_named =
        std::any_of(named.begin(), named.end(),
                    [&](const FoundFile& one) { return one.key == found.key; });
    const bool is_written = log->active.inode == 0 &&
                            &found == &backups.back() &&
                            !found.backup->compressed;
    const bool wanted =
        is_named && (options_->start == TailStart::kBeginning || is_written);
    if (!wanted) log->PassOver(found);
  }
}

// A folder in which names came or went may hold new backups, whatever became of
// the file that is written.
void TailFiles::NoteFolders() {
  StringMap<bool> changed;
  for (auto& [base, log] : logs_) {
    const std::string folder = FolderOf(base);
    const auto [at, made] = changed.try_emplace(folder, false);
    struct stat status;
    if (made && stat(folder.c_str(), &status) == 0) {
      const std::int64_t now = WrittenMicros(status);
      at->second = std::exchange(folder_times_[folder], now) != now;
    }
    if (at->second) log.looks = kLooks;
  }
}

// The oldest backup that was not met before stands behind the file that was
// written at the last look, whose own backup is gone already: the same may be
// true of others between the two.
void TailFiles::NoteSkipped(const FoundFile& oldest, RotatedLog* log) {
  FollowedFile* const file = Held(std::exchange(log->left, FileKey()));
  if (file == nullptr || file->backed_up || file->named) return;
  // Its own name is not known any more; it stands before that one.
  file->time_us = file->order_us = oldest.time_us() - 1;
  FileRecord end = file->Record();
  const auto status = file->Status();
  if (end.mark.head_size == 0 || !status.ok()) return;
  end.id = 0;  // It is no file to go on with.
  end.mark.offset = static_cast<std::uint64_t>(status->st_size);
  Lose(end, 0,
       absl::StrFormat("files that were written between it and %s may be gone: "
                       "the log was rotated and its backups deleted faster "
                       "than they were looked for",
                       oldest.path));
}

void TailFiles::LookAtBackups(const std::vector<FoundFile>& named, bool first,
                              std::vector<FoundFile>* fresh) {
  std::vector<std::string> wanted;
  for (const auto& [base, log] : logs_) {
    if (log.looks > 0) wanted.push_back(base);
  }
  if (wanted.empty()) return;
  std::vector<FoundFile> backups;
  for (const auto& [base, list] : ListBackups(wanted)) {
    RotatedLog* const log = LogAt(base);
    if (!log->warned && TwoSchemes(list)) {
      log->warned = true;
      Log(LogLevel::kWarning,
          "two programs rotate one log, which loses events: let only one do it",
          {{"source", options_->name}, {"path", base}});
    }
    if (first && !has_position_) PassOverBackups(named, log, list);
    for (const FoundFile& found : list) {
      FollowedFile* const held = Held(found.key);
      if (held != nullptr) {
        held->backed_up = true;
        if (!held->named) held->path = found.path;
        held->time_us = found.backup->time_us;
        if (held->time_us != 0) held->order_us = held->time_us;
      }
    }
    const std::size_t before = backups.size();
    for (const FoundFile& found : list) {
      TextMark from;
      if (Held(found.key) == nullptr && Wanted(found, log, &from)) {
        backups.push_back(found);
        if (from.offset > 0) go_on_.emplace_back(found.path, from);
      }
    }
    if (backups.size() > before) NoteSkipped(backups[before], log);
  }
  std::stable_sort(backups.begin(), backups.end(),
                   [](const FoundFile& a, const FoundFile& b) {
                     return a.time_us() < b.time_us();
                   });
  fresh->insert(fresh->begin(), backups.begin(), backups.end());
  for (const std::string& base : wanted) {
    RotatedLog* const log = LogAt(base);
    log->looks = std::max(log->looks - 1, 0);
  }
}

}  // namespace tocsin
