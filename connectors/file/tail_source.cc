#include "connectors/file/tail_source.h"

#include <algorithm>
#include <utility>

#include "engine/base/status.h"
#include "engine/base/status_macros.h"

namespace tocsin {
namespace {

constexpr std::int64_t kScanPauseMs = 20;  // However many events come.
constexpr std::int64_t kScanShare = 10;    // One part in so many is looking.

ReadOutcome Nothing() { return {ReadKind::kNothing, 0}; }

ReadOutcome Of(const FollowedFile& file, ReadKind kind, std::size_t size) {
  ReadOutcome outcome{kind, size};
  outcome.stream = file.id();
  return outcome;
}

}  // namespace

TailSource::TailSource(TailOptions options)
    : options_(std::move(options)),
      files_(&options_, &counts_),
      caught_up_us_(options_.clock->WallMicros()),
      shown_caught_up_us_(caught_up_us_) {}

TailSource::~TailSource() = default;

std::int64_t TailSource::NowMs() const {
  return options_.clock->SteadyMicros() / 1000;
}

ReadOutcome TailSource::GoOnReplaced(FollowedFile* file) {
  const ReadOutcome end = Of(*file, ReadKind::kFileEnd, 0);
  const bool was_mid_line = file->mid_line();
  const bool goes_on = files_.Replaced(file, replaying_, NowMs());
  return was_mid_line && !goes_on ? end : Nothing();
}

absl::StatusOr<ReadOutcome> TailSource::ReadFile(FollowedFile* file, char* into,
                                                 std::size_t capacity) {
  const std::uint64_t zeros = file->zeros_skipped();
  const absl::StatusOr<std::size_t> got = file->ReadLines(into, capacity);
  counts_.zeros += file->zeros_skipped() - zeros;
  if (!got.ok() && file->compressed()) {
    // What could be inflated was given.
    const ReadOutcome end = Of(*file, ReadKind::kFileEnd, 0);
    const bool was_mid_line = file->mid_line();
    files_.GiveUp(file, Message(got.status()));
    return was_mid_line ? end : Nothing();
  }
  if (!got.ok()) return got.status();
  if (*got > 0) {
    file->quiet_since_ms = NowMs();
    return Of(*file, ReadKind::kData, *got);
  }
  if (file->replaced()) return GoOnReplaced(file);
  if (file->CutLine()) return Of(*file, ReadKind::kFileEnd, 0);
  const bool quiet = NowMs() - file->quiet_since_ms >= options_.drain_ms;
  if (file->compressed() || (file->rotated && quiet)) {
    return ReadRotated(file, into, capacity);
  }
  return Nothing();
}

// The last of a file that nobody writes any more.
absl::StatusOr<ReadOutcome> TailSource::ReadRotated(FollowedFile* file,
                                                    char* into,
                                                    std::size_t capacity) {
  TOCSIN_ASSIGN_OR_RETURN(const std::size_t got, file->ReadAny(into, capacity));
  if (got > 0) return Of(*file, ReadKind::kData, got);
  const bool was_mid_line = file->mid_line();
  const ReadOutcome end = Of(*file, ReadKind::kFileEnd, 0);
  files_.Finish(file);
  return was_mid_line ? end : Nothing();
}

// After files came or went: on with the one in the middle of a line, else with
// the oldest.
void TailSource::Reorder() {
  const auto& files = files_.files();
  changes_ = files_.changes();
  const auto half =
      std::find_if(files.begin(), files.end(),
                   [](const auto& file) { return file->mid_line(); });
  current_ =
      half == files.end() ? 0 : static_cast<std::size_t>(half - files.begin());
}

absl::StatusOr<ReadOutcome> TailSource::ReadNext(char* into,
                                                 std::size_t capacity) {
  const auto& files = files_.files();
  // One file until it has nothing: a backlog is read oldest first, and what
  // was rotated away before what replaced it.
  std::size_t tried = 0;
  while (true) {
    if (changes_ != files_.changes()) {
      Reorder();
      tried = 0;
    }
    if (current_ >= files.size()) current_ = 0;
    const bool inside = current_ < files.size() && files[current_]->mid_line();
    if (!files_.lost().empty() && !inside) {
      ReadOutcome lost{ReadKind::kLost, 0};
      lost.lost = files_.lost().front().why;
      files_.LostIsTold();
      return lost;
    }
    if (files.empty() || tried > files.size()) return Nothing();
    FollowedFile* const file = files[current_].get();
    absl::StatusOr<ReadOutcome> outcome = ReadFile(file, into, capacity);
    if (!outcome.ok()) {
      files_.ReportOnce(file->path, outcome.status());
      outcome = Nothing();
    }
    if (outcome->kind != ReadKind::kNothing) return outcome;
    if (changes_ != files_.changes()) continue;
    if (file->mid_line()) return Nothing();
    ++current_;
    ++tried;
  }
}

void TailSource::Rescan() {
  last_scan_ms_ = NowMs();
  files_.Rescan(last_scan_ms_);
  const std::int64_t took_ms = NowMs() - last_scan_ms_;
  next_scan_ms_ = NowMs() + std::max<std::int64_t>(options_.rescan_ms,
                                                   kScanShare * took_ms);
}

// Where the files that are there begin is fixed from now on.
absl::Status TailSource::Start() {
  Rescan();
  return absl::OkStatus();
}

absl::StatusOr<ReadOutcome> TailSource::Read(char* into, std::size_t capacity) {
  if (replaying_) return ReadAgain(into, capacity);
  if (NowMs() >= next_scan_ms_) Rescan();
  TOCSIN_ASSIGN_OR_RETURN(ReadOutcome outcome, ReadNext(into, capacity));
  if (outcome.kind == ReadKind::kNothing) {
    caught_up_us_ = options_.clock->WallMicros();
    counts_.behind_bytes = 0;
  }
  const MutexLock lock(&mutex_);
  shown_ = counts_;
  shown_caught_up_us_ = caught_up_us_;
  return outcome;
}

void TailSource::Wait(int timeout_ms) {
  const std::int64_t until_scan =
      std::max<std::int64_t>(next_scan_ms_ - NowMs(), 1);
  if (files_.watch().Wait(
          static_cast<int>(std::min<std::int64_t>(timeout_ms, until_scan)))) {
    next_scan_ms_ = std::min(next_scan_ms_, last_scan_ms_ + kScanPauseMs);
  }
}

SourcePosition TailSource::position() const {
  return Encode(files_.Position(options_.clock->WallMicros()));
}

absl::Status TailSource::Resume(const SourcePosition& position) {
  TOCSIN_ASSIGN_OR_RETURN(TailPosition decoded, DecodeTailPosition(position));
  for (const FileRecord& file : decoded.files) {
    if (file.written_us != 0) {
      caught_up_us_ = std::min(caught_up_us_, file.written_us);
    }
  }
  files_.Resume(std::move(decoded));
  return absl::OkStatus();
}

}  // namespace tocsin
