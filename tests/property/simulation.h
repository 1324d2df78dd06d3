// The whole engine on one seeded thread over a store that loses and tears what
// was not synced, its process dying wherever the seed says.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/program/rule_set.h"
#include "tests/testing/random.h"

namespace tocsin::testing {

// The text of each stream of each source.
using Streams = std::vector<std::vector<std::string>>;

struct EventShape {
  int least = 40, more = 100;  // Events: so many, and below so many more.
  std::uint64_t users = 7, doors = 9;
  std::int64_t pause_ms = 400;  // From one to the next at most.
};

// Events of less than a minute, so that no source is held back, over one to
// three sources of one to three streams.
Streams RandomStreams(const EventShape& shape, Random* random);

struct Simulation {
  std::uint64_t seed = 0;
  std::string rules;  // Beside one that tells every event.
  Streams streams;
  std::uint64_t state_bytes = 0;
  // Between two looks at the budget; no chunk has as many events.
  std::uint64_t budget_events = kMostOfChunk;

  static constexpr std::uint64_t kMostOfChunk = 48;
};

struct SimulationEnd {
  int lives = 0;
  int alerts = 0;       // Of the rules, but for the one that tells every event.
  int over_budget = 0;  // Alerts that the budget was reached.
};

// Lives and dies until all was read; then each alert has reached the sink under
// one id, and all of them are those that one run without a crash tells of the
// same merge. Says where it does not hold.
SimulationEnd Simulate(const Simulation& simulation);

}  // namespace tocsin::testing
