#include "connectors/journal/recent_bodies.h"

namespace tocsin::journal {

bool RecentBodies::Has(const Hash128& body, std::int64_t now_us) {
  Forget(now_us);
  return known_.contains(body);
}

void RecentBodies::Add(const Hash128& body, std::int64_t received_us) {
  if (known_.insert(body).second) order_.emplace_back(body, received_us);
  Forget(received_us);
}

void RecentBodies::Forget(std::int64_t now_us) {
  // A clock that stepped back far would keep what it knows for that long.
  while (!order_.empty() &&
         (order_.size() > most_ || order_.front().second < now_us - micros_ ||
          order_.front().second > now_us + micros_)) {
    known_.erase(order_.front().first);
    order_.pop_front();
  }
}

}  // namespace tocsin::journal
