// How TailFiles finds files again by what a position or a log of streams says
// of them.
#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "connectors/file/tail_files.h"
#include "engine/base/log.h"

namespace tocsin {
namespace {

// Names move while they are looked at: so often is a file looked for before it
// is gone.
constexpr int kSearches = 3;

}  // namespace

// The file of `record` among those; only itself, or only others with its text:
// first the one with its time, then the oldest backup, of which several may
// begin alike; those that are known otherwise or are copies come behind.
std::unique_ptr<FollowedFile> TailFiles::Match(
    const FileRecord& record, const std::vector<FoundFile>& among,
    bool same_file) {
  const auto log = logs_.find(record.base);
  const auto known = [&](const FoundFile& found) {
    TextMark from;
    return found.backup && log != logs_.end() &&
           log->second.IsDone(found, &from);
  };
  const auto rank = [&](const FoundFile& found) {
    if (!found.backup) return 3;
    if (record.time_us != 0 && found.backup->time_us == record.time_us) {
      return 0;
    }
    return known(found) ? 2 : 1;
  };
  std::vector<std::pair<int, const FoundFile*>> order;
  for (const FoundFile& found : among) {
    if ((found.key == record.key) != same_file) continue;
    if (same_file || LogOf(found.path) == record.base) {
      order.emplace_back(same_file ? 0 : rank(found), &found);
    }
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) {
                     if (a.first != b.first) return a.first < b.first;
                     return a.second->time_us() < b.second->time_us();
                   });
  for (const auto& [unused, found] : order) {
    if (Held(found->key) != nullptr) continue;
    // An empty place in an empty text is everywhere.
    if (!same_file && record.mark.head_size == 0) continue;
    auto text = FileText::Open(found->path);
    if (!text.ok() || !((*text)->key() == found->key)) continue;
    auto file = std::make_unique<FollowedFile>(*std::move(text), record.id,
                                               found->path, record.base);
    if (!file->Holds(record.mark)) continue;
    file->named = !found->backup;
    file->time_us = found->backup ? found->backup->time_us : 0;
    file->order_us = found->time_us();
    return file;
  }
  return nullptr;
}

FollowedFile* TailFiles::Adopt(std::unique_ptr<FollowedFile> file,
                               const FileRecord& record, std::int64_t now_ms) {
  file->GoOnFrom(record);
  file->quiet_since_ms = now_ms;
  watch_.Add(file->path);
  watch_.Add(FolderOf(file->path));
  ++counts_->opened;
  next_id_ = std::max(next_id_, record.id + 1);
  Log(LogLevel::kInfo, "following a file on from where it was read",
      {{"source", options_->name},
       {"path", file->path},
       {"offset", absl::StrFormat("%d", file->offset())}});
  files_.push_back(std::move(file));
  return files_.back().get();
}

// What may be the files of `records`: everything that the pattern names, and
// the backups of their logs.
std::vector<FoundFile> TailFiles::Candidates(
    const std::vector<FileRecord>& records) {
  std::vector<FoundFile> among = Named();
  std::vector<std::string> logs;
  for (const FileRecord& record : records) logs.push_back(record.base);
  std::sort(logs.begin(), logs.end());
  logs.erase(std::unique(logs.begin(), logs.end()), logs.end());
  const auto add = [&](FoundFile found) {
    const bool known =
        std::any_of(among.begin(), among.end(),
                    [&](const FoundFile& one) { return one.key == found.key; });
    if (!known) among.push_back(std::move(found));
  };
  for (const std::string& log : logs) {
    if (auto found = FindFile(log); found) add(*std::move(found));
  }
  BackupsByLog lists = ListBackups(logs);
  for (auto& [log, list] : lists) {
    for (FoundFile& found : list) add(std::move(found));
  }
  return among;
}

// Follows those of `records` that are found; gives the others.
std::vector<FileRecord> TailFiles::AdoptFound(std::vector<FileRecord> records,
                                              bool old_form,
                                              std::int64_t now_ms) {
  const std::vector<FoundFile> among = Candidates(records);
  for (const bool same_file : {true, false}) {
    std::erase_if(records, [&](const FileRecord& record) {
      auto file = Match(record, among, same_file);
      if (file == nullptr) return false;
      const FollowedFile* const found = Adopt(std::move(file), record, now_ms);
      // That form tells nothing of backups: later than this one are new.
      if (old_form && same_file && found->time_us != 0) {
        LogAt(record.base)->PassOverUntil(found->time_us);
      }
      return true;
    });
  }
  return records;
}

void TailFiles::Resolve(std::int64_t now_ms) {
  if (!resumed_) return;
  TailPosition position = *std::exchange(resumed_, std::nullopt);
  has_position_ = true;
  next_id_ = position.next_id;
  const bool old_form = position.saved_us == 0;
  const std::int64_t now_us = options_->clock->WallMicros();
  unknown_floor_us_ = old_form ? now_us : position.saved_us;
  for (LogRecord& log : position.logs) {
    RotatedLog known(std::move(log));
    known.looks = kLooks;
    logs_.insert_or_assign(known.record().base, std::move(known));
  }
  for (FileRecord& record : position.files) {
    if (record.base.empty()) record.base = LogOf(record.path);
  }
  std::vector<FileRecord> missing = std::move(position.files);
  for (int i = 0; i < kSearches && !missing.empty(); ++i) {
    missing = AdoptFound(std::move(missing), old_form, now_ms);
  }
  for (const FileRecord& record : missing) {
    if (!record.finished &&
        (record.mark.head_size > 0 || record.mark.offset > 0)) {
      Lose(record, 0, "its rotated file is gone");
    }
  }
  NoteEnds(now_ms);
  Sort();
}

FollowedFile* TailFiles::FindStream(const FileRecord& name,
                                    std::int64_t now_ms) {
  Resolve(now_ms);
  if (FollowedFile* const file = Find(name.id); file != nullptr) {
    if (file->offset() != name.mark.offset || file->Holds(name.mark)) {
      return file;
    }
    // It was empty when the position was made, and what stands there now is
    // not what was read since: a stream to come.
    std::erase_if(files_, [&](const auto& one) { return one.get() == file; });
    ++changes_;
  }
  // A stream of which nothing was given yet may have taken the file meanwhile,
  // by the head that the active file had: it begins elsewhere.
  const std::size_t taken = std::erase_if(files_, [&](const auto& file) {
    return file->offset() == 0 && name.mark.head_size > 0 &&
           file->Holds(name.mark);
  });
  changes_ += taken;
  for (int i = 0; !AdoptFound({name}, /*old_form=*/false, now_ms).empty();) {
    if (++i == kSearches) return nullptr;
  }
  FollowedFile* const found = files_.back().get();
  found->order_us = std::max(found->order_us, found->time_us);
  NoteEnds(now_ms);
  Sort();
  return found;
}

}  // namespace tocsin
