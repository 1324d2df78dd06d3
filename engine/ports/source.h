// Where bytes of events come from: a port that connectors implement.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/metrics.h"

namespace tocsin {

enum class ReadKind : std::uint8_t {
  kData,     // `size` bytes were written.
  kFileEnd,  // A file (of several) ended: its last line may lack its line feed.
  kNothing,  // Live and caught up: nothing now, wait.
  kShown,    // No bytes: every event before `shown_us` has been given.
  kLost,  // No bytes: some that were to come cannot be had; `lost` says which.
  kEnd,   // Finished for good.
};

struct ReadOutcome {
  ReadKind kind = ReadKind::kEnd;
  std::size_t size = 0;
  std::int64_t shown_us = 0;  // kShown: event time.
  // kData: of which of the source's streams the bytes are. Between two streams
  // there is no half line.
  std::uint32_t stream = 0;
  std::string lost = {};  // kLost: the range, for people.
};

// Where a source stands, opaque to the engine: written into checkpoints and
// given back to Resume(). Behind the last byte that Read() gave.
using SourcePosition = std::string;

// What the same streams gave before a crash, and must give again in that order.
struct SourceReplay {
  std::string_view stream;  // As StreamName() had it.
  std::uint64_t bytes = 0;  // At most so many from now on.
};

// Confined to the thread that reads it, but for what says "any thread". Errors
// are of the world (file gone, permission, broken compression) and end the
// service; what a source can wait for is kNothing, a log line and a metric.
// What was read before an error stays good.
//
// A source is of one or several streams (files, partitions), each a sequence of
// bytes of its own that is the same whenever it is read. Which of them comes
// next is the source's choice. The engine logs the choice, and after a crash
// asks for the same: Resume() with the position of the last checkpoint, then
// Replay() for each stretch of the log, then ReplayEnd().
class Source {
 public:
  virtual ~Source() = default;
  virtual std::string_view name() const = 0;
  // Writes at most `capacity` bytes. Any split, also inside a line: framing is
  // the engine's. Never blocks longer than it takes to read a file.
  virtual absl::StatusOr<ReadOutcome> Read(char* into,
                                           std::size_t capacity) = 0;
  // Blocks until there may be something to read, at most `timeout_ms`, or
  // Wake().
  virtual void Wait(int timeout_ms) = 0;
  virtual SourcePosition position() const = 0;
  // Before the first Read() when there is no position to resume from: fixes
  // where it begins, as far as that can be told, so that position() has it.
  virtual absl::Status Start() { return absl::OkStatus(); }
  virtual absl::Status Resume(const SourcePosition& position) = 0;
  // Names a stream, so that it is found again when the process has died; asked
  // once, when its first bytes have been given.
  virtual std::string StreamName(std::uint32_t) const { return {}; }
  // From now on Read() gives the bytes of this stream alone, and no more than
  // these; kNothing while they may still come, NotFound when they never will.
  virtual absl::Status Replay(const SourceReplay&) { return absl::OkStatus(); }
  // The log is through: any stream, without end.
  virtual void ReplayEnd() {}
  // A checkpoint with this position is durable: what stands before it is not
  // asked for again.
  virtual void Covered(const SourcePosition&) {}
  // A failure that Read() will give, as soon as it is known. Any thread.
  virtual absl::Status failure() const { return absl::OkStatus(); }
  // The service ends by this failure: whoever sends to the source is told so
  // from now on, and nothing more is acknowledged. Any thread.
  virtual void Refuse(const absl::Status&) {}
  // What is not covered takes half of the room there is for it or more: the
  // next checkpoint should come soon.
  virtual bool WantsCheckpoint() const { return false; }
  // Families of tocsin_source_*, with the label `source`. Any thread.
  virtual std::vector<MetricFamily> Metrics() const { return {}; }
  // Total bytes that a finished input will give, for progress; 0: unknown.
  virtual std::uint64_t size_hint() const { return 0; }
  // Input bytes consumed so far in the unit of size_hint (compressed bytes
  // count as compressed).
  virtual std::uint64_t consumed() const { return 0; }
  // What people call the stream that StreamName() named so.
  virtual std::string TextOfStream(std::string_view name) const {
    return std::string(name);
  }
};

}  // namespace tocsin
