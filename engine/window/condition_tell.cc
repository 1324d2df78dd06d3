// What a decision tells: its evidence, and the values that texts will read.
#include <algorithm>
#include <utility>

#include "engine/window/condition_window.h"

namespace tocsin {

void ConditionWindow::Tell(const Entry& entry, const FoundRun& run,
                           const At& at, bool deadline) {
  const std::span<const Entry> entries = history_.Entries(*at.word, at.pool);
  WindowDecision decision;
  decision.deadline = deadline;
  decision.time_us = entry.time;
  decision.first_us = run.timed ? run.first_us : entries[run.first].time;
  decision.last_us = run.timed ? run.last_us : entries[run.last].time;
  decision.count = run.count;
  decision.events =
      run.picks.empty() ? run.last - run.first + 1 : run.picks.size();
  for (const Pick& pick : run.picks) {
    decision.times.push_back(entries[pick.entry].time);
  }
  if (entry.record != 0) decision.completing = history_.RecordOf(entry);
  FillSlots(run, entries, decision.completing, &decision);
  at.decisions->push_back(std::move(decision));
}

void ConditionWindow::FillSlots(const Record& completing,
                                WindowDecision* decision) const {
  decision->slots.resize(rule_->slots.size());
  for (std::size_t i = 0; i < rule_->slots.size(); ++i) {
    const std::uint32_t capture = rule_->slots[i].capture;
    if (capture < completing.captures.size()) {
      decision->slots[i] = completing.captures[capture];
    }
  }
  decision->step_counts.assign(rule_->events.size(), 0);
}

void ConditionWindow::FillSlots(const FoundRun& run,
                                std::span<const Entry> entries,
                                const Record& completing,
                                WindowDecision* decision) const {
  FillSlots(completing, decision);
  if (rule_->events.empty()) return;
  const ConditionProgram& leaf = *leaves_[0];
  const bool picked = !run.picks.empty() && leaves_.size() == 1;
  if (picked && rule_->slots.empty()) {
    for (const Pick& pick : run.picks) {
      ++decision->step_counts[leaf.steps[pick.step].event];
    }
    return;
  }
  // The entries of each event in the evidence, oldest first.
  std::vector<std::vector<std::size_t>> of(rule_->events.size());
  const auto add = [&](std::uint32_t event, std::size_t entry) {
    if (of[event].empty() || of[event].back() != entry) {
      of[event].push_back(entry);
    }
  };
  if (picked) {
    std::vector<Pick> picks = run.picks;
    std::sort(picks.begin(), picks.end(),
              [](const Pick& a, const Pick& b) { return a.entry < b.entry; });
    for (const Pick& pick : picks) add(leaf.steps[pick.step].event, pick.entry);
  } else {
    for (std::size_t i = run.first; i <= run.last; ++i) {
      for (std::uint32_t event = 0; event < of.size(); ++event) {
        if ((entries[i].events >> event & 1) != 0) add(event, i);
      }
    }
  }
  for (std::size_t event = 0; event < of.size(); ++event) {
    decision->step_counts[event] = of[event].size();
  }
  for (std::size_t i = 0; i < rule_->slots.size(); ++i) {
    const SlotProgram& slot = rule_->slots[i];
    const CaptureProgram& capture = rule_->captures[slot.capture];
    if (capture.event == kNoEvent) continue;
    decision->slots[i].clear();
    const std::vector<std::size_t>& some = of[capture.event];
    if (some.empty()) continue;
    const Entry& entry = entries[slot.oldest ? some.front() : some.back()];
    if (entry.record == 0) continue;
    decision->slots[i] = history_.RecordOf(entry).captures[slot.capture];
  }
}

}  // namespace tocsin
