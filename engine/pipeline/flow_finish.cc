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

constexpr std::string_view kCheckpointKey = "checkpoint";
constexpr std::uint32_t kCheckpointVersion = 2;

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
    return std::make_tuple(e.position, rules_->rules[e.rule].uid, e.count);
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
        "tocsin.keys", rules_->rules[eviction.rule].name,
        "keys forgotten, the rule's limit is reached", eviction.count,
        {eviction.position, eviction.time_us, eviction.clock_us}, alerts);
    announced(eviction.position);
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
      totals.keys += static_cast<std::uint64_t>(delta.keys);
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

// Positions, clock and every shard become durable at once (state.md).
absl::Status Flow::Checkpoint(const Chunk& chunk) {
  std::string bytes;
  PutNumber(kCheckpointVersion, &bytes);
  PutBytes(chunk.mark, &bytes);
  clock_stage_.Save(&bytes);
  announcer_.Save(&bytes);
  SaveStarted(&bytes);
  for (const std::uint64_t lines : lines_) PutNumber(lines, &bytes);
  TOCSIN_RETURN_IF_ERROR(options_.store->Put(kCheckpointKey, bytes));
  TOCSIN_RETURN_IF_ERROR(shards_.Save(options_.store));
  return options_.store->Sync();
}

absl::Status Flow::Restore() {
  if (options_.store == nullptr) return absl::OkStatus();
  const absl::StatusOr<std::string> saved = options_.store->Get(kCheckpointKey);
  if (absl::IsNotFound(saved.status())) return absl::OkStatus();
  if (!saved.ok()) return saved.status();
  std::string_view rest = *saved, mark;
  std::uint32_t version = 0;
  if (!TakeNumber(&rest, &version) || version != kCheckpointVersion ||
      !TakeBytes(&rest, &mark)) {
    return absl::DataLossError("the checkpoint is damaged");
  }
  TOCSIN_RETURN_IF_ERROR(reader_.Load(&mark));
  bool ok =
      clock_stage_.Load(&rest) && announcer_.Load(&rest) && LoadStarted(&rest);
  clock_before_us_ = clock_stage_.clock().clock_us();
  for (std::uint64_t& lines : lines_) ok = ok && TakeNumber(&rest, &lines);
  if (!ok || !rest.empty()) {
    return absl::DataLossError("the checkpoint is damaged");
  }
  TOCSIN_RETURN_IF_ERROR(shards_.Load(options_.store));
  MutexLock lock(&counts_mutex_);
  CountKeys();
  return absl::OkStatus();
}

void Flow::Finish() {
  Cut* cut = nullptr;
  bool failed = false;
  {
    MutexLock lock(&mutex_);
    cut = sequence_.front();
    failed = !status_.ok();
  }
  const std::vector<Alert> alerts = Tell(cut);
  if (!alerts.empty() && !failed) {
    const absl::Status status = callbacks_.alerts(alerts);
    if (!status.ok()) {
      Fail(status);
      failed = true;
    }
  }
  Count(cut);
  Chunk* const chunk = cut->chunk;
  const bool done = cut->last && chunk != nullptr;
  if (done && chunk->entry == Entry::kChunk) GiveDeadLetters(*chunk);
  if (done && chunk->checkpoint && !failed) {
    const absl::Status status = Checkpoint(*chunk);
    if (!status.ok()) Fail(status);
  }
  MutexLock lock(&mutex_);
  sequence_.pop_front();
  if (done) {
    if (chunk->checkpoint) checkpointing_ = false;
    free_chunks_.push_back(chunk);
  }
  free_cuts_.push_back(cut);
  finishing_ = false;
}

}  // namespace tocsin
