// Where alerts go: a port that connectors implement.
#pragma once

#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "engine/alert/alert.h"

namespace tocsin {

// Alerts that are borrowed for a call.
using AlertRefs = std::span<const Alert* const>;

// Confined to the thread that delivers.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual std::string_view name() const = 0;
  // All of `alerts`, in order, or a status; Unavailable may be tried again.
  virtual absl::Status Deliver(AlertRefs alerts) = 0;
  // Everything delivered has left this process.
  virtual absl::Status Flush() = 0;
  virtual absl::Status Reopen() { return absl::OkStatus(); }
  // How many of the first of `waiting` were delivered already, for all that a
  // crash left of it: asked at the start, for a sink that can look.
  virtual std::size_t AlreadyHas(AlertRefs waiting) {
    static_cast<void>(waiting);
    return 0;
  }
};

}  // namespace tocsin
