// Threads that have nothing to do until somebody says so.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/mutex.h"

namespace tocsin {

// Confined to the lock it is used with.
class Sleepers {
 public:
  // Until woken, or so long.
  void Sleep(Mutex* mutex, std::int64_t micros)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    ++count_;
    wake_.WaitFor(mutex, micros);
    --count_;
  }
  bool any() const { return count_ > 0; }
  void Wake(std::size_t most) {
    if (most == 1) {
      wake_.NotifyOne();
    } else if (most > 1) {
      wake_.NotifyAll();
    }
  }
  void WakeAll() { wake_.NotifyAll(); }

 private:
  CondVar wake_;
  int count_ = 0;
};

}  // namespace tocsin
