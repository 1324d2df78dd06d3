#include "engine/base/clock.h"

#include <chrono>

namespace tocsin {
namespace {

class SystemClock : public Clock {
 public:
  std::int64_t WallMicros() const override {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
  std::int64_t SteadyMicros() const override {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }
};

}  // namespace

const Clock* RealClock() {
  static const SystemClock clock;
  return &clock;
}

}  // namespace tocsin
