// Windows with bounds of their own: tumbling and hopping, aligned to the epoch
// or to a zone's local time, and sessions. [start, end).
#include <algorithm>
#include <numeric>
#include <utility>

#include "engine/base/coding.h"
#include "engine/window/condition_window.h"
#include "engine/window/span.h"

namespace tocsin {
namespace {

// An alert at the end of a window is of that window, also when another window
// had the same last event.
Hash128 OfWindow(const Hash128& identity, std::int64_t end) {
  std::string bytes;
  PutNumber(identity.high, &bytes);
  PutNumber(identity.low, &bytes);
  PutNumber(end, &bytes);
  return HashWide(bytes);
}

}  // namespace

void ConditionWindow::WindowsOf(
    std::int64_t time,
    std::vector<std::pair<std::int64_t, std::int64_t>>* windows) const {
  windows->clear();
  const ConditionProgram& root = rule_->condition;
  if (root.window == WindowKind::kTumbling) {
    if (zone_ == nullptr) {
      const std::int64_t start = FloorTo(time, root.length_us);
      windows->emplace_back(start, Plus(start, root.length_us));
      return;
    }
    const std::int64_t local = time + zone_->At(time).offset_us;
    const std::int64_t start = FloorTo(local, root.length_us);
    windows->emplace_back(zone_->FromLocal(start),
                          zone_->FromLocal(Plus(start, root.length_us)));
    return;
  }
  const std::int64_t first = Plus(FloorTo(time, root.step_us), root.step_us);
  for (std::int64_t end = first; Minus(end, root.length_us) <= time;
       end += root.step_us) {
    windows->emplace_back(Minus(end, root.length_us), end);
  }
}

// The largest stretch that lies in the same windows throughout.
std::int64_t ConditionWindow::PaneOf(std::int64_t time) const {
  const ConditionProgram& root = rule_->condition;
  if (root.window == WindowKind::kHopping) {
    return FloorTo(time, std::gcd(root.step_us, root.length_us));
  }
  std::vector<std::pair<std::int64_t, std::int64_t>> windows;
  WindowsOf(time, &windows);
  return windows[0].first;
}

bool ConditionWindow::AlignedStands(std::int64_t start, std::int64_t end,
                                    const At& at, Pane* whole) {
  for (const Pane& pane : PanesOf(at.key).of[0]) {
    if (pane.start >= start && pane.start < end) whole->Merge(pane);
  }
  if (whole->events == 0) return false;
  return Reached(rule_->condition, &whole->totals);
}

void ConditionWindow::ArriveAligned(const WindowArrival& arrival,
                                    const At& at) {
  Panes& panes = PanesOf(at.key);
  // Marks the key as alive; panes hold the rest.
  if (*at.word == 0) {
    Entry mark;
    mark.time = arrival.time;
    history_.Insert(mark, at.word, at.pool);
  }
  history_.Touch(arrival.time, *at.word, at.pool);
  const std::int64_t oldest = Minus(std::min(at.clock, arrival.time), span_);
  panes.DropBefore(oldest, &panes.of[0]);
  std::erase_if(panes.ends,
                [oldest](std::int64_t end) { return end < oldest; });
  const std::int64_t start = PaneOf(arrival.time);
  Entry entry;
  entry.time = arrival.time;
  entry.events = arrival.events;
  panes.Add(entry, *arrival.record, *rule_, rule_->condition,
            panes.At(start, &panes.of[0]));
  std::vector<std::pair<std::int64_t, std::int64_t>> windows;
  WindowsOf(arrival.time, &windows);
  bool told = false;
  for (const auto& [begin, end] : windows) {
    if (std::find(panes.ends.begin(), panes.ends.end(), end) !=
        panes.ends.end()) {
      continue;
    }
    if (!rule_->monotone) {
      if (arrival.late) continue;
      panes.ends.push_back(end);
      at.deadlines->push_back({end, 0});
      continue;
    }
    Pane whole;
    if (!AlignedStands(begin, end, at, &whole)) continue;
    panes.ends.push_back(end);
    if (told) continue;
    told = true;
    whole.last = *arrival.record;
    TellPane(whole, arrival.time, true, false, at);
  }
}

void ConditionWindow::DecideEnd(std::int64_t end, const At& at) {
  Panes* const panes = KnownPanes(at.key);
  if (panes == nullptr || std::erase(panes->ends, end) == 0) {
    return;  // The key went, and came again.
  }
  const ConditionProgram& root = rule_->condition;
  std::int64_t start = Minus(end, root.length_us);
  if (zone_ != nullptr) {
    std::vector<std::pair<std::int64_t, std::int64_t>> windows;
    WindowsOf(end - 1, &windows);
    start = windows[0].first;
  }
  Pane whole;
  const bool stands = AlignedStands(start, end, at, &whole);
  if (whole.events == 0) return;
  if (!stands && rule_->then != ThenKind::kEdge) return;
  whole.last.identity = OfWindow(whole.last.identity, end);
  TellPane(whole, end, stands, true, at);
}

void ConditionWindow::TellPane(const Pane& pane, std::int64_t time, bool stands,
                               bool deadline, const At& at) {
  WindowDecision decision;
  decision.stands = stands;
  decision.deadline = deadline;
  decision.time_us = time;
  decision.first_us = pane.first_us;
  decision.last_us = pane.last_us;
  decision.events = pane.events;
  decision.count = pane.events;
  for (std::uint32_t i = 0; i < rule_->condition.aggregate_count; ++i) {
    const auto kind =
        rule_->aggregates[rule_->condition.first_aggregate + i].kind;
    if (i < pane.totals.size() && (kind == AggregateProgram::Kind::kCount ||
                                   kind == AggregateProgram::Kind::kDistinct)) {
      decision.count = pane.totals[i].count();
      break;
    }
  }
  decision.completing = pane.last;
  FillSlots(decision.completing, &decision);
  at.decisions->push_back(std::move(decision));
}

// ---- sessions ---------------------------------------------------------------

std::int64_t ConditionWindow::SessionEnd(const Pane& session) const {
  const ConditionProgram& root = rule_->condition;
  return std::min(Plus(session.last_us, root.step_us),
                  Plus(session.start, root.length_us));
}

// Events join in time order, each when the clock has passed it.
void ConditionWindow::JoinSession(const WindowDeadline& deadline,
                                  const At& at) {
  const std::span<Entry> entries = history_.Entries(*at.word, at.pool);
  const std::size_t own =
      FindEntry(entries, deadline.deadline_us, deadline.setter);
  if (own == Reach::kNoEntry) return;
  const Entry entry = entries[own];
  Panes& panes = PanesOf(at.key);
  if (panes.session.has_value() && entry.time >= SessionEnd(*panes.session)) {
    CloseSession(SessionEnd(*panes.session), at);
  }
  if (!panes.session.has_value()) panes.session.emplace().start = entry.time;
  Pane& session = *panes.session;
  panes.Add(entry, history_.RecordOf(entry), *rule_, rule_->condition,
            &session);
  at.deadlines->push_back({SessionEnd(session), 0});
  std::vector<char> keep(entries.size(), 1);
  keep[own] = 0;
  history_.Keep(keep, *at.word, at.pool);
  const bool waits = rule_->condition.test != kNoExpr;
  if (waits || session.fired || !Reached(rule_->condition, &session.totals)) {
    return;
  }
  session.fired = true;
  TellPane(session, entry.time, true, true, at);
}

void ConditionWindow::CloseSession(std::int64_t end, const At& at) {
  Panes* const panes = KnownPanes(at.key);
  if (panes == nullptr || !panes->session.has_value() ||
      SessionEnd(*panes->session) != end) {
    return;
  }
  Pane session = panes->EndSession();
  const bool edge = rule_->then == ThenKind::kEdge;
  if (rule_->condition.test != kNoExpr) {
    const bool stands = Reached(rule_->condition, &session.totals);
    if (!stands && !edge) return;
    session.last.identity = OfWindow(session.last.identity, end);
    TellPane(session, end, stands, true, at);
  } else if (edge && session.fired) {
    TellPane(session, end, false, true, at);
  }
}

}  // namespace tocsin
