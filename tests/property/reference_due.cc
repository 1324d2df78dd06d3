// What waits for the clock: conditions decided per event, absence, silence, the
// ends of windows, edges and holds.
#include <algorithm>

#include "tests/property/reference_rule.h"

namespace tocsin::reference {
namespace {

bool AddsNothing(const Entry& entry) {
  return std::all_of(entry.adds.begin(), entry.adds.end(),
                     [](const auto& add) { return add.second.empty(); });
}

}  // namespace

using dsl::CheckedThen;

bool RuleRun::InSessions() const {
  return condition_.window.kind == dsl::CheckedWindow::Kind::kSession;
}

// Everything but what adding an event alone can make true, and `new`. One more
// event can part a session in two, so those wait as well.
bool RuleRun::Waits() const { return !OnlyRises(condition_) || InSessions(); }

std::optional<Due> RuleRun::Next(std::int64_t clock) const {
  std::optional<Due> first;
  const auto rank = [](const Due& due) {
    // A hold ends behind what is decided at its end: that can fire again.
    return std::tuple(due.time, due.kind == Due::Kind::kHoldEnd, due.ordinal,
                      due.key, due.kind);
  };
  const auto consider = [&](const Due& due) {
    if (due.time >= clock) return;
    if (!first || rank(due) < rank(*first)) first = due;
  };
  for (const auto& [key, state] : keys_) {
    for (const Due& due : DuesOf(key, state)) {
      const bool once = due.kind == Due::Kind::kStop;
      if (!once && due.time < floor_) continue;
      if (!state.done.contains(due.tag)) consider(due);
    }
  }
  for (const auto& [held, incident] : incidents_) {
    if (!incident.on) continue;
    const bool once = rule_.then.kind == CheckedThen::Kind::kOncePer;
    const bool escalates = rule_.then.kind == CheckedThen::Kind::kEscalate;
    if (!once && !escalates) continue;
    Due due;
    due.kind = Due::Kind::kHoldEnd;
    due.key = held;
    due.time = once ? incident.fired + rule_.then.hold_us
                    : incident.last + Longest(condition_);
    consider(due);
  }
  return first;
}

std::vector<Due> RuleRun::DuesOf(const std::string& key,
                                 const KeyState& state) const {
  std::vector<Due> out;
  const bool slides =
      condition_.window.kind == dsl::CheckedWindow::Kind::kSliding;
  switch (condition_.kind) {
    case Conditions::kFilter:
    case Conditions::kNew:
      break;
    case Conditions::kThenNot:
      AbsenceDues(state, &out);
      break;
    case Conditions::kSilent:
      SilenceDues(state, &out);
      break;
    default:
      if (slides ? Waits() : InSessions() && OnlyRises(condition_)) {
        EventDues(state, &out);
      } else if (!slides) {
        WindowDues(state, &out);
      }
  }
  const Incident* open = FindIncident(state);
  const bool edge = rule_.then.kind == CheckedThen::Kind::kEdge;
  if (edge && open != nullptr && open->on && slides) {
    StopDue(state, *open, &out);
  }
  for (Due& due : out) due.key = key;
  return out;
}

// Nothing is decided at an event that adds nothing to any aggregate.
void RuleRun::EventDues(const KeyState& state, std::vector<Due>* out) const {
  const bool slides =
      condition_.window.kind == dsl::CheckedWindow::Kind::kSliding;
  for (const EntryPtr& entry : state.entries) {
    if (slides && condition_.kind == Conditions::kAggregates &&
        AddsNothing(*entry)) {
      continue;
    }
    if (condition_.kind == Conditions::kNotThen &&
        !entry->of[condition_.steps[1].event]) {
      continue;
    }
    Due due;
    due.time = entry->ts();
    due.ordinal = entry->ordinal;
    due.entry = entry;
    due.tag = "event " + std::to_string(entry->ordinal);
    out->push_back(due);
  }
}

// Walks the key's events: who owns the deadline, who joins, what settles.
void RuleRun::AbsenceDues(const KeyState& state, std::vector<Due>* out) const {
  const std::uint32_t a = condition_.steps[0].event;
  const std::uint32_t b = condition_.steps[1].event;
  const std::int64_t window = condition_.window.length_us;
  const bool each = rule_.then.kind == CheckedThen::Kind::kEvery;
  std::vector<EntryPtr> order = state.entries;
  std::sort(
      order.begin(), order.end(),
      [](const EntryPtr& x, const EntryPtr& y) { return Before(*x, *y); });
  std::vector<EntryPtr> owners;
  const auto settle = [&](const Entry* by) {
    for (const EntryPtr& owner : owners) {
      if (by != nullptr && by->ts() <= owner->ts() + window) continue;
      Due due;
      due.kind = Due::Kind::kDeadline;
      due.time = owner->ts() + window;
      due.ordinal = owner->ordinal;
      due.entry = owner;
      due.tag = "deadline " + std::to_string(owner->ordinal);
      out->push_back(due);
    }
  };
  for (const EntryPtr& entry : order) {
    if (entry->of[b]) {
      settle(entry.get());
      owners.clear();
    }
    if (!entry->of[a]) continue;
    const bool joins =
        !each && !owners.empty() && entry->ts() <= owners[0]->ts() + window;
    if (joins) continue;
    if (!each) {
      settle(entry.get());
      owners.clear();
    }
    owners.push_back(entry);
  }
  settle(nullptr);
}

void RuleRun::SilenceDues(const KeyState& state, std::vector<Due>* out) const {
  const std::int64_t window = condition_.window.length_us;
  const Entries order = InOrder(state);
  const auto due_at = [&](std::int64_t from, const Entry* entry,
                          const Entry* next) {
    Due due;
    due.kind = Due::Kind::kSilence;
    due.time = from + window;
    for (const EntryPtr& held : state.entries) {
      if (held.get() == entry) due.entry = held;
    }
    due.ordinal = entry == nullptr ? 0 : entry->ordinal;
    due.tag = "silence " + std::to_string(due.ordinal);
    out->push_back(due);
    // An event that has come already ends it in its turn.
    if (next == nullptr || !state.done.contains(due.tag)) return;
    if (rule_.then.kind != CheckedThen::Kind::kEdge) return;
    if (!FindIncident(state)->on) return;
    due.kind = Due::Kind::kResume;
    due.time = next->ts();
    due.ordinal = next->ordinal;
    due.tag = "resume " + std::to_string(due.ordinal);
    out->push_back(due);
  };
  if (state.silent_member &&
      (order.empty() || order[0]->ts() > *started_ + window)) {
    due_at(*started_, nullptr, order.empty() ? nullptr : order[0]);
  }
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Entry* next = i + 1 < order.size() ? order[i + 1] : nullptr;
    if (next != nullptr && next->ts() <= order[i]->ts() + window) continue;
    due_at(order[i]->ts(), order[i], next);
  }
}

// The ends of the windows with an event in them; while an edge is open, of the
// empty ones behind them too.
void RuleRun::WindowDues(const KeyState& state, std::vector<Due>* out) const {
  const Incident* open = FindIncident(state);
  const bool edge = rule_.then.kind == CheckedThen::Kind::kEdge;
  const bool is_open = edge && open != nullptr && open->on;
  if (!Waits() && !is_open) return;
  std::vector<Session> windows = AllWindows(condition_.window, InOrder(state));
  if (is_open && !windows.empty() &&
      condition_.window.kind != dsl::CheckedWindow::Kind::kSession) {
    const WindowSpan last = windows.back().span;
    const std::int64_t step = condition_.window.step_us > 0
                                  ? condition_.window.step_us
                                  : condition_.window.length_us;
    windows.push_back({{last.start + step, last.end + step}, {}});
  }
  for (const Session& window : windows) {
    Due due;
    due.kind = Due::Kind::kWindow;
    due.time = window.span.end;
    due.window = window.span;
    due.tag = "window " + std::to_string(window.span.start);
    out->push_back(due);
  }
}

// When an edge that is open ends, unless something comes before.
void RuleRun::StopDue(const KeyState& state, const Incident& open,
                      std::vector<Due>* out) const {
  if (condition_.kind == Conditions::kSilent) return;
  Due due;
  due.kind = Due::Kind::kStop;
  due.tag = "stop";
  Entries order = InOrder(state);
  if (!Waits() && condition_.kind == Conditions::kAggregates) {
    due.time = StopsAt(condition_, order);
    out->push_back(due);
    return;
  }
  const std::int64_t window = Longest(condition_);
  if (condition_.kind == Conditions::kAggregates) {
    std::erase_if(order,
                  [](const Entry* entry) { return AddsNothing(*entry); });
  }
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (order[i]->ts() < (Waits() ? state.decided : open.fired)) continue;
    const bool followed =
        i + 1 < order.size() && order[i + 1]->ts() <= order[i]->ts() + window;
    if (followed) continue;
    due.time = order[i]->ts() + window;
    out->push_back(due);
    return;
  }
}

}  // namespace tocsin::reference
