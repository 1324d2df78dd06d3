// Sums of event times and spans that stop at the ends of time.
#pragma once

#include <cstdint>
#include <limits>

namespace tocsin {

// `span` is not negative.
constexpr std::int64_t Plus(std::int64_t time, std::int64_t span) {
  constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();
  return time > kHighest - span ? kHighest : time + span;
}
constexpr std::int64_t Minus(std::int64_t time, std::int64_t span) {
  constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
  return time < kLowest + span ? kLowest : time - span;
}
// The multiple of `step` at or below `time`.
constexpr std::int64_t FloorTo(std::int64_t time, std::int64_t step) {
  const std::int64_t rest = time % step;
  return rest < 0 ? Minus(time - rest, step) : time - rest;
}

}  // namespace tocsin
