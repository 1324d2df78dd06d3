// Wall time as a seam: the only way by which the time of day enters. Event
// time never does (engine/sequence/event_clock.h).
#pragma once

#include <cstdint>

namespace tocsin {

// Any thread may ask.
class Clock {
 public:
  virtual ~Clock() = default;
  // Microseconds since 1970-01-01T00:00:00Z. May step.
  virtual std::int64_t WallMicros() const = 0;
  // Microseconds since some point; never steps back.
  virtual std::int64_t SteadyMicros() const = 0;
};

// The machine's clock; lives as long as the process.
const Clock* RealClock();

// Stands still until it is set. Confined to one thread.
class ManualClock : public Clock {
 public:
  std::int64_t WallMicros() const override { return wall_us_; }
  std::int64_t SteadyMicros() const override { return steady_us_; }
  void Advance(std::int64_t us) {
    wall_us_ += us;
    steady_us_ += us;
  }
  void SetWall(std::int64_t us) { wall_us_ = us; }

 private:
  std::int64_t wall_us_ = 0;
  std::int64_t steady_us_ = 0;
};

}  // namespace tocsin
