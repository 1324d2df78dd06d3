// The half that appends: one thread takes all that wait, writes them with one
// call and syncs once for them. While it syncs, the next group gathers; it
// never waits for one to grow.
#include "connectors/journal/journal.h"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

#include "absl/strings/str_format.h"
#include "engine/base/crash_point.h"
#include "engine/base/log.h"
#include "engine/base/status.h"

namespace tocsin {
namespace {

constexpr std::uint64_t kSegmentsOfLimit = 8;
constexpr std::string_view kZeros{"\0\0\0\0\0\0\0\0", journal::kAlign};

// May be over when it is tried again.
bool IsNoSpace(int error) {
  return error == ENOSPC || error == EDQUOT || error == EMFILE ||
         error == ENFILE;
}

}  // namespace

Journal::Journal(JournalOptions options,
                 std::unique_ptr<JournalStorage> storage, const Clock* clock)
    : options_(std::move(options)),
      storage_(std::move(storage)),
      clock_(clock),
      segment_bytes_(std::min(options_.limit_bytes / kSegmentsOfLimit,
                              limits::kSegmentBytes)),
      recent_(options_.remembered_bodies, limits::kBodyHashMicros) {
  counts_.limit_bytes = options_.limit_bytes;
}

Journal::~Journal() {
  Close();
  for (const Segment& segment : segments_) storage_->Close(segment.file);
}

void Journal::Append(Body body, Done done) {
  Waiting waiting;
  waiting.body = std::move(body);
  waiting.done = std::move(done);
  waiting.received_us = clock_->WallMicros();
  {
    MutexLock lock(&mutex_);
    if (!closing_) {
      queue_.push_back(std::move(waiting));
      to_write_.NotifyOne();
      return;
    }
  }
  waiting.done(AppendResult::kFailed);
}

void Journal::Close() {
  {
    MutexLock lock(&mutex_);
    closing_ = true;
    to_write_.NotifyOne();
  }
  if (writer_.joinable()) writer_.join();
}

JournalCounts Journal::Counts() const {
  MutexLock lock(&mutex_);
  return counts_;
}

absl::Status Journal::status() const {
  MutexLock lock(&mutex_);
  return failure_;
}

std::uint64_t Journal::BytesBehind(const JournalPlace& place) const {
  MutexLock lock(&mutex_);
  std::uint64_t bytes = 0;
  for (const Segment& one : segments_) {
    if (one.number < place.segment) continue;
    const std::uint64_t begin = one.number == place.segment ? place.offset : 0;
    bytes += one.end - std::min(begin, one.end);
  }
  return bytes;
}

std::optional<Journal::View> Journal::SegmentFrom(std::uint64_t number) const {
  MutexLock lock(&mutex_);
  for (const Segment& one : segments_) {
    if (one.number < number) continue;
    const bool active = &one == &segments_.back();
    return View{one.number, one.file, one.end, active, one.head_damaged};
  }
  return std::nullopt;
}

void Journal::WaitBehind(const JournalPlace& place, int timeout_ms) {
  const std::int64_t until_us = clock_->SteadyMicros() + timeout_ms * 1'000LL;
  MutexLock lock(&mutex_);
  while (failure_.ok()) {
    if (!segments_.empty() &&
        JournalPlace{segments_.back().number, segments_.back().end} > place) {
      return;
    }
    const std::int64_t left_us = until_us - clock_->SteadyMicros();
    if (left_us <= 0) return;
    to_read_.WaitFor(&mutex_, left_us);
  }
}

void Journal::Release(std::uint64_t segment) {
  for (;;) {
    Segment gone;
    {
      MutexLock lock(&mutex_);
      if (segments_.size() < 2 || segments_.front().number >= segment) return;
      gone = segments_.front();
    }
    const int error = storage_->Remove(journal::SegmentName(gone.number));
    if (error != 0 && error != ENOENT) {
      Log(LogLevel::kWarning, "a journal segment could not be removed",
          {{"file", PathOf(gone.number)},
           {"reason", std::string(Message(ErrnoStatus(error, "unlink")))}});
      return;
    }
    CrashPoint("journal.freed");
    storage_->Close(gone.file);
    MutexLock lock(&mutex_);
    segments_.erase(segments_.begin());
    counts_.bytes -= gone.end;
  }
}

void Journal::Write() {
  for (;;) {
    std::vector<Waiting> group;
    {
      MutexLock lock(&mutex_);
      while (queue_.empty() && !closing_) to_write_.Wait(&mutex_);
      if (queue_.empty()) return;
      group = TakeGroup();
    }
    Commit(&group);
    for (Waiting& one : group) {
      one.body = {};
      one.done(one.result);
    }
  }
}

std::vector<Journal::Waiting> Journal::TakeGroup() {
  std::size_t count = 0, bytes = 0;
  while (count < queue_.size() &&
         (count == 0 || bytes < limits::kCommitBytes)) {
    bytes += queue_[count++].body.size;
  }
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<Waiting> group(std::make_move_iterator(queue_.begin()),
                             std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
  return group;
}

// Fills in every result.
void Journal::Commit(std::vector<Waiting>* group) {
  if (!status().ok()) return;  // kFailed, all of them.
  for (Waiting& one : *group) one.hash = HashWide(one.body.view());
  const std::vector<Waiting*> to_write = Judge(group);
  AppendResult result = AppendResult::kStored;
  if (!to_write.empty()) result = WriteGroup(to_write);
  const bool stored = result == AppendResult::kStored;
  for (Waiting* const one : to_write) {
    one->result = result;
    if (stored) recent_.Add(one->hash, one->received_us);
  }
  MutexLock lock(&mutex_);
  for (Waiting& one : *group) {
    // It may be durable: then it is a repetition when it comes again.
    if (!failure_.ok()) one.result = AppendResult::kFailed;
    // A repetition of what this very group could not store is not stored.
    if (one.result == AppendResult::kRepeated && !stored &&
        !recent_.Has(one.hash, one.received_us)) {
      one.result = result;
    }
    counts_.stored += one.result == AppendResult::kStored ? 1 : 0;
    counts_.repeated += one.result == AppendResult::kRepeated ? 1 : 0;
    counts_.full += one.result == AppendResult::kFull ? 1 : 0;
    counts_.no_space += one.result == AppendResult::kNoSpace ? 1 : 0;
  }
  to_read_.NotifyAll();
}

// Which of a group are to be written; the others have their result.
std::vector<Journal::Waiting*> Journal::Judge(std::vector<Waiting>* group) {
  std::vector<Waiting*> to_write;
  absl::flat_hash_set<Hash128> of_group;
  std::uint64_t bytes = Counts().bytes;
  for (Waiting& one : *group) {
    const std::uint64_t size = journal::RecordBytes(one.body.size);
    if (recent_.Has(one.hash, one.received_us) || of_group.contains(one.hash)) {
      one.result = AppendResult::kRepeated;
    } else if (one.body.size >= journal::kBodyBytes ||
               size + journal::kSegmentHeadBytes > options_.limit_bytes) {
      one.result = AppendResult::kTooLarge;
    } else if (bytes + size > options_.limit_bytes) {
      one.result = AppendResult::kFull;
    } else {
      bytes += size;
      of_group.insert(one.hash);
      to_write.push_back(&one);
    }
  }
  return to_write;
}

// The writer alone changes the list's end, so it may read it without the lock
// between two steps; the reader changes its beginning, hence the copies.
AppendResult Journal::WriteGroup(const std::vector<Waiting*>& group) {
  bool start = false;
  {
    MutexLock lock(&mutex_);
    start = segments_.empty() || segments_.back().end >= segment_bytes_;
  }
  if (start) {
    const AppendResult started = StartSegment();
    if (started != AppendResult::kStored) return started;
  }
  Segment active;
  {
    MutexLock lock(&mutex_);
    active = segments_.back();
  }
  std::uint64_t end = active.end;
  std::vector<std::string_view> pieces;
  pieces.reserve(3 * group.size());
  for (Waiting* const one : group) {
    const std::uint64_t size = one->body.size;
    one->head = journal::EncodeRecordHead({size, one->received_us, one->hash},
                                          active.number, end);
    const std::uint64_t bytes = journal::RecordBytes(size);
    pieces.push_back(one->head);
    pieces.push_back(one->body.view());
    pieces.push_back(
        kZeros.substr(0, bytes - size - journal::kRecordHeadBytes));
    end += bytes;
  }
  const int error = storage_->Write(active.file, active.end, pieces);
  if (IsNoSpace(error)) {
    const int cut = storage_->Truncate(active.file, active.end);
    if (cut != 0) return FailedTo(cut, "cutting " + PathOf(active.number));
    if (!std::exchange(told_no_room_, true)) {
      Log(LogLevel::kError,
          "no space for the journal; the sender is told to "
          "try again",
          {{"file", PathOf(active.number)}});
    }
    return AppendResult::kNoSpace;
  }
  if (error != 0) return FailedTo(error, "writing " + PathOf(active.number));
  CrashPoint("journal.written");
  const AppendResult synced = TimedSync(active.file);
  if (synced != AppendResult::kStored) return synced;
  CrashPoint("journal.synced");
  told_no_room_ = false;
  MutexLock lock(&mutex_);
  counts_.bytes += end - active.end;
  segments_.back().end = end;
  return AppendResult::kStored;
}

AppendResult Journal::StartSegment() {
  Segment next;
  next.number = next_segment_;
  const std::string name = journal::SegmentName(next.number);
  int error = storage_->Create(name, &next.file);
  if (IsNoSpace(error)) return AppendResult::kNoSpace;
  if (error != 0) return FailedTo(error, "making " + PathOf(next.number));
  const std::string head = journal::EncodeSegmentHead(
      {journal::kVersion, next.number, clock_->WallMicros(),
       Hash64(options_.source)});
  const std::string_view pieces[] = {head};
  error = storage_->Write(next.file, 0, pieces);
  if (IsNoSpace(error)) {
    storage_->Close(next.file);
    const int left = storage_->Remove(name);
    if (left != 0) return FailedTo(left, "removing " + PathOf(next.number));
    return AppendResult::kNoSpace;
  }
  if (error != 0) {
    storage_->Close(next.file);
    return FailedTo(error, "writing " + PathOf(next.number));
  }
  CrashPoint("journal.made");
  // Nobody reads in it before it is durable: a place in it would outlive it.
  const AppendResult synced = TimedSync(next.file);
  error = synced == AppendResult::kStored ? storage_->SyncFolder() : 0;
  if (synced != AppendResult::kStored || error != 0) {
    storage_->Close(next.file);
    return error == 0 ? synced
                      : FailedTo(error, "syncing " + storage_->folder());
  }
  next.end = head.size();
  ++next_segment_;
  MutexLock lock(&mutex_);
  segments_.push_back(next);
  counts_.bytes += next.end;
  return AppendResult::kStored;
}

AppendResult Journal::TimedSync(int file) {
  const std::int64_t before_us = clock_->SteadyMicros();
  const int error = storage_->Sync(file);
  if (error != 0) return FailedTo(error, "syncing " + storage_->folder());
  MutexLock lock(&mutex_);
  ++counts_.syncs;
  counts_.sync_us +=
      static_cast<std::uint64_t>(clock_->SteadyMicros() - before_us);
  return AppendResult::kStored;
}

AppendResult Journal::FailedTo(int error, const std::string& doing) {
  const absl::Status status =
      StorageFailure(Message(ErrnoStatus(error, doing)));
  Log(LogLevel::kError, "the journal failed: nothing more is acknowledged",
      {{"reason", std::string(Message(status))}});
  Fail(status);
  return AppendResult::kFailed;
}

void Journal::Fail(const absl::Status& status) {
  MutexLock lock(&mutex_);
  failure_.Update(status);
  to_read_.NotifyAll();
}

std::string Journal::PathOf(std::uint64_t segment) const {
  return storage_->folder() + "/" + journal::SegmentName(segment);
}

}  // namespace tocsin
