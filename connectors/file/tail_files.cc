#include "connectors/file/tail_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_format.h"
#include "connectors/file/glob.h"
#include "engine/base/log.h"
#include "engine/base/status.h"

namespace tocsin {
TailFiles::TailFiles(const TailOptions* options, TailCounts* counts)
    : options_(options), counts_(counts), watch_(options->inotify) {}

void TailFiles::ReportOnce(const std::string& path, const absl::Status& why) {
  if (!reported_.insert(path).second) return;
  ++counts_->unreadable;
  Log(LogLevel::kWarning, "a file cannot be followed; it is tried again",
      {{"source", options_->name},
       {"path", path},
       {"reason", std::string(Message(why))}});
}

// The files that the pattern names, oldest first. What is there and cannot be
// looked at is told: a link to itself, a folder without permission.
std::vector<FoundFile> TailFiles::Named() {
  const bool glob = IsGlob(options_->pattern);
  const auto failed = [&](const std::string& path) {
    if (errno == ENOENT || errno == ENOTDIR) return;
    ReportOnce(path, ErrnoStatus(errno, absl::StrFormat("opening %s", path)));
  };
  std::vector<std::string> paths{options_->pattern};
  if (glob) paths = ExpandGlob(options_->pattern);
  std::vector<FoundFile> named;
  for (const std::string& path : paths) {
    struct stat status;
    if (stat(path.c_str(), &status) != 0) {
      failed(path);
    } else if (auto found = FindFile(path); found) {
      named.push_back(*std::move(found));
    } else if (auto text = FileText::Open(path); !text.ok()) {
      ReportOnce(path, text.status());
    }
  }
  const std::string folder = FolderOf(options_->pattern);
  if (glob && paths.empty() && !IsGlob(folder) &&
      faccessat(AT_FDCWD, folder.c_str(), R_OK | X_OK, AT_EACCESS) != 0) {
    failed(folder);
  }
  std::stable_sort(named.begin(), named.end(),
                   [](const FoundFile& a, const FoundFile& b) {
                     return a.written_us < b.written_us;
                   });
  return named;
}

RotatedLog* TailFiles::LogAt(const std::string& base) {
  auto [at, made] = logs_.try_emplace(base, base);
  if (made) {
    at->second.looks = kLooks;
    at->second.PassOverUntil(unknown_floor_us_);
  }
  return &at->second;
}

FollowedFile* TailFiles::Held(const FileKey& key) const {
  for (const auto& file : files_) {
    if (file->key() == key) return file.get();
  }
  return nullptr;
}

FollowedFile* TailFiles::Find(std::uint32_t id) const {
  for (const auto& file : files_) {
    if (file->id() == id) return file.get();
  }
  return nullptr;
}

// Which files have which names now. A file that is written by a name that led
// elsewhere before, or a backup that is not followed, makes its log worth a
// look at its backups.
void TailFiles::NoteNames(const std::vector<FoundFile>& named,
                          std::vector<FoundFile>* fresh) {
  absl::flat_hash_map<std::uint64_t, std::vector<FollowedFile*>> held;
  for (const auto& file : files_) held[file->key().inode].push_back(file.get());
  const auto held_as = [&](const FileKey& key) -> FollowedFile* {
    const auto at = held.find(key.inode);
    if (at == held.end()) return nullptr;
    for (FollowedFile* file : at->second) {
      if (file->key() == key) return file;
    }
    return nullptr;
  };
  for (auto& [base, log] : logs_) log.seen = false;
  std::vector<FollowedFile*> were_named;
  for (const auto& file : files_) {
    if (file->named) were_named.push_back(file.get());
    file->named = false;
  }
  for (const FoundFile& found : named) {
    RotatedLog* const log = LogAt(LogOf(found.path));
    if (!found.backup) {
      if (!(log->active == found.key)) {
        log->looks = kLooks;
        if (log->active.inode != 0) log->left = log->active;
      }
      log->active = found.key;
      log->seen = true;
    }
    FollowedFile* const file = held_as(found.key);
    if (file != nullptr) {
      file->named = true;
      file->path = found.path;
      if (found.backup) file->time_us = found.backup->time_us;
    } else if (!found.backup) {
      fresh->push_back(found);
    } else if (log->looks == 0) {
      TextMark from;
      if (!log->IsDone(found, &from)) log->looks = 1;
    }
  }
  for (auto& [base, log] : logs_) {
    if (!log.seen && log.active.inode != 0) {
      log.left = std::exchange(log.active, {});
      log.looks = kLooks;
    }
  }
  for (FollowedFile* file : were_named) {
    if (!file->named) LogAt(file->base)->looks = kLooks;
  }
}

FollowedFile* TailFiles::Follow(const FoundFile& found, std::uint32_t id,
                                std::int64_t now_ms) {
  auto text = FileText::Open(found.path);
  if (!text.ok()) {
    // A name that moved meanwhile is met again under its new one.
    if (!absl::IsNotFound(text.status())) ReportOnce(found.path, text.status());
    return nullptr;
  }
  if (!((*text)->key() == found.key)) return nullptr;
  reported_.erase(found.path);
  auto file = std::make_unique<FollowedFile>(*std::move(text), id, found.path,
                                             LogOf(found.path));
  file->named = !found.backup;
  file->time_us = found.backup ? found.backup->time_us : 0;
  file->order_us = found.time_us();
  file->quiet_since_ms = now_ms;
  watch_.Add(found.path);
  watch_.Add(FolderOf(found.path));
  ++counts_->opened;
  files_.push_back(std::move(file));
  return files_.back().get();
}

void TailFiles::Open(const FoundFile& found, bool first, std::int64_t now_ms) {
  FollowedFile* const file = Follow(found, next_id_, now_ms);
  if (file == nullptr) {
    if (found.backup) LogAt(LogOf(found.path))->looks = kLooks;
    return;
  }
  ++next_id_;
  const bool at_end =
      first && !has_position_ && options_->start == TailStart::kEnd;
  if (at_end) file->SeekToLastLine();
  const auto on =
      std::find_if(go_on_.begin(), go_on_.end(),
                   [&](const auto& one) { return one.first == found.path; });
  if (on != go_on_.end()) {
    FileRecord record;
    record.mark = on->second;
    file->GoOnFrom(record);
  }
  Log(LogLevel::kInfo, "following a file",
      {{"source", options_->name},
       {"path", found.path},
       {"offset", absl::StrFormat("%d", file->offset())}});
}

void TailFiles::Rescan(std::int64_t now_ms) {
  Resolve(now_ms);
  const bool first = !scanned_;
  watch_.Add(FolderOf(options_->pattern));
  if (!IsGlob(options_->pattern)) LogAt(options_->pattern);
  const std::vector<FoundFile> named = Named();
  std::vector<FoundFile> fresh;
  NoteNames(named, &fresh);
  NoteFolders();
  LookAtBackups(named, first, &fresh);
  scanned_ = true;
  // Backups of a log that comes later were there before it.
  if (first && !has_position_)
    unknown_floor_us_ = options_->clock->WallMicros();
  counts_->pending = 0;
  const std::size_t before = files_.size();
  for (const FoundFile& found : fresh) {
    if (files_.size() >= options_->open_files) {
      ++counts_->pending;
      if (found.backup) LogAt(LogOf(found.path))->looks = kLooks;
    } else {
      Open(found, first, now_ms);
    }
  }
  go_on_.clear();
  NoteEnds(now_ms);
  BoundDeleted();
  if (files_.size() != before) Sort();
  if (files_.empty() && !found_nothing_told_) {
    found_nothing_told_ = true;
    Log(LogLevel::kWarning, "no file to follow yet; waiting for one",
        {{"source", options_->name}, {"pattern", options_->pattern}});
  }
}

void TailFiles::Sort() {
  const auto rank = [](const FollowedFile& file) {
    return !(file.compressed() || file.time_us != 0 || file.rotated);
  };
  std::stable_sort(files_.begin(), files_.end(),
                   [&](const auto& a, const auto& b) {
                     if (rank(*a) != rank(*b)) return rank(*a) < rank(*b);
                     if (rank(*a)) return a->id() < b->id();
                     return a->order_us < b->order_us;
                   });
  ++changes_;
}

}  // namespace tocsin
