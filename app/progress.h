// One line on a terminal that shows how far a long replay is.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "engine/base/clock.h"

namespace tocsin {

struct ProgressState {
  std::uint64_t events = 0;
  std::uint64_t consumed = 0;
  std::uint64_t total = 0;  // 0: unknown.
  double seconds = 0;
};

// "replaying [=====>    ]  52%  1,234,567 events  64,000/s  ETA 12.0 s", at
// most `width` columns.
std::string ProgressLine(const ProgressState& state, int width);

// Guarded: the reader draws, a worker that prints an alert clears. Draws on
// stderr from the second second on.
class Progress {
 public:
  explicit Progress(bool enabled, const Clock* clock = RealClock());
  void Update(std::uint64_t events, std::uint64_t consumed,
              std::uint64_t total);
  // Before something else is printed: takes the line away.
  void Clear();
  double Seconds() const;

 private:
  bool enabled_;
  const Clock* clock_;
  std::int64_t start_us_;
  std::mutex mutex_;  // What follows.
  std::int64_t drawn_us_ = 0;
  bool drawn_ = false;
};

}  // namespace tocsin
