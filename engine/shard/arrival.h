// What a rule's state is given: what the rules of a shard share, and a matched
// row in its slice.
#pragma once

#include <string>

#include "engine/match/condition_tests.h"
#include "engine/shard/row_values.h"
#include "engine/shard/sample_ring.h"
#include "engine/shard/saving.h"
#include "engine/shard/slice.h"
#include "engine/shard/timers.h"
#include "engine/window/block_pool.h"

namespace tocsin {

struct RuleShared {
  BlockPool* pool;
  SampleRing* samples;
  Timers* timers;
  ConditionTests* tests;
  Saving* saving;
  std::string* records;  // Where what is saved goes.
};

struct RowArrival {
  const Slice* slice;
  const MatchResult* matched;
  const MatchedEvent* event;
  const MatchedRow* row;
  const RowValues* values;
};

}  // namespace tocsin
