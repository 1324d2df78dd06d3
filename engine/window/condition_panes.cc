// The panes of a key: what is kept of events that are only ever taken by the
// stretch. What they count follows each change, for there may be many of them.
#include <algorithm>
#include <utility>

#include "engine/window/condition_window.h"
#include "engine/window/footprint.h"

namespace tocsin {

ConditionWindow::Panes& ConditionWindow::PanesOf(std::uint64_t key) {
  std::unique_ptr<Panes>& panes = panes_[key];
  if (panes == nullptr) {
    panes = std::make_unique<Panes>();
    panes->of.resize(leaves_.size());
  }
  touched_ = panes.get();
  return *panes;
}

ConditionWindow::Panes* ConditionWindow::KnownPanes(std::uint64_t key) {
  const auto found = panes_.find(key);
  if (found == panes_.end()) return nullptr;
  touched_ = found->second.get();
  return touched_;
}

// After something of a key may have changed.
void ConditionWindow::CountFootprint() {
  if (touched_ == nullptr) return;
  Panes& panes = *std::exchange(touched_, nullptr);
  panes_footprint_ -= panes.counted;
  panes.counted = panes.Footprint();
  panes_footprint_ += panes.counted;
}

std::size_t ConditionWindow::Panes::Footprint() const {
  return footprint::kPanes + ends.size() * footprint::kNumber + bytes;
}

void ConditionWindow::Panes::CountAgain() {
  bytes = session.has_value() ? session->Footprint() : 0;
  for (const std::vector<Pane>& leaf : of) {
    for (const Pane& pane : leaf) bytes += pane.Footprint();
  }
}

Pane* ConditionWindow::Panes::At(std::int64_t start, std::vector<Pane>* some) {
  auto place = std::lower_bound(
      some->begin(), some->end(), start,
      [](const Pane& pane, std::int64_t s) { return pane.start < s; });
  if (place == some->end() || place->start != start) {
    place = some->insert(place, Pane());
    place->start = start;
  }
  return &*place;
}

void ConditionWindow::Panes::Add(const Entry& entry, const Record& record,
                                 const RuleProgram& rule,
                                 const ConditionProgram& condition,
                                 Pane* pane) {
  if (pane->events > 0) bytes -= pane->Footprint();
  pane->Add(entry, record, rule, condition);
  bytes += pane->Footprint();
}

void ConditionWindow::Panes::DropBefore(std::int64_t oldest,
                                        std::vector<Pane>* some) {
  auto end = some->begin();
  for (; end != some->end() && end->start < oldest; ++end) {
    bytes -= end->Footprint();
  }
  some->erase(some->begin(), end);
}

Pane ConditionWindow::Panes::EndSession() {
  bytes -= session->Footprint();
  Pane ended = std::move(*session);
  session.reset();
  return ended;
}

}  // namespace tocsin
