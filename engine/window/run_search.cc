#include "engine/window/run_search.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/base/limits.h"
#include "engine/window/span.h"

namespace tocsin {
namespace {

// `span` apart at most, `a` not behind `b`.
bool Within(std::int64_t a, std::int64_t b, std::int64_t span) {
  return static_cast<std::uint64_t>(b) - static_cast<std::uint64_t>(a) <=
         static_cast<std::uint64_t>(span);
}

}  // namespace

// A choice of entries for units, read by the tests of `where`.
struct RunSearch::Partial final : StepValues {
  std::string_view Of(std::uint32_t step,
                      std::uint32_t capture) const override {
    if (entry_of[step] == Reach::kNoEntry) return {};
    const History::Entry& entry = search->entries_[entry_of[step]];
    if (entry.record == 0) return {};
    const Record& record = search->history_->RecordOf(entry);
    return capture < record.captures.size() ? record.captures[capture]
                                            : std::string_view();
  }
  const RunSearch* search = nullptr;
  std::vector<std::size_t> entry_of;  // By step.
};

bool RunSearch::Find(const ConditionProgram& condition,
                     std::span<const History::Entry> entries,
                     const History& history, const Reach& reach,
                     FoundRun* run) {
  entries_ = entries;
  history_ = &history;
  switch (condition.kind) {
    case ConditionProgram::Kind::kSequence:
      return Sequence(condition, reach, run);
    case ConditionProgram::Kind::kPartsOf:
      return Parts(condition, reach, run);
    case ConditionProgram::Kind::kFilter:  // The event itself.
      run->first = run->last = reach.through;
      run->picks.clear();
      run->count = 1;
      return reach.through != Reach::kNoEntry;
    default:
      return Aggregates(condition, reach, run);
  }
}

// ---- sequences --------------------------------------------------------------

bool RunSearch::Sequence(const ConditionProgram& condition, const Reach& reach,
                         FoundRun* run) {
  units_.clear();
  for (std::uint32_t step = 0; step < condition.steps.size(); ++step) {
    for (std::uint32_t i = 0; i < condition.steps[step].run; ++i) {
      units_.push_back({condition.steps[step].event, step});
    }
  }
  tries_ = 0;
  bool found = false;
  std::vector<std::size_t>& best = found_;
  const auto better = [&] {
    return !found || chosen_.back() < best.back() ||
           (chosen_.back() == best.back() && chosen_.front() > best.front());
  };
  const auto try_through = [&](std::size_t entry, std::size_t unit) {
    Reach through = reach;
    through.through = entry;
    if (!Is(entry, units_[unit].event)) return;
    if (!ThroughUnit(condition, through, unit, &chosen_) || !better()) return;
    best = chosen_;
    found = true;
  };
  const std::size_t last = units_.size() - 1;
  if (reach.through != Reach::kNoEntry) {
    const std::size_t first = condition.without != 0 ? last : 0;
    for (std::size_t unit = first; unit < units_.size(); ++unit) {
      try_through(reach.through, unit);
    }
  } else {
    for (std::size_t i = 0; i < entries_.size() && !found; ++i) {
      if (entries_[i].time > reach.to_us) break;
      if (entries_[i].time >= reach.from_us) try_through(i, last);
    }
  }
  if (!found) return false;
  run->first = best.front();
  run->last = best.back();
  run->count = best.size();
  run->picks.clear();
  for (std::size_t i = 0; i < best.size(); ++i) {
    run->picks.push_back({units_[i].step, best[i]});
  }
  return true;
}

bool RunSearch::ThroughUnit(const ConditionProgram& condition,
                            const Reach& reach, std::size_t unit,
                            std::vector<std::size_t>* chosen) {
  chosen->assign(units_.size(), Reach::kNoEntry);
  (*chosen)[unit] = reach.through;
  if (condition.where.empty()) {
    return Greedy(condition, reach, unit, chosen) &&
           IsWhole(condition, *chosen);
  }
  if (!TestsHold(condition, unit, *chosen)) return false;
  best_.clear();
  Search(condition, reach, unit, 1, chosen);
  if (best_.empty()) return false;
  *chosen = best_;
  return true;
}

// The latest entry for each unit before, the earliest for each behind: with no
// test between them no other choice spans less.
bool RunSearch::Greedy(const ConditionProgram& condition, const Reach& reach,
                       std::size_t unit,
                       std::vector<std::size_t>* chosen) const {
  std::size_t at = reach.through;
  for (std::size_t i = unit; i-- > 0;) {
    do {
      if (at == 0 || entries_[--at].time < reach.from_us) return false;
    } while (!Is(at, units_[i].event));
    (*chosen)[i] = at;
  }
  at = reach.through;
  for (std::size_t i = unit + 1; i < units_.size(); ++i) {
    do {
      if (++at >= entries_.size() || entries_[at].time > reach.to_us) {
        return false;
      }
    } while (!Is(at, units_[i].event));
    (*chosen)[i] = at;
  }
  return Within(entries_[chosen->front()].time, entries_[chosen->back()].time,
                condition.length_us);
}

bool RunSearch::IsWhole(const ConditionProgram& condition,
                        const std::vector<std::size_t>& chosen) const {
  const std::size_t first = chosen.front(), last = chosen.back();
  if (!Within(entries_[first].time, entries_[last].time, condition.length_us)) {
    return false;
  }
  if (condition.without == 0) return true;
  for (std::size_t i = first + 1; i < last; ++i) {
    if ((entries_[i].events & condition.without) != 0) return false;
  }
  return true;
}

// Units are placed from `through` on to the last, then back to the first. Keeps
// the best in best_, and turns back where none better can lie.
void RunSearch::Search(const ConditionProgram& condition, const Reach& reach,
                       std::size_t through, std::size_t placed,
                       std::vector<std::size_t>* chosen) {
  if (placed == units_.size()) {
    if (IsWhole(condition, *chosen)) best_ = *chosen;
    return;
  }
  const std::size_t behind = units_.size() - through;
  const bool forward = placed < behind;
  const std::size_t unit =
      forward ? through + placed : through - 1 - (placed - behind);
  std::size_t at = (*chosen)[forward ? unit - 1 : unit + 1];
  while (true) {
    if (forward) {
      if (++at >= entries_.size() || entries_[at].time > reach.to_us) break;
      if (!best_.empty() && at > best_.back()) break;
    } else {
      if (at == 0 || entries_[--at].time < reach.from_us) break;
      if (!best_.empty() && chosen->back() == best_.back() &&
          at <= best_.front()) {
        break;
      }
    }
    if (!Is(at, units_[unit].event)) continue;
    if (++tries_ > limits::kRunTries) {
      if (tries_ == limits::kRunTries + 1) ++given_up_;
      break;
    }
    (*chosen)[unit] = at;
    if (TestsHold(condition, unit, *chosen)) {
      Search(condition, reach, through, placed + 1, chosen);
    }
  }
  (*chosen)[unit] = Reach::kNoEntry;
}

// The tests that `unit` makes decidable, for each choice of the units that
// stand for their steps.
bool RunSearch::TestsHold(const ConditionProgram& condition, std::size_t unit,
                          const std::vector<std::size_t>& chosen) {
  Partial partial;
  partial.search = this;
  const std::uint32_t step = units_[unit].step;
  for (const StepTest& test : condition.where) {
    const auto& steps = test.steps;
    if (std::find(steps.begin(), steps.end(), step) == steps.end()) continue;
    // Every placed unit of the other steps, one after the other.
    std::vector<std::vector<std::size_t>> of_steps;
    for (const std::uint32_t other : steps) {
      of_steps.emplace_back();
      if (other == step) {
        of_steps.back().push_back(chosen[unit]);
        continue;
      }
      for (std::size_t i = 0; i < units_.size(); ++i) {
        if (units_[i].step == other && chosen[i] != Reach::kNoEntry) {
          of_steps.back().push_back(chosen[i]);
        }
      }
    }
    if (std::any_of(of_steps.begin(), of_steps.end(),
                    [](const auto& some) { return some.empty(); })) {
      continue;
    }
    std::vector<std::size_t> at(steps.size(), 0);
    while (true) {
      partial.entry_of.assign(condition.steps.size(), Reach::kNoEntry);
      for (std::size_t i = 0; i < steps.size(); ++i) {
        partial.entry_of[steps[i]] = of_steps[i][at[i]];
      }
      if (!tests_.StepHolds(test.test, partial)) return false;
      std::size_t i = steps.size();
      while (i > 0 && ++at[i - 1] == of_steps[i - 1].size()) at[--i] = 0;
      if (i == 0) break;
    }
  }
  return true;
}

// ---- parts ------------------------------------------------------------------

bool RunSearch::Parts(const ConditionProgram& condition, const Reach& reach,
                      FoundRun* run) {
  const bool through = reach.through != Reach::kNoEntry;
  const auto is_part = [&](const StepProgram& step) {
    return Is(reach.through, step.event);
  };
  if (through &&
      std::none_of(condition.steps.begin(), condition.steps.end(), is_part)) {
    return false;
  }
  for (std::size_t end = through ? reach.through : 0; end < entries_.size();
       ++end) {
    const std::int64_t last = entries_[end].time;
    if (last > reach.to_us) break;
    if (last < reach.from_us) continue;
    run->picks.clear();
    std::vector<char> seen(condition.steps.size(), 0);
    for (std::size_t at = end + 1; at-- > 0;) {
      if (entries_[at].time < reach.from_us ||
          !Within(entries_[at].time, last, condition.length_us)) {
        break;
      }
      for (std::uint32_t step = 0; step < condition.steps.size(); ++step) {
        if (seen[step] == 0 && Is(at, condition.steps[step].event)) {
          seen[step] = 1;
          run->picks.push_back({step, at});
        }
      }
      if (run->picks.size() < condition.least) continue;
      if (through && at > reach.through) continue;
      std::sort(run->picks.begin(), run->picks.end(),
                [](const Pick& a, const Pick& b) { return a.step < b.step; });
      run->first = at;
      run->last = end;
      run->count = condition.least;
      return true;
    }
  }
  return false;
}

// ---- aggregates -------------------------------------------------------------

// What the completing event says, at most what the rule does.
std::uint64_t RunSearch::ThresholdOf(std::uint32_t aggregate,
                                     const Reach& reach) const {
  constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
  const AggregateProgram& program = rule_.aggregates[aggregate];
  if (program.threshold_of == kNoExpr) return program.threshold;
  if (reach.through == Reach::kNoEntry) return kNever;
  const Record& record = history_->RecordOf(entries_[reach.through]);
  if (aggregate >= record.thresholds.size()) return kNever;
  const double wanted = record.thresholds[aggregate];
  if (std::isnan(wanted)) return kNever;
  if (wanted >= static_cast<double>(program.threshold)) {
    return program.threshold;
  }
  return wanted <= 1 ? 1 : static_cast<std::uint64_t>(std::ceil(wanted));
}

// What an entry adds to the aggregates, or takes away again.
void RunSearch::Tally(const ConditionProgram& condition, std::size_t at,
                      bool add) {
  const History::Entry& entry = entries_[at];
  for (std::uint32_t i = 0; i < condition.aggregate_count; ++i) {
    const std::uint32_t number = condition.first_aggregate + i;
    if ((entry.events >> (History::kAggregateBit + number) & 1) == 0) continue;
    Reached& reached = reached_[i];
    if (rule_.aggregates[number].kind != AggregateProgram::Kind::kDistinct) {
      add ? ++reached.count : --reached.count;
      continue;
    }
    for (const Contribution& added : history_->RecordOf(entry).adds) {
      if (added.aggregate != number) continue;
      if (add) {
        ++reached.values[added.value];
      } else if (--reached.values[added.value] == 0) {
        reached.values.erase(added.value);
      }
    }
    reached.count = reached.values.size();
  }
}

void RunSearch::ClearTally() {
  for (Reached& reached : reached_) {
    reached.count = 0;
    reached.values.clear();
  }
}

bool RunSearch::AllReached() const {
  return std::all_of(
      reached_.begin(), reached_.end(),
      [](const Reached& reached) { return reached.count >= reached.wanted; });
}

std::int64_t RunSearch::EndOfNewest(const ConditionProgram& condition,
                                    std::span<const History::Entry> entries,
                                    const History& history) {
  entries_ = entries;
  history_ = &history;
  reached_.resize(condition.aggregate_count);
  for (std::uint32_t i = 0; i < condition.aggregate_count; ++i) {
    reached_[i].wanted =
        rule_.aggregates[condition.first_aggregate + i].threshold;
  }
  ClearTally();
  for (std::size_t at = entries_.size(); at-- > 0;) {
    Tally(condition, at, true);
    if (AllReached()) return Plus(entries_[at].time, condition.length_us);
  }
  return Minus(0, std::numeric_limits<std::int64_t>::max());
}

// The first end up to which everything holds, over as long a span as may be;
// then the latest beginning of it.
bool RunSearch::Aggregates(const ConditionProgram& condition,
                           const Reach& reach, FoundRun* run) {
  const bool through = reach.through != Reach::kNoEntry;
  reached_.resize(condition.aggregate_count);
  for (std::uint32_t i = 0; i < condition.aggregate_count; ++i) {
    reached_[i].wanted = ThresholdOf(condition.first_aggregate + i, reach);
  }
  ClearTally();
  std::size_t low =
      std::lower_bound(entries_.begin(), entries_.end(), reach.from_us,
                       [](const History::Entry& entry, std::int64_t time) {
                         return entry.time < time;
                       }) -
      entries_.begin();
  for (std::size_t end = low; end < entries_.size(); ++end) {
    const std::int64_t last = entries_[end].time;
    if (last > reach.to_us) return false;
    Tally(condition, end, true);
    while (!Within(entries_[low].time, last, condition.length_us)) {
      Tally(condition, low++, false);
    }
    if (through && end < reach.through) continue;
    if (through && low > reach.through) return false;
    if (!AllReached()) continue;
    ClearTally();
    std::size_t at = end + 1;
    do {
      Tally(condition, --at, true);
    } while (!AllReached() || (through && at > reach.through));
    run->first = at;
    run->last = end;
    run->picks.clear();
    run->count = reached_[0].count;
    return true;
  }
  return false;
}

}  // namespace tocsin
