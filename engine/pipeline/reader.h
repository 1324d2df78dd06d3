// Reads the sources and cuts what they give into chunks: the order in which it
// gives them is the sequence. Confined to the thread that reads.
//
// Finished input: the sources one after the other, or, to be merged, whichever
// is asked for. Live: in turn, as bytes come, each gathered for at most 2 ms; a
// source more than kSpreadMicros of event time ahead of another is held back.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/clock.h"
#include "engine/durable/merge_log.h"
#include "engine/event/extract.h"
#include "engine/ports/source.h"
#include "engine/sequence/framer.h"

namespace tocsin {

enum class Entry : std::uint8_t {
  kChunk,    // Whole lines of one source.
  kNothing,  // Nothing now.
  kShown,    // The source has given all before `wall_us`, of event time.
  kIdle,     // The source stands still (live) or ended: it holds no clock.
  kTick,     // All sources are idle: wall time went on.
  kLost,     // The source cannot give some bytes: `lost` says which.
  kMark,     // No entry: a checkpoint is to be made of what is before it.
  kEnd,      // Every source ended.
};

struct ReadEntry {
  Entry entry = Entry::kNothing;
  std::size_t source = 0;
  std::int64_t wall_us = 0;  // kTick, kShown.
  std::uint32_t stream = 0;  // kChunk.
  std::string lost = {};     // kLost.
  std::uint64_t number = 0;  // Of an entry of the log.
};

class Reader {
 public:
  static constexpr std::int64_t kSpreadMicros = 60'000'000;

  // What the sequence knows of a source so far.
  struct Shown {
    std::int64_t latest_us = INT64_MIN;  // Event time.
    bool idle = false;
  };
  struct Options {
    bool live = false;
    std::int64_t idle_us = 30'000'000;
    const Clock* clock = nullptr;
  };

  Reader(Options options, std::vector<Source*> sources);

  // The next entry of the sequence; a chunk's bytes go into *batch. Waits (a
  // tenth of a second at most) when there is nothing.
  absl::StatusOr<ReadEntry> Next(const std::vector<Shown>& shown,
                                 EventBatch* batch);
  // Finished input: the next chunk of one source, or kIdle when it ended.
  absl::StatusOr<ReadEntry> NextOf(std::size_t source, EventBatch* batch);
  // Whole lines that are read but in no chunk yet, so that stopping loses none;
  // kEnd when there are no more.
  ReadEntry Drain(EventBatch* batch);

  std::size_t sources() const { return inputs_.size(); }
  Source& source(std::size_t i) const { return *inputs_[i].source; }
  bool ended(std::size_t source) const { return inputs_[source].ended; }

  // What is known of a source behind the last chunk, beside its own position.
  std::string Save(std::size_t source) const;
  absl::Status Load(std::size_t source, std::string_view bytes);

  // These entries come first, read again as they were logged. What a source
  // cannot give again is a kLost.
  void Replay(std::deque<MergeEntry> log) { log_ = std::move(log); }
  bool replaying() const { return !log_.empty(); }

 private:
  struct Input {
    Source* source = nullptr;
    Framer framer;
    EventBatch open;     // The chunk that is being filled.
    bool begun = false;  // `open` is in the framer's hands.
    bool ended = false;
    bool idle = false;
    bool failed = false;  // `failure` is due when its lines are given.
    absl::Status failure;
    std::int64_t last_data_us = 0;
    // What the source has shown behind its last whole line: due when the lines
    // have been given.
    bool shown = false;
    std::int64_t shown_us = 0;
    bool lost = false;  // The same of what is lost.
    std::string what_is_lost;
    std::uint32_t stream = 0;      // Of the bytes in the framer.
    std::size_t other_stream = 0;  // Where those of `next_stream` begin, or 0.
    std::uint32_t next_stream = 0;
    // Streams of which the log says more than the source has.
    std::set<std::string> given_up;
  };
  enum class Filled { kLines, kNothing, kShown, kLost, kEnded, kFailed };

  Filled Fill(Input* input, std::int64_t give_up_us);
  bool Give(Input* input, EventBatch* batch);
  static ReadEntry Given(Input* input, std::size_t source);
  // The entry that says so, once.
  static ReadEntry Show(Input* input, std::size_t source);
  bool HeldBack(std::size_t source, const std::vector<Shown>& shown) const;
  absl::StatusOr<ReadEntry> NextFinished(EventBatch* batch);
  absl::StatusOr<ReadEntry> NextLive(const std::vector<Shown>& shown,
                                     EventBatch* batch);
  ReadEntry Standstill();
  // The next entry of the log (reader_replay.cc).
  absl::StatusOr<ReadEntry> NextLogged(EventBatch* batch);
  absl::StatusOr<ReadEntry> TakeLogged(EventBatch* batch, bool* skipped);
  absl::StatusOr<ReadEntry> ReadLogged(std::size_t source,
                                       const MergeEntry& entry,
                                       EventBatch* batch);
  ReadEntry GiveUp(std::size_t source, const MergeEntry& entry,
                   std::string_view why);

  Options options_;
  std::vector<Input> inputs_;
  std::deque<MergeEntry> log_;
  std::size_t turn_ = 0;
  std::int64_t last_tick_us_ = 0;
};

}  // namespace tocsin
