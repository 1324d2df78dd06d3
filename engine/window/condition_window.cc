// The way of an event: kept in time order, thinned when it has grown, decided
// now or asked for a deadline. What stands is in condition_stands.cc, aligned
// windows and sessions in condition_windows.cc, absence and silence in
// condition_absence.cc, what a decision tells in condition_tell.cc.
#include "engine/window/condition_window.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/base/coding.h"
#include "engine/base/limits.h"
#include "engine/window/span.h"

namespace tocsin {
namespace {

using Kind = ConditionProgram::Kind;

constexpr std::size_t kUnitsThinned = 64;

bool IsNumeric(AggregateProgram::Kind kind) {
  return kind != AggregateProgram::Kind::kCount &&
         kind != AggregateProgram::Kind::kDistinct &&
         kind != AggregateProgram::Kind::kNew;
}

}  // namespace

ConditionWindow::ConditionWindow(const RuleProgram* rule, ConditionTests* tests)
    : rule_(rule), tests_(tests) {
  Adopt(rule, tests);
}

void ConditionWindow::Adopt(const RuleProgram* rule, ConditionTests* tests) {
  rule_ = rule;
  tests_ = tests;
  search_.emplace(rule, tests);
  leaves_.clear();
  longest_ = 0;
  AddLeaves(rule->condition);
  const ConditionProgram& root = rule->condition;
  zone_ = root.zone.empty() ? nullptr : FindZone(root.zone);
  const bool windows = root.window != WindowKind::kSliding;
  span_ = windows ? Plus(longest_, Plus(longest_, root.step_us)) : longest_;
  wants_records_ = !rule->monotone || !rule->captures.empty() || windows;
  two_steps_ = root.kind == Kind::kSequence && root.steps.size() == 2 &&
               root.steps[0].run == 1 && root.steps[1].run == 1 &&
               root.without == 0 && root.where.empty();
  counts_only_ =
      !windows && std::all_of(leaves_.begin(), leaves_.end(),
                              [](const ConditionProgram* leaf) {
                                return leaf->kind == Kind::kAggregates;
                              });
  numbers_only_ = !rule->aggregates.empty();
  for (const AggregateProgram& aggregate : rule->aggregates) {
    wants_records_ = wants_records_ ||
                     aggregate.kind != AggregateProgram::Kind::kCount ||
                     aggregate.threshold_of != kNoExpr;
    numbers_only_ = numbers_only_ && IsNumeric(aggregate.kind);
  }
}

void ConditionWindow::AdoptCaptures(const std::vector<std::uint64_t>& before) {
  std::vector<std::size_t> from;
  bool same = before.size() == rule_->captures.size();
  for (const CaptureProgram& capture : rule_->captures) {
    const auto found = std::find(before.begin(), before.end(), capture.hash);
    from.push_back(found == before.end()
                       ? Record::kNone
                       : static_cast<std::size_t>(found - before.begin()));
    same = same && from.back() == from.size() - 1;
  }
  if (same) return;
  history_.RemapCaptures(from);
  for (const auto& [key, panes] : panes_) {
    for (std::vector<Pane>& leaf : panes->of) {
      for (Pane& pane : leaf) pane.last.Remap(from);
    }
    if (panes->session.has_value()) panes->session->last.Remap(from);
    panes->CountAgain();
    touched_ = panes.get();
    CountFootprint();
  }
}

void ConditionWindow::AddLeaves(const ConditionProgram& condition) {
  longest_ = std::max(longest_, condition.length_us);
  if (condition.children.empty()) leaves_.push_back(&condition);
  for (const ConditionProgram& child : condition.children) AddLeaves(child);
}

bool ConditionWindow::IsAligned() const {
  const WindowKind window = rule_->condition.window;
  return window == WindowKind::kTumbling || window == WindowKind::kHopping;
}

// To a condition of aggregates alone: nothing is decided at such an event.
bool ConditionWindow::AddsNothing(std::uint64_t events) const {
  return counts_only_ && events >> History::kAggregateBit == 0;
}

bool ConditionWindow::HasPanes(const ConditionProgram& leaf) const {
  if (leaf.kind != Kind::kAggregates) return false;
  for (std::uint32_t i = 0; i < leaf.aggregate_count; ++i) {
    if (IsNumeric(rule_->aggregates[leaf.first_aggregate + i].kind)) {
      return true;
    }
  }
  return false;
}

void ConditionWindow::Arrive(const WindowArrival& arrival, std::uint64_t key,
                             std::uint64_t* word, BlockPool* pool,
                             std::vector<WindowDecision>* decisions,
                             std::vector<WindowDeadline>* deadlines) {
  ArriveUncounted(arrival,
                  {key, word, pool, arrival.clock, decisions, deadlines});
  CountFootprint();
}

void ConditionWindow::ArriveUncounted(const WindowArrival& arrival,
                                      const At& at) {
  const bool waits = !rule_->monotone;
  if (waits && arrival.late && !rule_->late_now) return;
  switch (rule_->condition.kind) {
    case Kind::kThenNot:
    case Kind::kNotThen:
    case Kind::kSilent:
      return ArriveAbsence(arrival, at);
    default:
      break;
  }
  if (AddsNothing(arrival.events)) return;
  if (IsAligned()) return ArriveAligned(arrival, at);
  const bool pending = waits && !arrival.late;
  const std::size_t entry = Insert(arrival, pending, at);
  if (pending) {
    at.deadlines->push_back({arrival.time, arrival.record->position});
  } else if (!waits) {
    FoundRun run;
    if (Completes(entry, at, &run)) {
      Tell(history_.Entries(*at.word, at.pool)[entry], run, at, false);
    }
  }
}

// Where the event stands now.
std::size_t ConditionWindow::Insert(const WindowArrival& arrival, bool pending,
                                    const At& at) {
  if (History::IsFull(*at.word, at.pool)) {
    two_steps_ ? SettleTwoSteps(at) : Settle(at);
    History::Grow(at.word, at.pool);
  }
  Entry entry;
  entry.time = arrival.time;
  entry.events = arrival.events;
  entry.flags = pending ? History::kPending : 0;
  if (wants_records_) entry.record = history_.AddRecord(*arrival.record);
  const std::size_t place = history_.Insert(entry, at.word, at.pool);
  if (!pending && rule_->monotone) CountInPanes(INT64_MAX, at);
  return place;
}

// At or below the clock only the latest A matters.
void ConditionWindow::SettleTwoSteps(const At& at) {
  const std::span<const Entry> entries = history_.Entries(*at.word, at.pool);
  const std::uint32_t first = rule_->condition.steps[0].event;
  std::size_t settled = 0, latest = History::kNone;
  const auto settle = [&] {
    if ((entries[settled].events >> first & 1) != 0) latest = settled;
    ++settled;
  };
  while (settled < entries.size() && entries[settled].time <= at.clock) {
    settle();
  }
  while (entries.size() - settled > limits::kZoneEvents) {
    settle();
    ++settled_early_;
  }
  history_.KeepOneAnd(latest, settled, *at.word, at.pool);
}

// Drops what no arrival at or above the clock, and nothing that waits, can use.
void ConditionWindow::Settle(const At& at) {
  const std::span<const Entry> entries = history_.Entries(*at.word, at.pool);
  const std::int64_t lowest = Minus(at.clock, longest_);
  std::vector<char> keep(entries.size(), 0);
  std::size_t settled = 0, kept = 0;
  while (settled < entries.size() && entries[settled].time <= at.clock) {
    ++settled;
  }
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const bool pending = (entries[i].flags & History::kPending) != 0;
    const bool counted = (entries[i].flags & History::kCounted) != 0;
    keep[i] =
        pending || (entries[i].time >= lowest && !(numbers_only_ && counted));
  }
  if (leaves_.size() == 1) MarkSequence(entries, settled, &keep);
  for (const char k : keep) kept += k;
  for (std::size_t i = 0;
       kept > limits::kZoneEvents / 2 && entries.size() > limits::kZoneEvents &&
       i < entries.size();
       ++i) {
    if (keep[i] == 0 || (entries[i].flags & History::kPending) != 0) continue;
    keep[i] = 0;
    --kept;
    ++settled_early_;
  }
  history_.Keep(keep, *at.word, at.pool);
}

// Of a sequence at or below the clock: for every beginning of it the one that
// starts last. Of a count: its latest events.
void ConditionWindow::MarkSequence(std::span<const Entry> entries,
                                   std::size_t settled,
                                   std::vector<char>* keep) const {
  const ConditionProgram& leaf = *leaves_[0];
  if (leaf.kind != Kind::kSequence || leaf.without != 0 ||
      !leaf.where.empty()) {
    return;
  }
  std::vector<std::uint32_t> units;
  for (const StepProgram& step : leaf.steps) {
    units.insert(units.end(), step.run, step.event);
    if (units.size() > kUnitsThinned) return;
  }
  std::vector<std::vector<std::size_t>> best(units.size() + 1);
  for (std::size_t i = 0; i < settled; ++i) {
    if ((*keep)[i] == 0) continue;
    for (std::size_t unit = units.size(); unit-- > 0;) {
      if ((entries[i].events >> units[unit] & 1) == 0) continue;
      if (unit > 0 && best[unit].empty()) continue;
      best[unit + 1] = best[unit];
      best[unit + 1].push_back(i);
    }
  }
  std::fill(keep->begin(), keep->begin() + static_cast<std::ptrdiff_t>(settled),
            0);
  for (const std::vector<std::size_t>& chain : best) {
    for (const std::size_t i : chain) (*keep)[i] = 1;
  }
}

std::size_t ConditionWindow::FindEntry(std::span<const Entry> entries,
                                       std::int64_t time,
                                       std::uint64_t position) const {
  auto at = std::lower_bound(
      entries.begin(), entries.end(), time,
      [](const Entry& entry, std::int64_t t) { return entry.time < t; });
  for (; at != entries.end() && at->time == time; ++at) {
    if (at->record != 0 && history_.RecordOf(*at).position == position) {
      return static_cast<std::size_t>(at - entries.begin());
    }
  }
  return Reach::kNoEntry;
}

// ---- keys -------------------------------------------------------------------

std::uint64_t ConditionWindow::Progress(std::uint64_t word,
                                        BlockPool* pool) const {
  const std::size_t size = history_.Entries(word, pool).size();
  return std::clamp<std::uint64_t>(size, 1, kProgressCap);
}

void ConditionWindow::Free(std::uint64_t key, std::uint64_t word,
                           BlockPool* pool) {
  history_.Free(word, pool);
  if (panes_.empty()) return;
  const auto found = panes_.find(key);
  if (found == panes_.end()) return;
  panes_footprint_ -= found->second->counted;
  if (touched_ == found->second.get()) touched_ = nullptr;
  panes_.erase(found);
}

void ConditionWindow::Deadlines(std::uint64_t key, std::uint64_t word,
                                BlockPool* pool,
                                std::vector<WindowDeadline>* deadlines) {
  const ConditionProgram& root = rule_->condition;
  if (rule_->monotone) return;
  for (const Entry& entry : history_.Entries(word, pool)) {
    if ((entry.flags & History::kPending) == 0) continue;
    const bool later =
        root.kind == Kind::kThenNot || root.kind == Kind::kSilent;
    deadlines->push_back({later ? Plus(entry.time, root.length_us) : entry.time,
                          history_.RecordOf(entry).position});
  }
  const auto found = panes_.find(key);
  if (found == panes_.end()) return;
  for (const std::int64_t end : found->second->ends) {
    deadlines->push_back({end, 0});
  }
  if (found->second->session.has_value()) {
    deadlines->push_back({SessionEnd(*found->second->session), 0});
  }
}

void ConditionWindow::Save(std::uint64_t key, std::uint64_t word,
                           BlockPool* pool, std::string* out) const {
  history_.Save(word, pool, out);
  const auto found = panes_.find(key);
  PutNumber(static_cast<std::uint8_t>(found != panes_.end()), out);
  if (found == panes_.end()) return;
  const Panes& panes = *found->second;
  PutNumber(static_cast<std::uint32_t>(panes.of.size()), out);
  for (const std::vector<Pane>& leaf : panes.of) {
    PutNumber(static_cast<std::uint32_t>(leaf.size()), out);
    for (const Pane& pane : leaf) pane.Save(out);
  }
  PutNumber(static_cast<std::uint32_t>(panes.ends.size()), out);
  for (const std::int64_t end : panes.ends) PutNumber(end, out);
  PutNumber(static_cast<std::uint8_t>(panes.session.has_value()), out);
  if (panes.session.has_value()) panes.session->Save(out);
}

bool ConditionWindow::Load(std::string_view* rest, std::uint64_t key,
                           BlockPool* pool, std::uint64_t* word) {
  std::uint8_t yes = 0;
  if (!history_.Load(rest, pool, word) || !TakeNumber(rest, &yes)) return false;
  if (yes == 0) return true;
  Panes& panes = PanesOf(key);
  std::uint32_t count = 0;
  if (!TakeNumber(rest, &count) || count != panes.of.size()) return false;
  for (std::vector<Pane>& leaf : panes.of) {
    if (!TakeNumber(rest, &count) || count > rest->size()) return false;
    leaf.resize(count);
    for (Pane& pane : leaf) {
      if (!pane.Load(rest)) return false;
    }
  }
  if (!TakeNumber(rest, &count) || count > rest->size()) return false;
  panes.ends.resize(count);
  for (std::int64_t& end : panes.ends) {
    if (!TakeNumber(rest, &end)) return false;
  }
  if (!TakeNumber(rest, &yes)) return false;
  if (yes != 0 && !panes.session.emplace().Load(rest)) return false;
  panes.CountAgain();
  CountFootprint();
  return true;
}

}  // namespace tocsin
