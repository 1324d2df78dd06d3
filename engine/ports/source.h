// Where bytes of events come from: a port that connectors implement.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tocsin {

enum class ReadKind : std::uint8_t {
  kData,     // `size` bytes were written.
  kFileEnd,  // A file (of several) ended: its last line may lack its line feed.
  kNothing,  // Live and caught up: nothing now, wait.
  kShown,    // No bytes: every event before `shown_us` has been given.
  kEnd,      // Finished for good.
};

struct ReadOutcome {
  ReadKind kind = ReadKind::kEnd;
  std::size_t size = 0;
  std::int64_t shown_us = 0;  // kShown: event time.
};

// Where a source stands, opaque to the engine: written into checkpoints and
// given back to Resume(). Behind the last byte that Read() gave.
using SourcePosition = std::string;

// Confined to the thread that reads it. Errors are of the world (file gone,
// permission, broken compression); what was read before stays good.
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
  virtual absl::Status Resume(const SourcePosition& position) = 0;
  // Total bytes that a finished input will give, for progress; 0: unknown.
  virtual std::uint64_t size_hint() const { return 0; }
  // Input bytes consumed so far in the unit of size_hint (compressed bytes
  // count as compressed).
  virtual std::uint64_t consumed() const { return 0; }
};

}  // namespace tocsin
