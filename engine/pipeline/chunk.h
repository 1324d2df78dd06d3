// What travels through the pipeline: chunks as they are read and matched, cuts
// of them as they take their place in the sequence. All are reused.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/durable/checkpoints.h"
#include "engine/event/extract.h"
#include "engine/match/match.h"
#include "engine/pipeline/alert_rows.h"
#include "engine/pipeline/pipeline.h"
#include "engine/pipeline/reader.h"
#include "engine/pipeline/shard_set.h"
#include "engine/sequence/clock_stage.h"

namespace tocsin {

struct Chunk {
  Entry entry = Entry::kChunk;
  std::size_t source = 0;
  std::int64_t wall_us = 0;
  EventBatch batch;
  MatchResult matched;
  int context = 0;           // Whose memory it was matched with.
  bool ready = false;        // Matched, or nothing to match.
  InputCounts counts;        // Of the batch's rows.
  std::uint64_t number = 0;  // Of the entry in the merge log.
  std::string log;           // What is logged of it.
  bool log_begins = false;   // It can be read without what is before it.
  std::string lost;          // Of kLost.
  CheckpointHead head;       // Of kMark: filled on its way.
  std::string budget;        // Of kMark: the StateBudget as of it.
  bool whole = false;        // Of kMark: every group is written whole.

  // What of it has its place in the sequence already.
  std::size_t next_row = 0, next_event = 0, next_matched = 0;
};

// A stretch of one chunk's rows, or an entry without rows. The shards apply it
// stratum by stratum: rules over alerts once what they read has been told.
struct Cut {
  enum class State : std::uint8_t { kStamped, kSplit, kRising, kApplied };

  State state = State::kStamped;
  Chunk* chunk = nullptr;
  bool last = true;  // Nothing of the chunk is left behind it.
  Stamped stamped;
  std::size_t events = 0;  // Matched ones.
  Slice slice;
  std::int64_t clock_before_us = 0;  // As of the event before it.
  std::shared_ptr<const std::vector<std::int64_t>> started;  // Of slice.
  bool arms = false;        // Its first event is the rule set's first.
  std::int64_t arm_us = 0;  // That event's time.
  const MatchResult* matched = nullptr;  // The chunk's, or of nothing.
  // Of its rows, those of the cut's events.
  std::size_t first_matched = 0, matched_end = 0;

  std::vector<ShardWork> work{1};  // By stratum.
  std::vector<AlertRows> alerts;   // What each stratum but the last told.
  std::uint32_t stratum = 0;       // That is being applied.
  std::size_t parts_taken = 0, parts_done = 0;
};

}  // namespace tocsin
