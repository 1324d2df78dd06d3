#include "engine/pipeline/announcer.h"

#include "absl/strings/str_format.h"
#include "engine/alert/render.h"
#include "engine/base/coding.h"
#include "engine/sequence/event_clock.h"

namespace tocsin {
namespace {

// The clock never falls; from none to any time more than an hour has passed.
bool HourPassed(std::int64_t from_us, std::int64_t to_us) {
  return to_us > from_us &&
         static_cast<std::uint64_t>(to_us) -
                 static_cast<std::uint64_t>(from_us) >=
             static_cast<std::uint64_t>(Announcer::kEveryMicros);
}

}  // namespace

void Announcer::Happened(std::string_view name, std::string_view subject,
                         std::string_view text, std::uint64_t count,
                         const Place& place, std::vector<Alert>* alerts) {
  Told& told = told_[absl::StrFormat("%s %s", name, subject)];
  told.pending += count;
  if (told.told && !HourPassed(told.clock_us, place.clock_us)) return;
  alerts->push_back(InternalAlert(
      name, subject, absl::StrFormat("%s: %d %s", subject, told.pending, text),
      told.pending, place.position,
      place.clock_us == EventClock::kNone ? place.time_us : place.clock_us));
  told = {true, place.clock_us, 0};
}

void Announcer::Save(std::string* out) const {
  PutNumber(static_cast<std::uint32_t>(told_.size()), out);
  for (const auto& [subject, told] : told_) {
    PutBytes(subject, out);
    PutNumber(static_cast<std::uint8_t>(told.told), out);
    PutNumber(told.clock_us, out);
    PutNumber(told.pending, out);
  }
}

bool Announcer::Load(std::string_view* rest) {
  told_.clear();
  std::uint32_t count = 0;
  if (!TakeNumber(rest, &count)) return false;
  for (; count > 0; --count) {
    std::string_view subject;
    std::uint8_t was_told = 0;
    Told told;
    if (!TakeBytes(rest, &subject) || !TakeNumber(rest, &was_told) ||
        !TakeNumber(rest, &told.clock_us) || !TakeNumber(rest, &told.pending)) {
      return false;
    }
    told.told = was_told != 0;
    told_[std::string(subject)] = told;
  }
  return true;
}

}  // namespace tocsin
