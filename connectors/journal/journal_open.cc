// The half that opens: what a crash left, looked through and mended.
#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "connectors/journal/journal.h"
#include "connectors/journal/quiet_thread.h"
#include "connectors/journal/segment_scan.h"
#include "engine/base/log.h"
#include "engine/base/status.h"
#include "engine/base/status_macros.h"

namespace tocsin {

using journal::ScanKind;
using journal::ScanPlace;
using journal::ScanStep;

absl::StatusOr<std::unique_ptr<Journal>> Journal::Open(
    JournalOptions options, std::unique_ptr<JournalStorage> storage,
    const Clock* clock) {
  // The constructor is private: make_unique cannot call it.
  std::unique_ptr<Journal> journal(
      new Journal(std::move(options), std::move(storage), clock));
  TOCSIN_RETURN_IF_ERROR(journal->Recover());
  Journal* const raw = journal.get();
  journal->writer_ = StartQuietThread([raw] { raw->Write(); });
  return journal;
}

absl::Status Journal::Recover() {
  std::vector<std::string> names;
  const int error = storage_->List(&names);
  if (error != 0) return ErrnoStatus(error, "listing " + storage_->folder());
  std::vector<std::uint64_t> numbers;
  for (const std::string& name : names) {
    const auto number = journal::SegmentOfName(name);
    if (number) numbers.push_back(*number);
  }
  std::sort(numbers.begin(), numbers.end());
  for (const std::uint64_t number : numbers) {
    TOCSIN_RETURN_IF_ERROR(OpenSegment(number, number == numbers.back()));
  }
  MutexLock lock(&mutex_);
  if (!numbers.empty()) next_segment_ = numbers.back() + 1;
  if (!segments_.empty()) {
    opened_end_ = {segments_.back().number, segments_.back().end};
  }
  return absl::OkStatus();
}

absl::Status Journal::OpenSegment(std::uint64_t number, bool last) {
  const std::string path = PathOf(number);
  Segment segment;
  segment.number = number;
  int error = storage_->Open(journal::SegmentName(number), &segment.file);
  if (error != 0) return ErrnoStatus(error, "opening " + path);
  std::string head(journal::kSegmentHeadBytes, '\0');
  std::size_t got = 0;
  error = storage_->Size(segment.file, &segment.end);
  if (error == 0) {
    error = storage_->Read(segment.file, 0, head.data(), head.size(), &got);
  }
  if (error != 0) return ErrnoStatus(error, "reading " + path);
  const auto decoded =
      journal::DecodeSegmentHead(std::string_view(head).substr(0, got));
  if (decoded && decoded->version != journal::kVersion) {
    return absl::FailedPreconditionError(
        absl::StrFormat("%s is of version %d; this program reads version %d",
                        path, decoded->version, journal::kVersion));
  }
  if (decoded && decoded->source_hash != Hash64(options_.source)) {
    return absl::FailedPreconditionError(
        absl::StrFormat("%s was written for a source of another name than `%s`",
                        path, options_.source));
  }
  segment.head_damaged = !decoded || decoded->segment != number;
  bool keep = true;
  if (last) {
    TOCSIN_RETURN_IF_ERROR(CutTail(&segment, &keep));
  } else {
    TOCSIN_RETURN_IF_ERROR(Remember(segment));
  }
  if (!keep) return absl::OkStatus();
  MutexLock lock(&mutex_);
  counts_.bytes += segment.end;
  segments_.push_back(segment);
  return absl::OkStatus();
}

absl::Status Journal::Remember(const Segment& segment) {
  ScanPlace at{segment.file, segment.number, journal::kSegmentHeadBytes,
               segment.end};
  for (;;) {
    TOCSIN_ASSIGN_OR_RETURN(const ScanStep step,
                            ScanNext(storage_.get(), at, nullptr));
    if (step.kind == ScanKind::kEnd) return absl::OkStatus();
    if (step.kind == ScanKind::kRecord) {
      recent_.Add(step.head.body_hash, step.head.received_us);
    }
    at.offset = step.end;
  }
}

// Of the active segment: ends it behind the last whole record, and makes sure
// that what is read from now on is durable.
absl::Status Journal::CutTail(Segment* segment, bool* keep) {
  const std::string path = PathOf(segment->number);
  ScanPlace at{segment->file, segment->number, journal::kSegmentHeadBytes,
               segment->end};
  std::uint64_t good_end =
      std::min<std::uint64_t>(segment->end, journal::kSegmentHeadBytes);
  std::string body;
  bool any = false;
  for (;;) {
    TOCSIN_ASSIGN_OR_RETURN(const ScanStep step,
                            ScanNext(storage_.get(), at, &body));
    if (step.kind == ScanKind::kEnd) break;
    if (step.kind == ScanKind::kRecord) {
      recent_.Add(step.head.body_hash, step.head.received_us);
      good_end = step.end;
      any = true;
    }
    at.offset = step.end;
  }
  *keep = any || !segment->head_damaged;
  if (good_end < segment->end || !*keep) {
    Log(LogLevel::kWarning,
        "the end of the journal was torn, and never acknowledged: cut off",
        {{"file", path},
         {"from", absl::StrFormat("%d", *keep ? good_end : 0)},
         {"to", absl::StrFormat("%d", segment->end)}});
  }
  int error = 0;
  if (!*keep) {
    storage_->Close(segment->file);
    error = storage_->Remove(journal::SegmentName(segment->number));
    return error == 0 ? absl::OkStatus()
                      : ErrnoStatus(error, "removing " + path);
  }
  if (good_end < segment->end) {
    error = storage_->Truncate(segment->file, good_end);
    if (error != 0) return ErrnoStatus(error, "cutting " + path);
    segment->end = good_end;
  }
  error = storage_->Sync(segment->file);
  if (error == 0) error = storage_->SyncFolder();
  return error == 0
             ? absl::OkStatus()
             : StorageFailure(Message(ErrnoStatus(error, "syncing " + path)));
}

}  // namespace tocsin
