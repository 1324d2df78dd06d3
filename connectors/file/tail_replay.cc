// TailSource gives again what a log says it gave.
#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "connectors/file/tail_source.h"
#include "engine/base/status_macros.h"

namespace tocsin {

std::string TailSource::StreamName(std::uint32_t stream) const {
  const FollowedFile* const file = files_.Find(stream);
  return file == nullptr ? std::string() : EncodeStreamName(file->Beginning());
}

std::string TailSource::TextOfStream(std::string_view name) const {
  const absl::StatusOr<FileRecord> record = DecodeStreamName(name);
  return record.ok() ? record->path : std::string();
}

absl::Status TailSource::Replay(const SourceReplay& replay) {
  TOCSIN_ASSIGN_OR_RETURN(const FileRecord name,
                          DecodeStreamName(replay.stream));
  FollowedFile* const before = replaying_ ? files_.Find(replayed_) : nullptr;
  replaying_ = true;
  replay_left_ = 0;
  // Between two streams there is no half line: the one before ended there.
  if (before != nullptr && before->mid_line() && before->id() != name.id) {
    half_line_ = before->id();
    before->EndLine();
  }
  replayed_ = name.id;
  const FollowedFile* const file = files_.FindStream(name, NowMs());
  if (file == nullptr) {
    return absl::NotFoundError(
        absl::StrFormat("%s cannot be read again: it is gone", name.path));
  }
  replay_left_ = replay.bytes;
  return absl::OkStatus();
}

void TailSource::ReplayEnd() {
  replaying_ = false;
  replay_left_ = 0;
  Reorder();
}

absl::StatusOr<ReadOutcome> TailSource::ReadAgain(char* into,
                                                  std::size_t capacity) {
  if (half_line_ != 0) {
    ReadOutcome end{ReadKind::kFileEnd, 0};
    end.stream = std::exchange(half_line_, 0);
    return end;
  }
  FollowedFile* const file = files_.Find(replayed_);
  const auto gone = [&](std::string_view path) {
    replay_left_ = 0;
    return absl::NotFoundError(absl::StrFormat(
        "%s cannot be read again to where it was read", std::string(path)));
  };
  if (file == nullptr) {
    if (replay_left_ > 0) return gone("a log");
    return ReadOutcome{ReadKind::kNothing, 0};
  }
  ReadOutcome outcome{ReadKind::kData, 0};
  outcome.stream = replayed_;
  const std::size_t most =
      static_cast<std::size_t>(std::min<std::uint64_t>(capacity, replay_left_));
  const std::string path = file->path;
  const absl::StatusOr<std::size_t> got =
      most == 0 ? 0 : file->ReadAny(into, most);
  if (got.ok() && *got > 0) {
    outcome.size = *got;
    replay_left_ -= *got;
    return outcome;
  }
  if (got.ok() && file->CutLine()) {
    outcome.kind = ReadKind::kFileEnd;
    return outcome;
  }
  if (replay_left_ == 0) {
    const bool done = file->rotated || file->compressed();
    outcome.kind = ReadKind::kNothing;
    // The last line of a file that ended had no line feed.
    if (file->mid_line() && done && file->AtEnd()) {
      file->EndLine();
      outcome.kind = ReadKind::kFileEnd;
    }
    return outcome;
  }
  // A copy may hold what was truncated away.
  if (got.ok() && file->replaced() &&
      files_.Replaced(file, replaying_, NowMs())) {
    return ReadOutcome{ReadKind::kNothing, 0};
  }
  return gone(path);
}

}  // namespace tocsin
