// A source's journal: bodies that are acknowledged only when they are durable,
// in segments on disk (docs/reference/journal.md). Many threads append, one
// thread of the journal's own writes and syncs for all that wait, one reads
// (journal_reader.h).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "connectors/journal/body.h"
#include "connectors/journal/journal_format.h"
#include "connectors/journal/journal_storage.h"
#include "connectors/journal/recent_bodies.h"
#include "engine/base/clock.h"
#include "engine/base/mutex.h"

namespace tocsin {

namespace limits {
inline constexpr std::uint64_t kJournalBytesDefault = 1u << 30;
inline constexpr std::uint64_t kJournalBytesLeast = 1u << 20;
inline constexpr std::uint64_t kSegmentBytes = 64u << 20;
inline constexpr std::size_t kBodyHashes = 262'144;
inline constexpr std::int64_t kBodyHashMicros = 15LL * 60 * 1'000'000;
inline constexpr std::size_t kCommitBytes = 32u << 20;  // Of one group commit.
}  // namespace limits

enum class AppendResult : std::uint8_t {
  kStored,    // Durable.
  kRepeated,  // Durable since an earlier Append() of the same bytes.
  kFull,      // The journal's own limit: may be tried again.
  kNoSpace,   // The device's (or no descriptor left): may be tried again.
  kTooLarge,  // Never fits.
  kFailed,    // Storage failed, or the journal is closed.
};

struct JournalOptions {
  std::string source{};  // Written into each segment.
  std::uint64_t limit_bytes = limits::kJournalBytesDefault;
  std::size_t remembered_bodies = limits::kBodyHashes;
};

struct JournalPlace {
  std::uint64_t segment = 0;  // 0: before the first.
  std::uint64_t offset = 0;
  friend auto operator<=>(const JournalPlace&, const JournalPlace&) = default;
};

struct JournalCounts {
  std::uint64_t bytes = 0, limit_bytes = 0;  // On disk now; at most.
  std::uint64_t stored = 0, repeated = 0;    // Bodies.
  std::uint64_t full = 0, no_space = 0;      // Bodies not taken.
  std::uint64_t syncs = 0, sync_us = 0;
};

class Journal {
 public:
  using Done = std::function<void(AppendResult)>;

  // What is there is looked through, a torn tail cut off (a log line says so).
  // FailedPrecondition: a newer version, another source's.
  static absl::StatusOr<std::unique_ptr<Journal>> Open(
      JournalOptions options, std::unique_ptr<JournalStorage> storage,
      const Clock* clock = RealClock());
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // Any thread. `done` is called once, on the journal's thread; it must not
  // block.
  void Append(Body body, Done done);
  // Any thread. What waits is still written and told.
  void Close();
  // Any thread: something else failed, and nothing more is told to be stored.
  void Fail(const absl::Status& status);
  // Any thread.
  JournalCounts Counts() const;
  // Any thread: how many bytes stand behind `place`.
  std::uint64_t BytesBehind(const JournalPlace& place) const;
  // A StorageFailure from the first write or sync that failed on, or what
  // Fail() was told.
  absl::Status status() const;

  // ---- the reader's half, one thread ----
  struct View {
    std::uint64_t segment = 0;
    int file = -1;
    std::uint64_t end = 0;  // Durable so far.
    bool active = false;
    bool head_damaged = false;
  };
  // The first segment whose number is at least this.
  std::optional<View> SegmentFrom(std::uint64_t number) const;
  // Blocks until something durable stands behind `place`, the journal failed,
  // or the time is over.
  void WaitBehind(const JournalPlace& place, int timeout_ms);
  // Where it ended when it was opened.
  JournalPlace opened_end() const { return opened_end_; }
  // Segments before this one are not needed any more.
  void Release(std::uint64_t segment);
  JournalStorage* storage() const { return storage_.get(); }

 private:
  struct Segment {
    std::uint64_t number = 0;
    int file = -1;
    std::uint64_t end = 0;  // Written and durable.
    bool head_damaged = false;
  };
  struct Waiting {
    Body body;
    Done done;
    std::int64_t received_us = 0;
    Hash128 hash;
    std::string head;
    AppendResult result = AppendResult::kFailed;
  };

  Journal(JournalOptions options, std::unique_ptr<JournalStorage> storage,
          const Clock* clock);
  // Opening (journal_open.cc).
  absl::Status Recover();
  absl::Status OpenSegment(std::uint64_t number, bool last);
  absl::Status Remember(const Segment& segment);
  absl::Status CutTail(Segment* segment, bool* keep);
  // Writing, on the journal's thread.
  void Write();
  std::vector<Waiting> TakeGroup() TOCSIN_REQUIRES(mutex_);
  void Commit(std::vector<Waiting>* group);
  std::vector<Waiting*> Judge(std::vector<Waiting>* group);
  AppendResult StartSegment();
  AppendResult WriteGroup(const std::vector<Waiting*>& group);
  AppendResult TimedSync(int file);
  AppendResult FailedTo(int error, const std::string& doing);
  std::string PathOf(std::uint64_t segment) const;

  JournalOptions options_;
  std::unique_ptr<JournalStorage> storage_;
  const Clock* clock_;
  std::uint64_t segment_bytes_;
  JournalPlace opened_end_;
  std::uint64_t next_segment_ = 1;  // The writer's.
  journal::RecentBodies recent_;    // The writer's.
  bool told_no_room_ = false;       // The writer's.

  mutable Mutex mutex_;
  CondVar to_write_, to_read_;
  std::vector<Waiting> queue_ TOCSIN_GUARDED_BY(mutex_);
  bool closing_ TOCSIN_GUARDED_BY(mutex_) = false;
  absl::Status failure_ TOCSIN_GUARDED_BY(mutex_);
  std::vector<Segment> segments_ TOCSIN_GUARDED_BY(mutex_);  // By number.
  JournalCounts counts_ TOCSIN_GUARDED_BY(mutex_);
  std::thread writer_;
};

}  // namespace tocsin
