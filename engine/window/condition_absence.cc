// What did not happen: A then not B, not A then B, silent. Decided when the
// clock has passed the deadline, so that whatever could stand in between has
// arrived.
#include <algorithm>

#include "engine/base/limits.h"
#include "engine/window/condition_window.h"
#include "engine/window/span.h"

namespace tocsin {
namespace {

using Kind = ConditionProgram::Kind;

bool Is(const History::Entry& entry, std::uint32_t event) {
  return (entry.events >> event & 1) != 0;
}

}  // namespace

void ConditionWindow::ArriveAbsence(const WindowArrival& arrival,
                                    const At& at) {
  const ConditionProgram& root = rule_->condition;
  std::size_t size = history_.Entries(*at.word, at.pool).size();
  if (size > 0 && root.kind == Kind::kSilent) {
    size = ForgetArmed(arrival.time, at);
  }
  if (History::IsFull(*at.word, at.pool)) {
    SettleAbsence(at);
    History::Grow(at.word, at.pool);
  }
  // What starts a deadline: A, B, or any event.
  std::uint32_t starts = 0;
  bool pending = true;
  if (root.kind == Kind::kThenNot) starts = root.steps[0].event;
  if (root.kind == Kind::kNotThen) starts = root.steps[1].event;
  if (root.kind != Kind::kSilent) pending = (arrival.events >> starts & 1) != 0;
  pending = pending && !arrival.late;
  Entry entry;
  entry.time = arrival.time;
  entry.events = arrival.events;
  entry.flags = pending ? History::kPending : 0;
  entry.record = history_.AddRecord(*arrival.record);
  const std::size_t place = history_.Insert(entry, at.word, at.pool);
  if (!pending) return;
  if (root.kind == Kind::kSilent && size > 0 && place > 0) {
    return;  // The key has its deadline, and re-arms it.
  }
  const std::int64_t wait = root.kind == Kind::kNotThen ? 0 : root.length_us;
  at.deadlines->push_back({Plus(arrival.time, wait), arrival.record->position});
}

// Of what the clock has passed only this can still be asked for:
//   A then not B  A's that no B has settled, the owner or (every) each
//   not A then B  the latest A
//   silent        the events behind the last gap
void ConditionWindow::SettleAbsence(const At& at) {
  const std::span<Entry> entries = history_.Entries(*at.word, at.pool);
  const ConditionProgram& root = rule_->condition;
  std::vector<char> keep(entries.size(), 1);
  std::size_t settled = 0;
  while (settled < entries.size() && entries[settled].time < at.clock) {
    ++settled;
  }
  if (root.kind == Kind::kNotThen) {
    std::size_t latest = Reach::kNoEntry;
    for (std::size_t i = 0; i < settled; ++i) {
      const bool pending = (entries[i].flags & History::kPending) != 0;
      if (!pending) keep[i] = 0;
      if (Is(entries[i], root.steps[0].event)) latest = i;
    }
    if (latest != Reach::kNoEntry) keep[latest] = 1;
  } else if (root.kind == Kind::kThenNot) {
    const bool each = rule_->then == ThenKind::kEvery;
    std::vector<std::size_t> open;  // Unsettled A's; without `every` the owner.
    for (std::size_t i = 0; i < settled; ++i) {
      keep[i] = 0;
      if (Is(entries[i], root.steps[1].event)) {
        // Those whose deadline it comes too late for wait for their decision.
        std::erase_if(open, [&](std::size_t a) {
          return entries[i].time <= Plus(entries[a].time, root.length_us);
        });
      }
      const bool is_a = Is(entries[i], root.steps[0].event) &&
                        (entries[i].flags & History::kPending) != 0;
      if (is_a && (each || open.empty())) open.push_back(i);
    }
    while (open.size() > limits::kOpenAbsences) {
      open.erase(open.begin());
      ++settled_early_;
    }
    for (const std::size_t i : open) keep[i] = 1;
  } else {
    // The newest the clock has passed covers those before it, and the earliest
    // one carries the deadline that the key waits for.
    for (std::size_t i = 1; i + 1 < settled; ++i) {
      const bool bridged =
          entries[i + 1].time <= Plus(entries[i - 1].time, root.length_us);
      const bool left = keep[i - 1] != 0;
      if (bridged && left) keep[i] = 0;
    }
  }
  std::size_t kept = std::count(keep.begin(), keep.end(), 1);
  for (std::size_t i = 0; kept > limits::kZoneEvents; ++i) {
    if (keep[i] == 0) continue;
    keep[i] = 0;
    --kept;
    ++settled_early_;
  }
  history_.Keep(keep, *at.word, at.pool);
}

void ConditionWindow::DecideThenNot(const WindowDeadline& deadline,
                                    const At& at) {
  const std::span<Entry> entries = history_.Entries(*at.word, at.pool);
  const ConditionProgram& root = rule_->condition;
  const std::int64_t began = Minus(deadline.deadline_us, root.length_us);
  const std::size_t own = FindEntry(entries, began, deadline.setter);
  if (own == Reach::kNoEntry) return;
  const bool each = rule_->then == ThenKind::kEvery;
  // The owner is the earliest A that no B has settled.
  std::size_t owner = Reach::kNoEntry;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].time > deadline.deadline_us) break;
    if (Is(entries[i], root.steps[1].event)) {
      if (!each || i > own) owner = Reach::kNoEntry;
    }
    const bool is_a = Is(entries[i], root.steps[0].event) &&
                      (entries[i].flags & History::kPending) != 0;
    if (each) {
      if (i == own) owner = i;
    } else if (is_a && owner == Reach::kNoEntry) {
      owner = i;
    }
  }
  std::vector<char> keep(entries.size(), 1);
  keep[own] = 0;
  if (owner == own) {
    FoundRun run{own, own, 1, {{0, own}}, false, 0, 0};
    Tell(entries[own], run, at, true);
    at.decisions->back().time_us = deadline.deadline_us;
    // Those that joined are told with it.
    for (std::size_t i = 0; !each && i < entries.size(); ++i) {
      if (entries[i].time <= deadline.deadline_us) keep[i] = 0;
    }
  } else if (Is(entries[own], root.steps[1].event)) {
    keep[own] = 1;  // It is a B too.
    entries[own].flags &= ~History::kPending;
  }
  history_.Keep(keep, *at.word, at.pool);
}

void ConditionWindow::DecideNotThen(const WindowDeadline& deadline,
                                    const At& at) {
  const std::span<Entry> entries = history_.Entries(*at.word, at.pool);
  const ConditionProgram& root = rule_->condition;
  const std::size_t own =
      FindEntry(entries, deadline.deadline_us, deadline.setter);
  if (own == Reach::kNoEntry) return;
  entries[own].flags &= ~History::kPending;
  const std::int64_t from = Minus(entries[own].time, root.length_us);
  for (std::size_t i = 0; i < own; ++i) {
    if (entries[i].time >= from && Is(entries[i], root.steps[0].event)) return;
  }
  FoundRun run{own, own, 1, {{1, own}}, false, 0, 0};
  Tell(entries[own], run, at, true);
}

// Looks at what the key has sent since, and waits on from there.
void ConditionWindow::DecideSilent(const WindowDeadline& deadline,
                                   const At& at) {
  const std::span<Entry> entries = history_.Entries(*at.word, at.pool);
  const std::int64_t span = rule_->condition.length_us;
  if (entries.empty()) return;
  std::size_t last = 0;
  const auto ends = [&](std::size_t i) { return Plus(entries[i].time, span); };
  while (last + 1 < entries.size() && entries[last + 1].time <= ends(last) &&
         ends(last) <= deadline.deadline_us) {
    ++last;
  }
  std::vector<char> keep(entries.size(), 1);
  std::fill(keep.begin(), keep.begin() + static_cast<std::ptrdiff_t>(last), 0);
  if (ends(last) > deadline.deadline_us) {
    at.deadlines->push_back(
        {ends(last), history_.RecordOf(entries[last]).position});
  } else {
    FoundRun run{last, last, 1, {}, false, 0, 0};
    Tell(entries[last], run, at, true);
    at.decisions->back().time_us = ends(last);
    keep[last] = 0;
    if (last + 1 < entries.size()) {
      // It spoke again before the clock had come this far.
      FoundRun again{last + 1, last + 1, 1, {}, false, 0, 0};
      Tell(entries[last + 1], again, at, true);
      at.decisions->back().stands = false;
      at.deadlines->push_back(
          {ends(last + 1), history_.RecordOf(entries[last + 1]).position});
    }
  }
  history_.Keep(keep, *at.word, at.pool);
}

// A member that is heard of before it was waited for is silent since then.
std::size_t ConditionWindow::ForgetArmed(std::int64_t time, const At& at) {
  const std::span<Entry> entries = history_.Entries(*at.word, at.pool);
  if (history_.RecordOf(entries[0]).position != 0 || time > entries[0].time) {
    return entries.size();
  }
  std::vector<char> keep(entries.size(), 1);
  keep[0] = 0;
  history_.Keep(keep, *at.word, at.pool);
  return keep.size() - 1;
}

void ConditionWindow::Arm(std::int64_t started_us, std::uint64_t key,
                          std::uint64_t* word, BlockPool* pool,
                          std::vector<WindowDeadline>* deadlines) {
  static_cast<void>(key);
  if (*word != 0) return;
  Record record;
  record.captures.resize(rule_->captures.size());
  Entry entry;
  entry.time = started_us;
  entry.flags = History::kPending;
  entry.record = history_.AddRecord(std::move(record));
  history_.Insert(entry, word, pool);
  deadlines->push_back({Plus(started_us, rule_->condition.length_us), 0});
}

}  // namespace tocsin
