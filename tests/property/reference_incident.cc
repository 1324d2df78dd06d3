// What happens after firing: holds, edges, escalations.
#include <algorithm>

#include "tests/property/reference_rule.h"

namespace tocsin::reference {

using dsl::CheckedThen;

Incident& RuleRun::IncidentOf(const KeyState& state) {
  std::vector<Value> held;
  for (const std::uint32_t part : rule_.then.per) {
    held.push_back(state.key[part]);
  }
  return incidents_[KeyBytes(rule_.then.per.empty() ? state.key : held)];
}

const Incident* RuleRun::FindIncident(const KeyState& state) const {
  std::vector<Value> held;
  for (const std::uint32_t part : rule_.then.per) {
    held.push_back(state.key[part]);
  }
  const auto found =
      incidents_.find(KeyBytes(rule_.then.per.empty() ? state.key : held));
  return found == incidents_.end() ? nullptr : &found->second;
}

void RuleRun::Detect(KeyState* state, const Detected& detected) {
  ++counts_.detections;
  Incident& incident = IncidentOf(*state);
  const CheckedThen& then = rule_.then;
  bool tells = true;
  std::size_t level = 0;
  switch (then.kind) {
    case CheckedThen::Kind::kEvery:
    case CheckedThen::Kind::kReset:
      incident = Incident();
      incident.total = 1;
      break;
    case CheckedThen::Kind::kOncePer:
      ++incident.total;
      tells = !incident.on || detected.time >= incident.fired + then.hold_us;
      incident.on = true;
      break;
    case CheckedThen::Kind::kEdge:
      ++incident.total;
      tells = !incident.on;
      incident.on = true;
      break;
    case CheckedThen::Kind::kEscalate:
      if (incident.on && detected.time >= incident.last + Longest(condition_)) {
        const std::uint64_t folded = incident.folded;
        incident = Incident();
        incident.folded = folded;  // Since the key's last alert.
      }
      ++incident.total;
      tells = !incident.on;
      incident.on = true;
      while (incident.levels < then.levels.size() &&
             incident.total >= then.levels[incident.levels]) {
        ++incident.levels;
        tells = true;
      }
      level = incident.levels;
      break;
  }
  incident.last = incident.total == 1 ? detected.time
                                      : std::max(incident.last, detected.time);
  if (!tells) {
    ++incident.folded;
    ++counts_.folded;
    incident.last_held = std::max(incident.last_held, detected.time);
    return;
  }
  ++counts_.alerts;
  TellAlert(*state, detected, incident, level);
  for (const EntryPtr& entry : state->entries) entry->held = false;
  incident.folded = 0;
  incident.fired = detected.time;
  if (then.kind == CheckedThen::Kind::kReset) state->entries.clear();
}

void RuleRun::Resolve(KeyState* state, std::int64_t time) {
  Incident& incident = IncidentOf(*state);
  Told told;
  told.alert.kind = AlertKind::kResolved;
  told.alert.rule = rule_.name;
  told.alert.time_us = time;
  told.alert.folded = incident.folded;
  told.alert.total = incident.total;
  told.alert.key = KeyValues(*state);
  told.key_late = state->late;
  tell_(std::move(told));
  incident = Incident();
  state->done.erase("stop");
}

void RuleRun::Close(KeyState* state, Incident* incident) {
  const bool once = rule_.then.kind == CheckedThen::Kind::kOncePer;
  if (options_.closed && once && incident->folded > 0) {
    Told told;
    told.alert.kind = AlertKind::kClosed;
    told.alert.rule = rule_.name;
    told.alert.folded = incident->folded;
    told.alert.last_us = incident->last_held;
    told.alert.key = KeyValues(*state);
    told.key_late = state->late;
    tell_(std::move(told));
  }
  for (const EntryPtr& entry : state->entries) entry->held = false;
  *incident = Incident();
}

}  // namespace tocsin::reference
