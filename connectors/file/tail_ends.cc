// How files of TailFiles end: renamed, deleted, replaced, read to their end.
#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "connectors/file/tail_files.h"
#include "engine/base/log.h"

namespace tocsin {
namespace {

// Bytes on disk that only an open descriptor keeps.
std::uint64_t DeletedBytes(const FollowedFile& file) {
  const auto status = file.Status();
  if (!status.ok() || status->st_nlink > 0) return 0;
  constexpr std::uint64_t kBlockBytes = 512;
  return static_cast<std::uint64_t>(status->st_blocks) * kBlockBytes;
}

}  // namespace

// Who is written no more: what has a newer file in its place.
void TailFiles::NoteEnds(std::int64_t now_ms) {
  counts_->unlinked_now = counts_->behind_bytes = 0;
  absl::flat_hash_map<std::string, std::int64_t> newest;
  for (const auto& file : files_) {
    std::int64_t& time = newest[file->base];
    time = std::max(time, file->time_us);
  }
  for (const auto& file : files_) {
    counts_->behind_bytes += file->Behind();
    const RotatedLog& log = *LogAt(file->base);
    const bool followed = log.active.inode != 0
                              ? !(log.active == file->key())
                              : file->time_us < newest[file->base];
    const bool is_backup =
        file->time_us != 0 || LogOf(file->path) != file->path;
    const bool was_unlinked = file->unlinked;
    file->unlinked = !file->named && !followed && !is_backup;
    file->rotated =
        followed ? !file->named || is_backup : is_backup && !file->named;
    if (file->unlinked &&
        now_ms - file->quiet_since_ms >= options_->unlinked_ms) {
      file->unlinked = false;
      file->rotated = true;
    }
    counts_->unlinked_now += file->unlinked;
    if (!file->unlinked || was_unlinked) continue;
    ++counts_->unlinked;
    Log(LogLevel::kWarning,
        "a log has lost its name and is still read; nothing has taken its "
        "place: its writer goes on into a file that will vanish",
        {{"source", options_->name}, {"path", file->path}});
  }
  counts_->open = files_.size();
}

void TailFiles::Lose(const FileRecord& from, std::uint64_t to,
                     std::string_view why) {
  LostText lost;
  lost.from = from;
  lost.why = absl::StrFormat("%s from byte %d", from.path, from.mark.offset);
  if (to > from.mark.offset) lost.why += absl::StrFormat(" to %d", to);
  if (from.written_us != 0) {
    lost.why += absl::StrFormat(" (%s)", TimeText(from.written_us));
  }
  lost.why += absl::StrFormat(": %s", std::string(why));
  Log(LogLevel::kError, "text of a log is lost",
      {{"source", options_->name}, {"range", lost.why}});
  ++counts_->lost;
  lost_.push_back(std::move(lost));
}

// Deleted files take room that nobody can see: only so much of it.
void TailFiles::BoundDeleted() {
  std::uint64_t held = 0;
  for (const auto& file : files_) held += DeletedBytes(*file);
  for (std::size_t i = 0; i < files_.size();) {
    if (held <= options_->deleted_bytes) return;
    FollowedFile* const file = files_[i].get();
    const std::uint64_t bytes = DeletedBytes(*file);
    if (bytes == 0 || file->mid_line()) {
      ++i;
      continue;
    }
    held -= bytes;
    GiveUp(file,
           "it was deleted, and more than may be kept open of such files "
           "had not been read");
  }
}

void TailFiles::GiveUp(FollowedFile* file, std::string_view why) {
  const FileRecord record = file->Record();
  const std::uint64_t behind = file->compressed() ? 0 : file->Behind();
  if (behind > 0 || file->compressed()) {
    Lose(record, record.mark.offset + behind, why);
  }
  LogAt(file->base)->Finished(*file);
  std::erase_if(files_, [&](const auto& one) { return one.get() == file; });
  ++changes_;
}

void TailFiles::Finish(FollowedFile* file) {
  ++counts_->rotated;
  Log(LogLevel::kInfo, "a rotated file was read to its end",
      {{"source", options_->name}, {"path", file->path}});
  LogAt(file->base)->Finished(*file);
  std::erase_if(files_, [&](const auto& one) { return one.get() == file; });
  ++changes_;
}

// Moves `file` to a copy that was made of it before it was truncated.
bool TailFiles::MoveToCopy(FollowedFile* file, const TextMark& mark) {
  if (mark.head_size == 0) return false;
  const BackupsByLog lists = ListBackups({file->base});
  const auto list = lists.find(file->base);
  if (list == lists.end()) return false;
  for (auto found = list->second.rbegin(); found != list->second.rend();
       ++found) {
    if (Held(found->key) != nullptr) continue;
    auto text = FileText::Open(found->path);
    if (!text.ok()) continue;
    const FollowedFile copy(*std::move(text), 0, found->path, file->base);
    if (!copy.Holds(mark)) continue;
    text = FileText::Open(found->path);
    if (!text.ok() || !((*text)->key() == found->key)) continue;
    Log(LogLevel::kInfo, "a file was copied and truncated; its copy is read on",
        {{"source", options_->name}, {"path", found->path}});
    file->MoveTo(*std::move(text), found->path);
    file->time_us = found->backup->time_us;
    file->order_us = found->time_us();
    return true;
  }
  return false;
}

void TailFiles::FollowAnew(const FollowedFile& file, std::int64_t now_ms) {
  auto text = file.Text();
  if (!text.ok()) return;  // Met again by its name.
  auto anew = std::make_unique<FollowedFile>(*std::move(text), next_id_++,
                                             file.path, file.base);
  anew->named = file.named;
  anew->rotated = file.rotated;
  anew->quiet_since_ms = now_ms;
  files_.push_back(std::move(anew));
}

bool TailFiles::Replaced(FollowedFile* file, bool replaying,
                         std::int64_t now_ms) {
  ++counts_->replaced;
  LogAt(file->base)->looks = kLooks;
  const FileRecord record = file->Record();
  // The ids of what a log has still to say are not known here.
  if (!replaying) FollowAnew(*file, now_ms);
  const bool goes_on = MoveToCopy(file, record.mark);
  if (!goes_on) {
    Log(LogLevel::kInfo, "a file was truncated or replaced; from its start",
        {{"source", options_->name}, {"path", file->path}});
    if (file->seen_behind() > 0) {
      Lose(record, record.mark.offset + file->seen_behind(),
           "it was truncated before that was read");
    }
    std::erase_if(files_, [&](const auto& one) { return one.get() == file; });
  }
  Sort();
  return goes_on;
}

TailPosition TailFiles::Position(std::int64_t wall_us) const {
  // Nothing was looked for yet: as it was.
  if (resumed_) return *resumed_;
  TailPosition position;
  position.next_id = next_id_;
  position.saved_us = wall_us;
  for (const LostText& lost : lost_) {
    if (lost.from.id != 0) position.files.push_back(lost.from);
  }
  for (const auto& file : files_) {
    FileRecord record = file->Record();
    // Of an empty file nothing is known but an inode, which another may get.
    if (record.mark.offset > 0 || record.mark.head_size > 0) {
      position.files.push_back(std::move(record));
    }
  }
  for (const auto& [base, log] : logs_) {
    if (log.active.inode == 0 && log.record().done.empty() &&
        base != options_->pattern) {
      continue;
    }
    position.logs.push_back(log.record());
  }
  return position;
}

}  // namespace tocsin
