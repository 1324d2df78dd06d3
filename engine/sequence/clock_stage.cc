#include "engine/sequence/clock_stage.h"

#include <algorithm>
#include <utility>

#include "engine/base/coding.h"
#include "engine/base/hash.h"

namespace tocsin {

ClockStage::ClockStage(std::int64_t lateness_us, std::int64_t max_skew_us,
                       std::vector<std::string> source_names)
    : clock_(lateness_us, max_skew_us, source_names.size()),
      source_names_(std::move(source_names)),
      ordinals_(source_names_.size(), 0) {}

Hash128 ClockStage::PositionIdentity(std::size_t source) const {
  std::string bytes;
  if (source_names_.size() > 1) PutBytes(source_names_[source], &bytes);
  PutNumber(ordinals_[source], &bytes);
  return HashWide(bytes);
}

void ClockStage::StampNothing(Stamped* out) const {
  out->first_position = next_position_;
  out->clocks.clear();
  out->clock_us = clock_.clock_us();
  out->late = 0;
  out->first_us = out->last_us = 0;
  out->has_times = false;
  out->has_taken = false;
  out->bad_clocks.clear();
}

void ClockStage::Stamp(std::size_t source, const RuleSet& rules,
                       std::size_t from, std::size_t to, EventBatch* batch,
                       MatchResult* matched, std::size_t* event, Stamped* out) {
  StampNothing(out);
  for (std::size_t i = from; i < to; ++i) {
    const Row& row = batch->rows[i];
    if (row.fate != Fate::kEvent) continue;
    ++ordinals_[source];
    std::int64_t time = row.time_us;
    if (time == kNoTime) {
      const std::int64_t assumed = clock_.assumed_us(source);
      time = assumed == EventClock::kNone ? 0 : assumed;
    } else {
      if (clock_.Show(source, time)) {
        out->bad_clocks.push_back({static_cast<std::uint32_t>(source),
                                   next_position_, time, clock_.clock_us()});
      }
      out->first_us = out->has_times ? std::min(out->first_us, time) : time;
      out->last_us = out->has_times ? std::max(out->last_us, time) : time;
      out->has_times = true;
    }
    if (!out->has_taken && row.schema != kNoSchema) {
      out->has_taken = true;
      out->taken_us = time;
    }
    const std::int64_t clock = clock_.clock_us();
    const bool late = time < clock;
    out->late += late;
    out->clocks.push_back(clock);
    if (*event < matched->events.size() && matched->events[*event].row == i) {
      MatchedEvent& stamped = matched->events[(*event)++];
      stamped.late = late;
      stamped.time_us = time;
      stamped.position = next_position_;
      stamped.clock_us = clock;
      if (rules.schemas[stamped.schema].identity_position) {
        stamped.identity = PositionIdentity(source);
      }
    }
    ++next_position_;
  }
  out->clock_us = clock_.clock_us();
}

void ClockStage::Save(std::string* out) const {
  clock_.Save(out);
  PutNumber(next_position_, out);
}

bool ClockStage::Load(std::string_view* rest) {
  return clock_.Load(rest) && TakeNumber(rest, &next_position_);
}

void ClockStage::SaveSource(std::size_t source, std::string* out) const {
  clock_.SaveSource(source, out);
  PutNumber(ordinals_[source], out);
}

bool ClockStage::LoadSource(std::size_t source, std::string_view* rest) {
  return clock_.LoadSource(source, rest) &&
         TakeNumber(rest, &ordinals_[source]);
}

}  // namespace tocsin
