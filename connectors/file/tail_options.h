// How files are followed, and what happened to them.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/clock.h"
#include "engine/base/limits.h"

namespace tocsin {

enum class TailStart { kBeginning, kEnd };

struct TailOptions {
  std::string name;
  std::string pattern;                // A path or a glob.
  TailStart start = TailStart::kEnd;  // For files that are there at first.
  int rescan_ms = 500;                // Look at names and sizes this often.
  int drain_ms = 5'000;  // A rotated file is done when quiet so long.
  // A file without a name that nothing has replaced: its writer may still
  // write it.
  int unlinked_ms = 3'600'000;
  std::size_t open_files = limits::kFollowedFiles;
  std::uint64_t deleted_bytes = limits::kDeletedBytes;
  bool inotify = true;
  const Clock* clock = RealClock();  // Outlives the source.
};

// For metrics (docs/reference/metrics.md).
struct TailCounts {
  std::uint64_t opened = 0, rotated = 0, replaced = 0, unreadable = 0;
  std::uint64_t lost = 0, zeros = 0, unlinked = 0;
  // As of the last look.
  std::uint64_t open = 0, pending = 0, unlinked_now = 0, behind_bytes = 0;
};

}  // namespace tocsin
