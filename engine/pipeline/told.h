// What is told and logged on its way into one durable write.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/alert/alert.h"
#include "engine/durable/outbox.h"
#include "engine/state/state_store.h"

namespace tocsin {

// What a chunk told, waiting to be durable.
struct Told {
  std::uint64_t entry = 0;  // The first that it does not need the log of.
  std::vector<Alert> alerts;
  std::size_t bytes = 0;  // About.
};
// Entries of the sequence that are in no stretch of the log yet.
struct Logged {
  std::uint64_t number = 0;
  bool begins = false;  // What can be read without those before it.
  std::string bytes;
};
// A stretch of the log in the store.
struct Stretch {
  std::uint64_t first = 0, last = 0;
};
// A write that is tried until there is room for it.
struct Writing {
  StoreBatch batch;
  std::vector<Outbox::Prepared> prepared;
  std::vector<Told> told;  // For the callback, without an outbox.
  std::vector<Stretch> stretches;
};

}  // namespace tocsin
