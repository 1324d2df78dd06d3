#include "connectors/webhook/inbox.h"

#include "engine/base/check.h"

namespace tocsin::webhook {

void CodeCounts::Add(int code) {
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (kCodes[i] == code) {
      counts_[i].fetch_add(1, std::memory_order_relaxed);
      return;
    }
  }
  TOCSIN_CHECK(false && "an answer that is not counted");
}

}  // namespace tocsin::webhook
