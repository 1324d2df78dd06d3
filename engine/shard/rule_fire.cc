// RuleState after its condition stands: every, once per, reset, edge and
// escalate; what is told, what is held, and how an incident ends.
#include <algorithm>
#include <span>
#include <tuple>
#include <utility>

#include "engine/event/value.h"
#include "engine/shard/rule_state.h"
#include "engine/window/span.h"

namespace tocsin {

// The hold is of the whole key, or of the parts that `per` names.
std::uint64_t RuleState::HoldOf(const Moment& moment) const {
  if (program_->hold_per.empty()) return moment.key;
  std::string_view rest = moment.key_bytes, part;
  std::string held;
  for (std::uint32_t i = 0; TakeSized(&rest, &part); ++i) {
    const auto& per = program_->hold_per;
    if (std::find(per.begin(), per.end(), i) == per.end()) continue;
    AppendSized(part, &held);
  }
  return KeyTable::Hash(Hash64(held));
}

bool RuleState::Holds(const Incident& incident, std::int64_t time_us) const {
  return then_ == ThenKind::kEdge ||
         time_us < Plus(incident.fired_us, HoldSpan());
}

void RuleState::Detected(const Moment& moment, const Evidence& evidence,
                         bool counted, ShardOutput* out) {
  RuleDelta* const delta = out->Delta(rule_);
  ++delta->detections;
  if (!HasIncidents() || then_ == ThenKind::kReset) {
    return Fire(moment, evidence, counted, moment.key, nullptr, out);
  }
  const std::uint64_t hold = HoldOf(moment);
  const auto found = incidents_.find(hold);
  Incident* const incident =
      found == incidents_.end() ? nullptr : found->second.get();
  if (incident != nullptr) {
    incident->mark = Changed(EntryKind::kIncident, hold, incident->mark);
  }
  const bool held = incident != nullptr && Holds(*incident, moment.time_us);
  if (held && then_ == ThenKind::kEscalate) {
    const auto& levels = program_->levels;
    const bool reached = incident->level >= 1 &&
                         incident->level <= levels.size() &&
                         incident->total + 1 >= levels[incident->level - 1];
    Touch(moment, incident);
    if (reached) {
      return Fire(moment, evidence, counted, hold, incident, out);
    }
  }
  if (!held) {
    if (incident != nullptr) incident->level = 0;
    return Fire(moment, evidence, counted, hold, incident, out);
  }
  ++delta->folded;
  if (then_ == ThenKind::kEdge) incident->due_us = EdgeUntil(moment);
  incident->Fold(moment.time_us, moment.setter, moment.schema,
                 moment.identity_values);
  CountIncident(incident);
}

// An incident of `escalate` goes on for as long as detections come.
void RuleState::Touch(const Moment& moment, Incident* incident) {
  if (moment.time_us <= incident->fired_us) return;
  incident->fired_us = moment.time_us;
  incident->due_us = DueOf(Plus(moment.time_us, HoldSpan()), moment);
  incident_order_.Touch({HoldOf(moment), incident->fired_us, 1});
}

// What is set at an arriving event is decided when the clock moves on; what is
// set behind the clock takes its place among the deadlines being decided.
std::int64_t RuleState::DueOf(std::int64_t deadline_us, const Moment& moment) {
  return moment.deadline ? deadline_us : std::max(deadline_us, moment.clock_us);
}

Detection RuleState::OfRule() const {
  Detection detection;
  detection.rule = rule_;
  detection.stratum = program_->stratum;
  return detection;
}

Detection RuleState::MakeDetection(const Moment& moment,
                                   const Evidence& evidence) const {
  Detection detection = OfRule();
  detection.key = moment.key_bytes;
  detection.position = moment.position;
  detection.row = moment.row;
  detection.time_us = moment.time_us;
  detection.first_us = evidence.first_us;
  detection.last_us = evidence.last_us;
  detection.count = evidence.count;
  detection.total = 1;
  if (moment.deadline) {
    detection.deadline = true;
    detection.deadline_us = moment.time_us;
    detection.setter = moment.setter;
  }
  if (moment.decision != nullptr) {
    detection.slots = std::move(moment.decision->slots);
    detection.step_counts = std::move(moment.decision->step_counts);
  }
  return detection;
}

// No hold is on. `incident` is the key's, when one has not ended yet.
void RuleState::Fire(const Moment& moment, const Evidence& evidence,
                     bool counted, std::uint64_t hold, Incident* incident,
                     ShardOutput* out) {
  Detection detection = MakeDetection(moment, evidence);
  if (then_ == ThenKind::kEscalate) {
    detection.level =
        incident == nullptr ? 1 : static_cast<int>(incident->level) + 1;
  }
  detection.id = AlertId(program_->uid, moment.key_bytes, AlertKind::kAlert,
                         detection.level, moment.identity);
  TakeCollected(moment, incident, &detection);
  if (mode_ == Mode::kFilter || mode_ == Mode::kNew) {
    detection.events.push_back({moment.setter, moment.time_us, moment.schema,
                                std::string(moment.identity_values)});
  } else {
    const std::span<const std::int64_t> only =
        moment.decision == nullptr ? std::span<const std::int64_t>()
                                   : moment.decision->times;
    detection.events =
        shared_.samples->Of(moment.key, evidence.first_us, evidence.last_us,
                            evidence.events, counted, moment.setter, only);
  }
  if (HasIncidents() && then_ != ThenKind::kReset) {
    if (incident == nullptr) incident = Open(hold, moment, out);
    if (then_ == ThenKind::kEscalate && incident->level == 0) {
      incident->total = 0;
    }
    detection.folded = std::exchange(incident->folded, 0);
    detection.total = ++incident->total;
    incident->samples.clear();
    incident->key = moment.key_bytes;
    incident->id = detection.id;
    incident->fired_us = std::max(incident->fired_us, moment.time_us);
    if (then_ == ThenKind::kOncePer) incident->fired_us = moment.time_us;
    incident->setter = moment.setter;
    incident->level = static_cast<std::uint32_t>(detection.level);
    incident->due_us =
        then_ == ThenKind::kEdge
            ? EdgeUntil(moment)
            : DueOf(Plus(incident->fired_us, HoldSpan()), moment);
    SetTimer(hold, *incident);
    incident_order_.Touch({hold, incident->fired_us, 1});
    incident_order_.Compact(incidents_.size(),
                            [this](const EvictionOrder::Entry& entry) {
                              return IsCurrentIncident(entry);
                            });
    CountIncident(incident);
  }
  ++out->Delta(rule_)->alerts;
  out->detections.push_back(std::move(detection));
}

Incident* RuleState::Open(std::uint64_t hold, const Moment& moment,
                          ShardOutput* out) {
  EvictIncidents(moment, out);
  ++out->Delta(rule_)->keys;
  Incident* const incident =
      incidents_.emplace(hold, std::make_unique<Incident>())
          .first->second.get();
  incident->fired_us = moment.time_us;
  incident->mark = Made(EntryKind::kIncident, hold);
  CountIncident(incident);
  return incident;
}

void RuleState::SetTimer(std::uint64_t hold, const Incident& incident) {
  if (then_ == ThenKind::kEdge) return SetClose(hold, incident);
  shared_.timers->Set({incident.due_us, Plus(incident.fired_us, HoldSpan()),
                       incident.setter, Timer::What::kHold, rule_, hold});
}

// ---- edge -------------------------------------------------------------------

// Silence is broken by an event, a session ends by itself; all else stops to
// stand when time has passed.
void RuleState::SetClose(std::uint64_t key, const Incident& incident) {
  const ConditionProgram& root = program_->condition;
  if (root.kind == ConditionProgram::Kind::kSilent ||
      root.window == WindowKind::kSession) {
    return;
  }
  shared_.timers->Set({incident.due_us, incident.due_us, incident.setter,
                       Timer::What::kClose, rule_, key});
}

// How long it stands without another event: a count until its N-th newest has
// left the window; what is decided for each event until that event has; a
// window with an end until the next one's.
std::int64_t RuleState::EdgeUntil(const Moment& moment) {
  const ConditionProgram& root = program_->condition;
  if (root.window == WindowKind::kHopping) {
    return Plus(moment.time_us, root.step_us);
  }
  if (!program_->monotone || root.window != WindowKind::kSliding) {
    return Plus(moment.time_us, program_->window_us);
  }
  const KeyTable::Slot* const slot = table_.Find(moment.key);
  return condition_->StandsUntil(slot->word, shared_.pool);
}

void RuleState::DecideClose(const Timer& timer, std::uint64_t position,
                            ShardOutput* out) {
  const auto found = incidents_.find(timer.key);
  if (found == incidents_.end() || found->second->setter != timer.setter) {
    return;
  }
  Incident& incident = *found->second;
  const KeyTable::Slot* const slot = table_.Find(timer.key);
  if (program_->monotone && slot != nullptr &&
      program_->condition.window == WindowKind::kSliding) {
    incident.mark = Changed(EntryKind::kIncident, timer.key, incident.mark);
    incident.due_us = condition_->StandsUntil(slot->word, shared_.pool);
  }
  if (incident.due_us > timer.deadline_us) {
    return SetClose(timer.key, incident);
  }
  Resolve(timer.key, timer.deadline_us, timer.setter, position, true, out);
}

void RuleState::Resolve(std::uint64_t hold, std::int64_t time_us,
                        std::uint64_t setter, std::uint64_t position,
                        bool deadline, ShardOutput* out) {
  const auto found = incidents_.find(hold);
  Incident& incident = *found->second;
  Detection detection = OfRule();
  detection.kind = AlertKind::kResolved;
  detection.key = incident.key;
  detection.id = incident.id;
  detection.position = position;
  detection.deadline = deadline;
  if (deadline) {
    detection.deadline_us = time_us;
    detection.setter = setter;
  }
  detection.time_us = time_us;
  detection.first_us = incident.fired_us;
  detection.last_us = incident.folded > 0
                          ? std::max(incident.folded_last_us, incident.fired_us)
                          : incident.fired_us;
  detection.count = detection.total = incident.total;
  detection.folded = incident.folded;
  detection.events = incident.samples;
  out->detections.push_back(std::move(detection));
  --out->Delta(rule_)->keys;
  EraseIncident(hold);
}

// ---- the end of a hold ------------------------------------------------------

void RuleState::EndHold(const Timer& timer, std::uint64_t position,
                        ShardOutput* out) {
  const auto found = incidents_.find(timer.key);
  if (found == incidents_.end() || found->second->setter != timer.setter) {
    return;  // It fired again meanwhile, or was evicted.
  }
  Incident& incident = *found->second;
  if (incident.due_us > timer.due_us) return SetTimer(timer.key, incident);
  Detection detection = OfRule();
  incident.mark = Changed(EntryKind::kIncident, timer.key, incident.mark);
  Collected* seen = IsFilter() ? &incident.held : nullptr;
  if (const auto i = collected_.find(timer.key); i != collected_.end()) {
    seen = i->second.get();
    seen->mark = Changed(EntryKind::kCollected, timer.key, seen->mark);
  }
  if (seen != nullptr) {
    detection.collected.resize(program_->collects.size());
    seen->Take(Collected::kNothingElse, &detection.collected, &detection.more);
  }
  if (incident.folded > 0) {
    detection.kind = AlertKind::kClosed;
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
  EraseIncident(timer.key);
}

}  // namespace tocsin
