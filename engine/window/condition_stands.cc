// Whether a condition stands: at an arriving event, or at one that the clock
// has passed.
#include <algorithm>
#include <utility>

#include "engine/base/limits.h"
#include "engine/window/condition_window.h"
#include "engine/window/span.h"

namespace tocsin {
namespace {

using Kind = ConditionProgram::Kind;

bool HasBit(std::uint64_t events, std::uint32_t aggregate) {
  return (events >> (History::kAggregateBit + aggregate) & 1) != 0;
}

}  // namespace

std::size_t ConditionWindow::LeafNumber(const ConditionProgram& leaf) const {
  return static_cast<std::size_t>(
      std::find(leaves_.begin(), leaves_.end(), &leaf) - leaves_.begin());
}

// A new event: some set that satisfies the condition uses it.
bool ConditionWindow::Completes(std::size_t entry, const At& at,
                                FoundRun* run) {
  const std::span<const Entry> entries = history_.Entries(*at.word, at.pool);
  const std::int64_t time = entries[entry].time;
  const ConditionProgram& root = rule_->condition;
  if (two_steps_ && entry + 1 == entries.size() &&
      (entries[entry].events >> root.steps[1].event & 1) == 0) {
    return false;  // An A, and nothing behind it.
  }
  const bool plain =
      root.children.empty() && root.kind != Kind::kNew && !HasPanes(root);
  if (plain) {
    return search_->Find(
        root, entries, history_,
        {Minus(time, root.length_us), Plus(time, root.length_us), entry}, run);
  }
  for (const std::int64_t end : EndsBehind(time, at)) {
    if (StandsAt(root, end, entry, at, run)) return true;
  }
  return false;
}

// The times at which a window that holds `time` can end: of the events from
// there on, also of those that only panes remember.
std::vector<std::int64_t> ConditionWindow::EndsBehind(std::int64_t time,
                                                      const At& at) {
  std::vector<std::int64_t> ends;
  // A pane may reach one pane further back than the window.
  const std::int64_t last = Plus(Plus(time, longest_), longest_ / 60 + 1);
  const auto add = [&](std::int64_t end) {
    if (end >= time && end <= last) ends.push_back(end);
  };
  for (const Entry& entry : history_.Entries(*at.word, at.pool)) {
    add(entry.time);
  }
  const auto found = panes_.find(at.key);
  if (found != panes_.end()) {
    for (const std::vector<Pane>& panes : found->second->of) {
      for (const Pane& pane : panes) add(pane.last_us);
    }
  }
  std::sort(ends.begin(), ends.end());
  ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
  return ends;
}

// Over [time - W, time] of each window in it; `through`: and some set of one of
// them uses that entry.
bool ConditionWindow::StandsAt(const ConditionProgram& condition,
                               std::int64_t time, std::size_t through,
                               const At& at, FoundRun* run) {
  if (condition.children.empty()) {
    return LeafStandsAt(condition, time, through, at, run);
  }
  FoundRun found;
  const auto stands = [&](const ConditionProgram& child, std::size_t entry) {
    return StandsAt(child, time, entry, at, &found);
  };
  const auto& children = condition.children;
  if (condition.kind == Kind::kAnd) {
    FoundRun all;
    for (std::size_t i = 0; i < children.size(); ++i) {
      if (!stands(children[i], Reach::kNoEntry)) return false;
      if (i == 0) {
        all = found;
      } else {
        all.first = std::min(all.first, found.first);
        all.last = std::max(all.last, found.last);
        all.picks.clear();
      }
    }
    const auto uses = [&](const ConditionProgram& child) {
      return stands(child, through);
    };
    if (through != Reach::kNoEntry &&
        std::none_of(children.begin(), children.end(), uses)) {
      return false;
    }
    all.timed = false;
    *run = std::move(all);
    return true;
  }
  for (const ConditionProgram& child : children) {
    if (!stands(child, through)) continue;
    *run = std::move(found);
    return true;
  }
  return false;
}

bool ConditionWindow::LeafStandsAt(const ConditionProgram& leaf,
                                   std::int64_t time, std::size_t through,
                                   const At& at, FoundRun* run) {
  const std::span<const Entry> entries = history_.Entries(*at.word, at.pool);
  if (leaf.kind == Kind::kNew) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (entries[i].time != time ||
          !HasBit(entries[i].events, leaf.first_aggregate) ||
          (through != Reach::kNoEntry && through != i)) {
        continue;
      }
      *run = {i, i, 1, {}, false, 0, 0};
      return true;
    }
    return false;
  }
  std::int64_t from = Minus(time, leaf.length_us);
  if (HasPanes(leaf)) {
    from = FloorTo(from, std::max<std::int64_t>(leaf.length_us / 60, 1));
  }
  if (through != Reach::kNoEntry &&
      (entries[through].time < from || entries[through].time > time)) {
    return false;
  }
  if (leaf.kind == Kind::kAggregates && through != Reach::kNoEntry) {
    bool adds = false;
    for (std::uint32_t i = 0; i < leaf.aggregate_count; ++i) {
      adds = adds || HasBit(entries[through].events, leaf.first_aggregate + i);
    }
    if (!adds) return false;
  }
  if (leaf.kind == Kind::kAggregates &&
      (leaf.test != kNoExpr || HasPanes(leaf))) {
    return TotalsStand(leaf, time, at, run);
  }
  return search_->Find(leaf, entries, history_, {from, time, through}, run);
}

bool ConditionWindow::Reached(const ConditionProgram& leaf,
                              std::vector<Total>* totals) {
  totals->resize(leaf.aggregate_count);
  if (leaf.test != kNoExpr) {
    std::vector<AggregateValue> values(rule_->aggregates.size());
    for (std::uint32_t i = 0; i < leaf.aggregate_count; ++i) {
      const std::uint32_t number = leaf.first_aggregate + i;
      values[number] = (*totals)[i].Value(rule_->aggregates[number]);
    }
    return tests_->AggregatesHold(leaf.test, values);
  }
  for (std::uint32_t i = 0; i < leaf.aggregate_count; ++i) {
    const AggregateProgram& program =
        rule_->aggregates[leaf.first_aggregate + i];
    const AggregateValue value = (*totals)[i].Value(program);
    if (value.missing) return false;
    const bool whole = program.kind == AggregateProgram::Kind::kCount ||
                       program.kind == AggregateProgram::Kind::kDistinct;
    if (whole ? (*totals)[i].count() < program.threshold
              : value.f < program.least) {
      return false;
    }
  }
  return true;
}

// Counts and distincts over the span exactly; numbers over the panes that touch
// it.
bool ConditionWindow::TotalsStand(const ConditionProgram& leaf,
                                  std::int64_t time, const At& at,
                                  FoundRun* run) {
  const std::span<const Entry> entries = history_.Entries(*at.word, at.pool);
  const std::int64_t from = Minus(time, leaf.length_us);
  Pane whole;
  whole.totals.resize(leaf.aggregate_count);
  bool any = false;
  std::vector<Total> exact(leaf.aggregate_count);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Entry& entry = entries[i];
    if (entry.time < from || entry.time > time) continue;
    bool adds = false;
    for (std::uint32_t a = 0; a < leaf.aggregate_count; ++a) {
      const std::uint32_t number = leaf.first_aggregate + a;
      if (!HasBit(entry.events, number)) continue;
      adds = true;
      if (rule_->aggregates[number].kind == AggregateProgram::Kind::kCount) {
        exact[a].AddCount();
      }
    }
    if (!adds) continue;
    if (entry.record != 0) {
      for (const Contribution& add : history_.RecordOf(entry).adds) {
        const std::uint32_t place = add.aggregate - leaf.first_aggregate;
        if (place < leaf.aggregate_count &&
            rule_->aggregates[add.aggregate].kind ==
                AggregateProgram::Kind::kDistinct) {
          exact[place].AddValue(add.value);
        }
      }
    }
    if (!any) run->first = i;
    run->last = i;
    any = true;
  }
  const auto found = panes_.find(at.key);
  if (found != panes_.end() && HasPanes(leaf)) {
    const std::int64_t size = std::max<std::int64_t>(leaf.length_us / 60, 1);
    const std::int64_t first = FloorTo(from, size);
    for (const Pane& pane : found->second->of[LeafNumber(leaf)]) {
      if (pane.start >= first && pane.start <= time) whole.Merge(pane);
    }
  }
  std::vector<Total> totals(leaf.aggregate_count);
  std::uint64_t counted = 0;
  for (std::uint32_t a = 0; a < leaf.aggregate_count; ++a) {
    const auto kind = rule_->aggregates[leaf.first_aggregate + a].kind;
    const bool from_span = kind == AggregateProgram::Kind::kCount ||
                           kind == AggregateProgram::Kind::kDistinct;
    totals[a] = from_span ? exact[a] : whole.totals[a];
    if (from_span && counted == 0) counted = exact[a].count();
  }
  if (!any) {
    // What is left of it stands in panes only.
    const auto last = std::upper_bound(
        entries.begin(), entries.end(), time,
        [](std::int64_t t, const Entry& entry) { return t < entry.time; });
    if (last == entries.begin()) return false;
    run->first = run->last =
        static_cast<std::size_t>(last - entries.begin()) - 1;
  }
  run->timed = whole.events > 0;
  if (run->timed) {
    // What the panes hold may have let go of its entries.
    run->first_us = std::min(whole.first_us, entries[run->first].time);
    run->last_us =
        std::min(std::max(whole.last_us, entries[run->last].time), time);
  }
  run->picks.clear();
  run->count =
      counted != 0 ? counted : std::max<std::uint64_t>(whole.events, 1);
  return Reached(leaf, &totals);
}

// Puts what is not in the panes yet there, up to `until`; drops panes that no
// window reaches any more.
void ConditionWindow::CountInPanes(std::int64_t until, const At& at) {
  bool any = false;
  for (const ConditionProgram* leaf : leaves_) any = any || HasPanes(*leaf);
  if (!any) return;
  Panes& panes = PanesOf(at.key);
  for (Entry& entry : history_.Entries(*at.word, at.pool)) {
    if (entry.time > until) break;
    if ((entry.flags & History::kCounted) != 0) continue;
    entry.flags |= History::kCounted;
    for (std::size_t i = 0; i < leaves_.size(); ++i) {
      const ConditionProgram& leaf = *leaves_[i];
      if (!HasPanes(leaf)) continue;
      const std::int64_t size = std::max<std::int64_t>(leaf.length_us / 60, 1);
      const std::int64_t start = FloorTo(entry.time, size);
      std::vector<Pane>& some = panes.of[i];
      Pane* const place = panes.At(start, &some);
      std::uint64_t before = 0, after = 0;
      for (const Total& total : place->totals) before += total.left_out();
      panes.Add(entry, history_.RecordOf(entry), *rule_, leaf, place);
      for (const Total& total : place->totals) after += total.left_out();
      settled_early_ += after - before;
      const std::int64_t oldest =
          Minus(Minus(std::min(at.clock, entry.time), leaf.length_us), size);
      panes.DropBefore(oldest, &some);
    }
  }
}

// The clock has passed an event: every event at or before it has arrived. A
// deadline may be left of a key that went and came again: it changes nothing,
// for a restart does not know of it.
void ConditionWindow::DecideEvent(const WindowDeadline& deadline,
                                  const At& at) {
  const std::span<Entry> entries = history_.Entries(*at.word, at.pool);
  const std::size_t i =
      FindEntry(entries, deadline.deadline_us, deadline.setter);
  if (i == Reach::kNoEntry) return;
  if ((entries[i].flags & History::kPending) == 0) return;
  CountInPanes(deadline.deadline_us, at);
  entries[i].flags &= ~History::kPending;
  const ConditionProgram& root = rule_->condition;
  FoundRun run;
  const bool sequence =
      root.kind == Kind::kSequence || root.kind == Kind::kPartsOf;
  const bool stands =
      StandsAt(root, entries[i].time, sequence ? i : Reach::kNoEntry, at, &run);
  if (stands) return Tell(entries[i], run, at, true);
  if (rule_->then != ThenKind::kEdge) return;
  run = {i, i, 1, {}, false, 0, 0};
  Tell(entries[i], run, at, true);
  at.decisions->back().stands = false;
}

void ConditionWindow::Decide(const WindowDeadline& deadline, std::int64_t clock,
                             std::uint64_t key, std::uint64_t* word,
                             BlockPool* pool,
                             std::vector<WindowDecision>* decisions,
                             std::vector<WindowDeadline>* deadlines) {
  DecideUncounted(deadline, {key, word, pool, clock, decisions, deadlines});
  CountFootprint();
}

void ConditionWindow::DecideUncounted(const WindowDeadline& deadline,
                                      const At& at) {
  switch (rule_->condition.kind) {
    case Kind::kThenNot:
      return DecideThenNot(deadline, at);
    case Kind::kNotThen:
      return DecideNotThen(deadline, at);
    case Kind::kSilent:
      return DecideSilent(deadline, at);
    default:
      break;
  }
  if (IsAligned()) return DecideEnd(deadline.deadline_us, at);
  if (rule_->condition.window != WindowKind::kSession) {
    return DecideEvent(deadline, at);
  }
  if (deadline.setter == 0) return CloseSession(deadline.deadline_us, at);
  JoinSession(deadline, at);
}

// For a count the N-th newest event and the window; else until the newest event
// leaves it.
std::int64_t ConditionWindow::StandsUntil(std::uint64_t word, BlockPool* pool) {
  const ConditionProgram& root = rule_->condition;
  const bool counts =
      root.kind == Kind::kAggregates && root.test == kNoExpr && !HasPanes(root);
  return counts ? search_->EndOfNewest(root, history_.Entries(word, pool),
                                       history_)
                : Plus(history_.Newest(word, pool), root.length_us);
}

}  // namespace tocsin
