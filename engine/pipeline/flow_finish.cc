// The last step: the alerts of a cut leave in their order, and are counted.
#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_format.h"
#include "engine/alert/render.h"
#include "engine/base/coding.h"
#include "engine/base/status_macros.h"
#include "engine/pipeline/context.h"
#include "engine/pipeline/flow.h"

namespace tocsin {
namespace {

std::string_view ReasonOf(Fate fate) {
  switch (fate) {
    case Fate::kMalformed:
      return "malformed";
    case Fate::kTooLong:
      return "too_long";
    case Fate::kTooDeep:
      return "too_deep";
    case Fate::kNotAnObject:
      return "not_an_object";
    case Fate::kEvent:
      break;
  }
  return "";
}

void AddInput(const InputCounts& more, InputCounts* counts) {
  counts->bytes += more.bytes;
  counts->lines += more.lines;
  counts->blank_lines += more.blank_lines;
  counts->events += more.events;
  counts->malformed += more.malformed;
  counts->too_long += more.too_long;
  counts->too_deep += more.too_deep;
  counts->not_an_object += more.not_an_object;
  counts->no_schema += more.no_schema;
  counts->repaired += more.repaired;
  counts->duplicate_keys += more.duplicate_keys;
  counts->salvaged += more.salvaged;
  counts->number_lost += more.number_lost;
  counts->no_time += more.no_time;
  counts->bad_bodies += more.bad_bodies;
}

void AddTimes(const Stamped& stamped, InputCounts* counts) {
  if (!stamped.has_times) return;
  const bool first = counts->first_us == 0 && counts->last_us == 0;
  counts->first_us =
      first ? stamped.first_us : std::min(counts->first_us, stamped.first_us);
  counts->last_us =
      first ? stamped.last_us : std::max(counts->last_us, stamped.last_us);
}

// All that the shards gave of the cut, stratum by stratum.
template <typename Do>
void ForEachOutput(Cut* cut, Do do_it) {
  for (ShardWork& work : cut->work) {
    for (std::size_t i = 0; i < work.parts.size(); ++i) do_it(&work.outputs[i]);
  }
}

// The clock, or where there is none yet the epoch.
std::int64_t TimeOfGap(const Cut& cut) {
  const std::int64_t clock = cut.stamped.clock_us;
  const bool none = clock == EventClock::kNone || clock == INT64_MAX;
  return none ? 0 : clock;
}

void AddMatches(const std::vector<RuleCounts>& counts,
                std::vector<RuleTotals>* totals) {
  for (std::size_t i = 0; i < counts.size() && i < totals->size(); ++i) {
    (*totals)[i].matches += counts[i].matches;
    (*totals)[i].no_key += counts[i].no_key;
    (*totals)[i].each_overflow += counts[i].each_overflow;
  }
}

}  // namespace

// What the engine tells of itself, behind the rules' alerts at the same event.
void Flow::Announce(Cut* cut, std::vector<std::size_t>* places,
                    std::vector<Alert>* alerts) {
  std::vector<Eviction> evictions;
  ForEachOutput(cut, [&](const ShardOutput* output) {
    evictions.insert(evictions.end(), output->evictions.begin(),
                     output->evictions.end());
  });
  const auto place = [this](const Eviction& e) {
    return std::make_tuple(e.position, rules_->rules[e.rule].uid, e.over_budget,
                           e.count);
  };
  std::stable_sort(evictions.begin(), evictions.end(),
                   [&](const Eviction& a, const Eviction& b) {
                     return place(a) < place(b);
                   });
  const auto announced = [&](std::uint64_t position) {
    while (places->size() < alerts->size()) places->push_back(position);
  };
  for (const Eviction& eviction : evictions) {
    announcer_.Happened(
        eviction.over_budget ? "tocsin.state_budget" : "tocsin.keys",
        rules_->rules[eviction.rule].name,
        eviction.over_budget ? "keys forgotten, the state budget is reached"
                             : "keys forgotten, the rule's limit is reached",
        eviction.count,
        {eviction.position, eviction.time_us, eviction.clock_us}, alerts);
    announced(eviction.position);
  }
  if (cut->chunk != nullptr && cut->chunk->entry == Entry::kLost) {
    // Each range is told: it is what somebody has to look for elsewhere.
    alerts->push_back(InternalAlert(
        "tocsin.gap", reader_.source(cut->chunk->source).name(),
        absl::StrFormat("%s: %s", reader_.source(cut->chunk->source).name(),
                        cut->chunk->lost),
        1, cut->stamped.first_position, TimeOfGap(*cut)));
    announced(cut->stamped.first_position);
  }
  for (const BadClock& bad : cut->stamped.bad_clocks) {
    announcer_.Happened(
        "tocsin.bad_clock", reader_.source(bad.source).name(),
        "events far ahead of their source did not move its clock", 1,
        {bad.position, bad.time_us, bad.clock_us}, alerts);
    announced(bad.position);
  }
}

std::vector<Alert> Flow::Tell(Cut* cut) {
  std::vector<Detection> detections;
  ForEachOutput(cut, [&](ShardOutput* output) {
    for (Detection& detection : output->detections) {
      if (detection.kind == AlertKind::kClosed && !options_.closed) continue;
      if (rules_->rules[detection.rule].signal) continue;
      detections.push_back(std::move(detection));
    }
  });
  std::sort(detections.begin(), detections.end(), LeavesBefore);
  std::vector<std::size_t> places;
  std::vector<Alert> internal;
  Announce(cut, &places, &internal);
  if (detections.empty()) return internal;
  if (cut->events > 0) {
    Context* const context = contexts_[cut->chunk->context].get();
    MutexLock lock(&context->mutex);
    return Render(std::move(detections), &cut->chunk->batch,
                  context->matcher.get(), std::move(internal), places);
  }
  // Their events are gone; texts come from slots, if any.
  MutexLock lock(&alerts_mutex_);
  return Render(std::move(detections), nullptr, MadeAlertMatcher()->matcher(),
                std::move(internal), places);
}

// All alerts of a cut in their order: the engine's own behind those of rules at
// the same event.
std::vector<Alert> Flow::Render(std::vector<Detection> detections,
                                EventBatch* batch, Matcher* matcher,
                                std::vector<Alert> internal,
                                const std::vector<std::size_t>& places) const {
  std::vector<Alert> alerts;
  std::size_t told = 0;
  for (Detection& detection : detections) {
    for (; told < internal.size() && places[told] < detection.position;
         ++told) {
      alerts.push_back(std::move(internal[told]));
    }
    alerts.push_back(
        RenderAlert(std::move(detection), *rules_, batch, matcher));
  }
  for (; told < internal.size(); ++told) {
    alerts.push_back(std::move(internal[told]));
  }
  return alerts;
}

void Flow::Count(Cut* cut) {
  MutexLock lock(&counts_mutex_);
  counts_.input.matched += cut->events;
  counts_.input.late += cut->stamped.late;
  counts_.input.bad_clock += cut->stamped.bad_clocks.size();
  counts_.durable.lost +=
      cut->chunk != nullptr && cut->chunk->entry == Entry::kLost;
  AddTimes(cut->stamped, &counts_.input);
  std::vector<std::uint64_t> duplicates;
  ForEachOutput(cut, [&](const ShardOutput* output) {
    duplicates.insert(duplicates.end(), output->duplicates.begin(),
                      output->duplicates.end());
    counts_.input.forgotten += output->forgotten;
    for (const std::uint32_t rule : output->touched) {
      const RuleDelta& delta = output->deltas[rule];
      RuleTotals& totals = counts_.rules[rule];
      totals.detections += delta.detections;
      totals.alerts += delta.alerts;
      totals.folded += delta.folded;
      totals.late += delta.late;
      totals.duplicates += delta.duplicates;
      totals.evictions += delta.evictions;
      totals.over_budget += delta.over_budget;
      totals.keys += static_cast<std::uint64_t>(delta.keys);
      totals.bytes += static_cast<std::uint64_t>(delta.bytes);
    }
  });
  std::sort(duplicates.begin(), duplicates.end());
  counts_.input.duplicates +=
      std::unique(duplicates.begin(), duplicates.end()) - duplicates.begin();
  for (const AlertRows& alerts : cut->alerts) {
    AddMatches(alerts.matched.counts, &counts_.rules);
  }
  if (!cut->last || cut->chunk == nullptr ||
      cut->chunk->entry != Entry::kChunk) {
    return;
  }
  AddInput(cut->chunk->counts, &counts_.input);
  AddMatches(cut->chunk->matched.counts, &counts_.rules);
}

void Flow::GiveDeadLetters(const Chunk& chunk) {
  const std::uint64_t before = lines_[chunk.source];
  lines_[chunk.source] += chunk.counts.lines;
  if (callbacks_.dead_letter == nullptr ||
      chunk.counts.events == chunk.batch.rows.size()) {
    return;
  }
  for (const Row& row : chunk.batch.rows) {
    if (row.fate == Fate::kEvent) continue;
    callbacks_.dead_letter({reader_.source(chunk.source).name(),
                            before + row.line + 1, ReasonOf(row.fate),
                            chunk.batch.Raw(row)});
  }
}

void Flow::Finish() {
  Cut* cut = nullptr;
  bool failed = false;
  {
    MutexLock lock(&mutex_);
    cut = sequence_.front();
    failed = !status_.ok();
  }
  Chunk* const chunk = cut->chunk;
  const bool done = cut->last && chunk != nullptr;
  std::vector<Alert> alerts = Tell(cut);
  if (durable()) {
    KeepTold(cut, std::move(alerts));
  } else if (!alerts.empty() && !failed) {
    const absl::Status status = callbacks_.alerts(alerts);
    if (!status.ok()) Fail(status);
  }
  Count(cut);
  if (done && chunk->entry == Entry::kChunk) GiveDeadLetters(*chunk);
  if (done && chunk->entry == Entry::kMark) FinishMark(chunk);
  MutexLock lock(&mutex_);
  sequence_.pop_front();
  if (done) free_chunks_.push_back(chunk);
  free_cuts_.push_back(cut);
  finishing_ = false;
}

}  // namespace tocsin
