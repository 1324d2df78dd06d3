// What is due is decided, from everything the key has sent.
#include <algorithm>

#include "tests/property/reference_rule.h"

namespace tocsin::reference {

using dsl::CheckedThen;

void RuleRun::Decide(const Due& due) {
  if (due.kind == Due::Kind::kHoldEnd) {
    Incident& incident = incidents_[due.key];
    for (auto& [key, state] : keys_) {
      if (&IncidentOf(state) == &incident) return Close(&state, &incident);
    }
    return;
  }
  KeyState& state = keys_[due.key];
  state.done.insert(due.tag);
  switch (due.kind) {
    case Due::Kind::kEvent:
      return DecideEvent(&state, due);
    case Due::Kind::kWindow:
      return DecideWindow(&state, due);
    case Due::Kind::kStop:
    case Due::Kind::kResume:
      return Resolve(&state, due.time);
    default:
      break;
  }
  Detected detected;
  detected.time = due.time;
  detected.completing = due.entry.get();
  if (due.entry) {
    detected.evidence.run = {due.entry.get()};
    detected.evidence.steps.resize(rule_.events.size());
    if (due.kind == Due::Kind::kDeadline) {
      detected.evidence.steps[condition_.steps[0].event] = {due.entry.get()};
    }
  }
  Detect(&state, detected);
}

void RuleRun::DecideEvent(KeyState* state, const Due& due) {
  const Entry& e = *due.entry;
  state->decided = std::max(state->decided, e.ts());
  const Entries order = InOrder(*state);
  Detected detected;
  detected.time = e.ts();
  detected.completing = &e;
  std::optional<Evidence> found;
  if (condition_.kind == Conditions::kNotThen) {
    const std::uint32_t a = condition_.steps[0].event;
    const bool any =
        std::any_of(order.begin(), order.end(), [&](const Entry* other) {
          return other->of[a] && Before(*other, e) &&
                 other->ts() >= e.ts() - condition_.window.length_us;
        });
    if (!any) {
      found = Evidence{{&e}, 1, {}};
      found->steps.resize(rule_.events.size());
      found->steps[condition_.steps[1].event] = {&e};
    }
  } else if (InSessions()) {
    found = InWindows(state, e);
  } else {
    found = StandsAt(context_, condition_, order, e);
  }
  if (found) {
    detected.evidence = std::move(*found);
    Detect(state, detected);
    return;
  }
  if (rule_.then.kind != CheckedThen::Kind::kEdge) return;
  if (IncidentOf(*state).on) Resolve(state, e.ts());
}

void RuleRun::DecideWindow(KeyState* state, const Due& due) {
  Entries held;
  for (const Session& window : AllWindows(condition_.window, InOrder(*state))) {
    if (window.span.start == due.window.start) held = window.entries;
  }
  std::optional<Evidence> found;
  if (Waits() && !held.empty()) {
    found = TestAggregates(context_, condition_, held, INT64_MIN, INT64_MIN,
                           INT64_MAX);
  }
  const bool stood = Waits() ? found.has_value()
                             : state->fired_windows.contains(due.window.start);
  if (!stood && rule_.then.kind == CheckedThen::Kind::kEdge &&
      IncidentOf(*state).on) {
    Resolve(state, due.time);
  }
  if (!found) return;
  Detected detected;
  detected.time = due.time;
  detected.completing = held.back();
  detected.evidence = std::move(*found);
  Detect(state, detected);
}

}  // namespace tocsin::reference
