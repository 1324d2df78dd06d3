// Arrive() is the way of an event: collect, window, then the hold. The limits
// are in rule_limits.cc, saving and loading in rule_saved.cc.
#include "engine/shard/rule_state.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

namespace tocsin {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

// Of positive spans, without overflow.
std::int64_t Plus(std::int64_t time, std::int64_t span) {
  return time > kNever - span ? kNever : time + span;
}

std::string_view IdentityOf(const RuleState::Arrival& arrival) {
  return std::string_view(arrival.slice->matched->arena)
      .substr(arrival.event->identity_offset, arrival.event->identity_size);
}

}  // namespace

std::vector<std::uint64_t> HashesOf(
    const std::vector<CollectProgram>& collects) {
  std::vector<std::uint64_t> hashes;
  for (const CollectProgram& collect : collects) hashes.push_back(collect.hash);
  return hashes;
}

RuleState::RuleState(const RuleProgram* program, std::uint32_t rule,
                     Shared shared)
    : program_(program),
      rule_(rule),
      shared_(shared),
      limit_(KeysOfShard(program->keys)) {
  if (!program->aggregates.empty()) window_.emplace(WindowSpec::Of(*program));
}

RuleState::~RuleState() {
  if (!window_) return;
  table_.ForEach([this](const KeyTable::Slot& slot) {
    window_->Free(slot.word, shared_.pool);
  });
}

void RuleState::Adopt(const RuleProgram* program, std::uint32_t rule) {
  const std::vector<std::uint64_t> collects = HashesOf(program_->collects);
  program_ = program;
  rule_ = rule;
  limit_ = KeysOfShard(program->keys);
  AdoptCollects(collects);
  for (const auto& [key, incident] : incidents_) SetTimer(key, *incident);
}

// A collect is not in the rule's uid: values stay with what they are of.
void RuleState::AdoptCollects(const std::vector<std::uint64_t>& before) {
  const std::vector<std::uint64_t> after = HashesOf(program_->collects);
  if (before == after) return;
  std::vector<std::size_t> from;
  bool any = false;
  for (const std::uint64_t hash : after) {
    const auto found = std::find(before.begin(), before.end(), hash);
    from.push_back(found == before.end() ? Collected::kNew
                                         : found - before.begin());
    any = any || found != before.end();
  }
  if (!any) collected_.clear();
  for (const auto& [key, values] : collected_) values->Remap(from);
  for (const auto& [key, incident] : incidents_) incident->held.Remap(from);
}

void RuleState::SetTimer(std::uint64_t key, const Incident& incident) {
  shared_.timers->Set({incident.due_us,
                       Plus(incident.fired_us, program_->hold_us),
                       incident.setter, rule_, key});
}

void RuleState::Arrive(const Arrival& arrival, ShardOutput* out) {
  const std::uint64_t key = KeyTable::Hash(arrival.row->key_hash);
  Incident* incident = nullptr;
  if (program_->once) {
    const auto found = incidents_.find(key);
    if (found != incidents_.end()) incident = found->second.get();
  }
  const bool held =
      incident != nullptr &&
      arrival.event->time_us < Plus(incident->fired_us, program_->hold_us);
  if (!program_->collects.empty()) Collect(arrival, held, incident);
  Evidence evidence{arrival.event->time_us, arrival.event->time_us, 1, 1};
  if (!IsFilter() && !Stands(arrival, &evidence, out)) return;
  RuleDelta* const delta = out->Delta(rule_);
  ++delta->detections;
  if (held) {
    ++delta->folded;
    incident->Fold(arrival.event->time_us, arrival.event->position,
                   arrival.event->schema, IdentityOf(arrival));
    return;
  }
  Fire(arrival, evidence, incident, out);
}

// The window's answer for a rule that has one.
bool RuleState::Stands(const Arrival& arrival, Evidence* evidence,
                       ShardOutput* out) {
  if (arrival.values->adds.empty()) return false;
  const MatchedEvent& event = *arrival.event;
  shared_.samples->Add(arrival.row->key_hash, event.time_us, event.position,
                       event.schema, IdentityOf(arrival));
  if (window_->stateless()) return true;
  const std::uint64_t key = KeyTable::Hash(arrival.row->key_hash);
  KeyTable::Slot* slot = table_.Find(key);
  if (slot == nullptr) slot = Room(key, arrival, out);
  const std::uint64_t early = window_->settled_early();
  const bool stands =
      window_->Arrive(event.time_us, event.clock_us, arrival.values->adds,
                      &slot->word, shared_.pool, evidence);
  if (window_->settled_early() != early) {
    Report(arrival, window_->settled_early() - early, out);
  }
  if (order_ != nullptr) {
    order_->Touch({key, window_->Newest(slot->word, shared_.pool),
                   window_->Progress(slot->word, shared_.pool)});
    order_->Compact(table_.size(), [this](const EvictionOrder::Entry& entry) {
      return IsCurrentKey(entry);
    });
  }
  return stands;
}

void RuleState::See(const Arrival& arrival, bool held, Collected* seen) const {
  for (const RowValues::Collect& value : arrival.values->collects) {
    const Collected::Limits limits{
        program_->collects[value.collect].up_to,
        IsFilter() ? Collected::kNothingElse : program_->window_us};
    seen->See(value.collect, limits, value.encoding, arrival.event->time_us,
              held);
  }
}

// A filter collects of the completing event (TakeCollected) and of its holds.
void RuleState::Collect(const Arrival& arrival, bool held, Incident* incident) {
  if (IsFilter()) {
    if (held) See(arrival, true, &incident->held);
    return;
  }
  const std::uint64_t key = KeyTable::Hash(arrival.row->key_hash);
  auto found = collected_.find(key);
  if (found == collected_.end()) {
    if (arrival.values->collects.empty()) return;
    if (collected_.size() >= purge_collected_at_) {
      PurgeCollected(arrival.event->clock_us);
    }
    // A key without a window may not push out one that has one.
    if (collected_.size() >= 2 * limit_) return;
    found = collected_.emplace(key, std::make_unique<Collected>()).first;
  }
  See(arrival, held, found->second.get());
}

// What an alert at this event tells under `collect`.
void RuleState::TakeCollected(const Arrival& arrival, Incident* incident,
                              Detection* detection) {
  const std::size_t collects = program_->collects.size();
  if (collects == 0) return;
  detection->collected.resize(collects);
  if (!IsFilter()) {
    const auto found = collected_.find(KeyTable::Hash(arrival.row->key_hash));
    if (found == collected_.end()) return;
    const std::int64_t time = arrival.event->time_us;
    constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
    const std::int64_t span = program_->window_us;
    found->second->Take(time < kLowest + span ? kLowest : time - span,
                        &detection->collected, &detection->more);
    return;
  }
  Collected own;
  Collected* const seen = incident != nullptr ? &incident->held : &own;
  See(arrival, true, seen);
  seen->Take(Collected::kNothingElse, &detection->collected, &detection->more);
}

// No hold is on. `incident` is the key's, when one has not ended yet.
void RuleState::Fire(const Arrival& arrival, const Evidence& evidence,
                     Incident* incident, ShardOutput* out) {
  const MatchedEvent& event = *arrival.event;
  const std::string_view key = arrival.slice->matched->Key(*arrival.row);
  Detection detection;
  detection.rule = rule_;
  detection.key = key;
  detection.id =
      AlertId(program_->uid, key, AlertKind::kAlert, 0, event.identity);
  detection.position = event.position;
  detection.row = event.row;
  detection.time_us = event.time_us;
  detection.first_us = evidence.first_us;
  detection.last_us = evidence.last_us;
  detection.count = evidence.count;
  detection.total = 1;
  TakeCollected(arrival, incident, &detection);
  if (IsFilter()) {
    detection.events.push_back({event.position, event.time_us, event.schema,
                                std::string(IdentityOf(arrival))});
  } else {
    const bool counted =
        program_->aggregates.size() == 1 &&
        program_->aggregates[0].kind == AggregateProgram::Kind::kCount;
    detection.events = shared_.samples->Of(
        arrival.row->key_hash, evidence.first_us, evidence.last_us,
        evidence.events, counted, event.position);
  }
  if (program_->once) {
    const std::uint64_t key_hash = KeyTable::Hash(arrival.row->key_hash);
    if (incident == nullptr) incident = Open(key_hash, arrival, out);
    detection.folded = std::exchange(incident->folded, 0);
    detection.total = ++incident->total;
    incident->samples.clear();
    incident->id = detection.id;
    incident->fired_us = event.time_us;
    incident->setter = event.position;
    incident->due_us =
        std::max(Plus(event.time_us, program_->hold_us), event.clock_us);
    SetTimer(key_hash, *incident);
    incident_order_.Touch({key_hash, incident->fired_us, 1});
    incident_order_.Compact(incidents_.size(),
                            [this](const EvictionOrder::Entry& entry) {
                              return IsCurrentIncident(entry);
                            });
  }
  ++out->Delta(rule_)->alerts;
  out->detections.push_back(std::move(detection));
}

Incident* RuleState::Open(std::uint64_t key, const Arrival& arrival,
                          ShardOutput* out) {
  EvictIncidents(arrival, out);
  ++out->Delta(rule_)->keys;
  Incident* const incident =
      incidents_.emplace(key, std::make_unique<Incident>()).first->second.get();
  incident->key = arrival.slice->matched->Key(*arrival.row);
  return incident;
}

void RuleState::Decide(const Timer& timer, std::uint64_t position,
                       ShardOutput* out) {
  const auto found = incidents_.find(timer.key);
  if (found == incidents_.end() || found->second->setter != timer.setter) {
    return;  // It fired again meanwhile, or was evicted.
  }
  Incident& incident = *found->second;
  Detection detection;
  Collected* seen = IsFilter() ? &incident.held : nullptr;
  if (const auto i = collected_.find(timer.key); i != collected_.end()) {
    seen = i->second.get();
  }
  if (seen != nullptr) {
    detection.collected.resize(program_->collects.size());
    seen->Take(Collected::kNothingElse, &detection.collected, &detection.more);
  }
  if (incident.folded > 0) {
    detection.kind = AlertKind::kClosed;
    detection.rule = rule_;
    detection.key = incident.key;
    detection.id = incident.id;
    detection.position = position;
    detection.deadline = true;
    detection.deadline_us = timer.deadline_us;
    detection.setter = timer.setter;
    detection.time_us = timer.deadline_us;
    detection.first_us = incident.folded_first_us;
    detection.last_us = incident.folded_last_us;
    detection.count = detection.folded = incident.folded;
    detection.total = incident.total;
    detection.events = std::move(incident.samples);
    std::sort(detection.events.begin(), detection.events.end(),
              [](const EventRef& a, const EventRef& b) {
                return std::tie(a.time_us, a.position) <
                       std::tie(b.time_us, b.position);
              });
    out->detections.push_back(std::move(detection));
  }
  --out->Delta(rule_)->keys;
  incidents_.erase(found);
}

}  // namespace tocsin
