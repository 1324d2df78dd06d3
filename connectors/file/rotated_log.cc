#include "connectors/file/rotated_log.h"

#include <algorithm>
#include <utility>

namespace tocsin {
namespace {

std::unique_ptr<FollowedFile> OpenFound(const FoundFile& found) {
  auto text = FileText::Open(found.path);
  if (!text.ok()) return nullptr;
  return std::make_unique<FollowedFile>(*std::move(text), 0, found.path, "");
}

}  // namespace

bool RotatedLog::IsDone(const FoundFile& found, TextMark* from) {
  if (found.time_us() <= record_.floor_us) return true;
  std::unique_ptr<FollowedFile> file;
  for (const DoneBackup& done : record_.done) {
    // A name that carries a time tells one backup from another; where one of
    // the two has none, the text does, or time and size of the very file.
    const bool told = found.backup->time_us != 0;
    if (done.time_us == found.time_us() &&
        (told || done.mark.offset == found.size)) {
      return true;
    }
    if ((told && done.time_us != 0) || done.mark.head_size == 0) continue;
    if (file == nullptr) file = OpenFound(found);
    if (file == nullptr || !file->Holds(done.mark)) continue;
    if (found.backup->compressed || found.size <= done.mark.offset) {
      IsCopy(found);  // Not to be looked into again.
      return true;
    }
    *from = done.mark;
    return false;
  }
  return false;
}

void RotatedLog::PassOver(const FoundFile& found) {
  DoneBackup done;
  done.time_us = found.time_us();
  done.key = found.key;
  const bool plain = !found.backup || !found.backup->compressed;
  done.mark.offset = found.size;
  if (auto file = plain ? OpenFound(found) : nullptr; file != nullptr) {
    done.mark = file->EndMark();
  }
  Add(std::move(done));
}

void RotatedLog::Finished(const FollowedFile& file) {
  const FileRecord record = file.Record();
  DoneBackup done;
  done.time_us = record.time_us;
  done.mark = record.mark;
  // An empty text tells nothing from others.
  if (record.mark.head_size == 0 && done.time_us == 0) {
    done.time_us = record.written_us;
    const auto status = file.Status();
    if (status.ok()) {
      done.mark.offset = static_cast<std::uint64_t>(status->st_size);
    }
  }
  done.key = record.key;
  Add(std::move(done));
}

void RotatedLog::Add(DoneBackup backup) {
  record_.done.push_back(std::move(backup));
  if (record_.done.size() <= kDoneBackups) return;
  const auto oldest =
      std::min_element(record_.done.begin(), record_.done.end(),
                       [](const DoneBackup& a, const DoneBackup& b) {
                         return a.time_us < b.time_us;
                       });
  record_.floor_us = std::max(record_.floor_us, oldest->time_us);
  record_.done.erase(oldest);
}

bool RotatedLog::Settled(const FoundFile& found) {
  if (found.backup->scheme == BackupScheme::kTimestamp ||
      found.backup->compressed) {
    return true;
  }
  const auto at =
      std::find_if(unsettled_.begin(), unsettled_.end(),
                   [&](const Seen& one) { return one.path == found.path; });
  if (at == unsettled_.end()) {
    unsettled_.push_back({found.path, found.size, found.written_us});
    return false;
  }
  const bool settled =
      at->size == found.size && at->written_us == found.written_us;
  if (settled) {
    unsettled_.erase(at);
  } else {
    *at = {found.path, found.size, found.written_us};
  }
  return settled;
}

}  // namespace tocsin
