// Reads the sources and cuts what they give into chunks: the order in which it
// gives them is the sequence. Confined to the thread that reads.
//
// Finished input: the sources one after the other, or, to be merged, whichever
// is asked for. Live: in turn, as bytes come, each gathered for at most 2 ms; a
// source more than kSpreadMicros of event time ahead of another is held back.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/clock.h"
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
  kEnd,      // Every source ended.
};

struct ReadEntry {
  Entry entry = Entry::kNothing;
  std::size_t source = 0;
  std::int64_t wall_us = 0;  // kTick, kShown.
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
  const Source& source(std::size_t i) const { return *inputs_[i].source; }
  bool ended(std::size_t source) const { return inputs_[source].ended; }

  // Where all sources stand behind the last chunk.
  void Save(std::string* out) const;
  absl::Status Load(std::string_view* rest);

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
  };
  enum class Filled { kLines, kNothing, kShown, kEnded, kFailed };

  Filled Fill(Input* input, std::int64_t give_up_us);
  bool Give(Input* input, EventBatch* batch);
  // The entry that says so, once.
  static ReadEntry Show(Input* input, std::size_t source);
  bool HeldBack(std::size_t source, const std::vector<Shown>& shown) const;
  absl::StatusOr<ReadEntry> NextFinished(EventBatch* batch);
  absl::StatusOr<ReadEntry> NextLive(const std::vector<Shown>& shown,
                                     EventBatch* batch);
  ReadEntry Standstill();

  Options options_;
  std::vector<Input> inputs_;
  std::size_t turn_ = 0;
  std::int64_t last_tick_us_ = 0;
};

}  // namespace tocsin
