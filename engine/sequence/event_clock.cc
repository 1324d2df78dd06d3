#include "engine/sequence/event_clock.h"

#include <algorithm>
#include <utility>

#include "engine/base/coding.h"

namespace tocsin {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

std::int64_t Plus(std::int64_t time, std::int64_t span) {
  return time > kNever - span ? kNever : time + span;
}
std::int64_t Minus(std::int64_t time, std::int64_t span) {
  return time < EventClock::kNone + span ? EventClock::kNone : time - span;
}

}  // namespace

EventClock::EventClock(std::int64_t lateness_us, std::int64_t max_skew_us,
                       std::size_t sources)
    : max_skew_(max_skew_us), sources_(sources) {
  for (SourceTime& source : sources_) source.lateness = lateness_us;
}

bool EventClock::Show(std::size_t source, std::int64_t time_us) {
  SourceTime& s = sources_[source];
  s.idle = false;
  bool outlier = false;
  if (s.latest == kNone) {
    if (s.ahead == kNone) {
      s.ahead = time_us;
      return false;
    }
    // The second event: what it says of the first, the first says of it.
    const std::int64_t first = std::exchange(s.ahead, kNone);
    outlier = first > Plus(time_us, max_skew_);
    s.latest = outlier ? time_us : first;
    if (time_us > Plus(s.latest, max_skew_)) {
      s.ahead = time_us;
    } else {
      s.latest = std::max(s.latest, time_us);
    }
  } else if (time_us <= Plus(s.latest, max_skew_)) {
    outlier = std::exchange(s.ahead, kNone) != kNone;
    s.latest = std::max(s.latest, time_us);
  } else if (s.ahead == kNone) {
    s.ahead = time_us;
    return false;
  } else {
    // Two in a row: the nearer one is confirmed by the farther; that one stays
    // in doubt when it is again too far ahead.
    s.latest = std::min(s.ahead, time_us);
    const std::int64_t farther = std::max(s.ahead, time_us);
    const bool doubt = farther > Plus(s.latest, max_skew_);
    if (!doubt) s.latest = farther;
    s.ahead = doubt ? farther : kNone;
  }
  Move();
  return outlier;
}

void EventClock::Pass(std::size_t source, std::int64_t time_us) {
  SourceTime& s = sources_[source];
  s.idle = false;
  s.ahead = kNone;
  s.latest = std::max(s.latest, time_us);
  Move();
}

void EventClock::Move() {
  std::int64_t least = kNever;
  bool any = false;
  for (const SourceTime& source : sources_) {
    if (source.idle) continue;
    least = std::min(least, Minus(source.latest, source.lateness));
    any = true;
  }
  if (!any) return;
  clock_ = std::max(clock_, least);
}

void EventClock::SetIdle(std::size_t source) {
  sources_[source].idle = true;
  Move();
}

void EventClock::Advance(std::int64_t clock_us) {
  for (const SourceTime& source : sources_) {
    if (!source.idle) return;
  }
  clock_ = std::max(clock_, clock_us);
}

void EventClock::End(bool end_of_time) {
  if (end_of_time) {
    clock_ = kNever;
    return;
  }
  for (const SourceTime& source : sources_) {
    const std::int64_t known = Known(source);
    if (known != kNone) clock_ = std::max(clock_, Plus(known, 1));
  }
}

void EventClock::Save(std::string* out) const { PutNumber(clock_, out); }

bool EventClock::Load(std::string_view* rest) {
  return TakeNumber(rest, &clock_);
}

void EventClock::SaveSource(std::size_t source, std::string* out) const {
  PutNumber(sources_[source].latest, out);
  PutNumber(sources_[source].ahead, out);
  PutNumber(static_cast<std::uint8_t>(sources_[source].idle), out);
}

bool EventClock::LoadSource(std::size_t source, std::string_view* rest) {
  SourceTime& s = sources_[source];
  std::uint8_t idle = 0;
  if (!TakeNumber(rest, &s.latest) || !TakeNumber(rest, &s.ahead) ||
      !TakeNumber(rest, &idle)) {
    return false;
  }
  s.idle = idle != 0;
  return true;
}

}  // namespace tocsin
