// Gives every event its place in the sequence and the clock as of it. Serial:
// chunks in the order of the sequence, cheap per row.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/event/extract.h"
#include "engine/match/match.h"
#include "engine/program/rule_set.h"
#include "engine/sequence/event_clock.h"

namespace tocsin {

struct BadClock {
  std::uint32_t source = 0;
  std::uint64_t position = 0;  // Of the event that showed it.
  std::int64_t time_us = 0;    // That event's.
  std::int64_t clock_us = 0;
};

// A stretch of rows, stamped. Reused.
struct Stamped {
  std::uint64_t first_position = 1;  // Of the first event of the stretch.
  std::vector<std::int64_t> clocks;  // As of each of its events.
  std::int64_t clock_us = 0;         // Behind the last.
  std::uint64_t late = 0;
  std::int64_t first_us = 0, last_us = 0;  // Least and greatest time of events
  bool has_times = false;                  // that have one.
  // The first event that a schema takes, if there is one, and its time.
  bool has_taken = false;
  std::int64_t taken_us = 0;
  std::vector<BadClock> bad_clocks;
};

class ClockStage {
 public:
  // `source_names`: with more than one, an `identity position` counts within
  // its source and its name goes into the identity.
  ClockStage(std::int64_t lateness_us, std::int64_t max_skew_us,
             std::vector<std::string> source_names);

  // Stamps rows [from, to) of a matched batch of `source`, whose matched events
  // begin at `matched->events[*event]`; moves *event behind them.
  void Stamp(std::size_t source, const RuleSet& rules, std::size_t from,
             std::size_t to, EventBatch* batch, MatchResult* matched,
             std::size_t* event, Stamped* out);
  // An entry of the sequence without events: what became of the clock.
  void StampNothing(Stamped* out) const;

  EventClock& clock() { return clock_; }
  const EventClock& clock() const { return clock_; }
  std::uint64_t next_position() const { return next_position_; }

  // The clock and the next position; and what is known of a source.
  void Save(std::string* out) const;
  bool Load(std::string_view* rest);
  void SaveSource(std::size_t source, std::string* out) const;
  bool LoadSource(std::size_t source, std::string_view* rest);

 private:
  Hash128 PositionIdentity(std::size_t source) const;

  EventClock clock_;
  std::vector<std::string> source_names_;
  std::vector<std::uint64_t> ordinals_;  // Events so far, by source.
  std::uint64_t next_position_ = 1;
};

}  // namespace tocsin
