// The clock of event time: from the times of events, source by source, to one
// clock that never falls, and from that which events are late
// (docs/decisions/0001-sequence.md).
//
// A source's latest time minus the lateness is its watermark; the clock is the
// least watermark of the sources that are running. An event more than max_skew
// ahead of its source moves nothing until the source's next event is ahead,
// too; if that one is back, it was an outlier and is counted. A source's first
// event has none to be measured by: it is in doubt until the second, and was an
// outlier when that lies more than max_skew before it. Serial: called in the
// order of the sequence.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin {

class EventClock {
 public:
  static constexpr std::int64_t kNone =
      std::numeric_limits<std::int64_t>::min();

  EventClock(std::int64_t lateness_us, std::int64_t max_skew_us,
             std::size_t sources);
  // Of one source another than of the rest.
  void SetLateness(std::size_t source, std::int64_t lateness_us) {
    sources_[source].lateness = lateness_us;
  }

  // An event of `source` at `time_us` takes its place. True when it shows that
  // the source's event before it was an outlier.
  bool Show(std::size_t source, std::int64_t time_us);
  // `source` itself says that it has given all before `time_us`: no event need
  // confirm that.
  void Pass(std::size_t source, std::int64_t time_us);
  std::int64_t clock_us() const { return clock_; }
  // The source's latest time that counts; kNone before its second event.
  std::int64_t latest_us(std::size_t source) const {
    return sources_[source].latest;
  }
  // The time of an event that has none: the latest, or as long as nothing else
  // is known the first, in doubt as it is; kNone before the first event.
  std::int64_t assumed_us(std::size_t source) const {
    return Known(sources_[source]);
  }

  // A source that stands still or ended no longer holds the clock. Its next
  // event wakes it.
  void SetIdle(std::size_t source);
  bool IsIdle(std::size_t source) const { return sources_[source].idle; }
  // Not begun yet: does not hold the clock either.
  void SetWaiting(std::size_t source) { sources_[source].idle = true; }
  // While every source is idle the clock goes on by itself.
  void Advance(std::int64_t clock_us);
  // The end of a finished input: all that is due at or before the latest time,
  // or with `end_of_time` everything, becomes due.
  void End(bool end_of_time);

  // The clock; and what is known of a source.
  void Save(std::string* out) const;
  bool Load(std::string_view* rest);
  void SaveSource(std::size_t source, std::string* out) const;
  bool LoadSource(std::size_t source, std::string_view* rest);

 private:
  struct SourceTime {
    std::int64_t lateness = 0;
    std::int64_t latest = kNone;
    std::int64_t ahead = kNone;  // Of an event that nothing confirms yet.
    bool idle = false;
  };
  static std::int64_t Known(const SourceTime& source) {
    return source.latest == kNone ? source.ahead : source.latest;
  }
  void Move();

  std::int64_t max_skew_;
  std::int64_t clock_ = kNone;
  std::vector<SourceTime> sources_;
};

}  // namespace tocsin
