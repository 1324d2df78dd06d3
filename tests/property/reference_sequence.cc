// Sequences: every strictly rising choice of events for the steps is tried.
#include <algorithm>

#include "tests/property/reference_condition.h"

namespace tocsin::reference {
namespace {

using dsl::CheckedCondition;

class SequenceSearch {
 public:
  SequenceSearch(const Context& context, const CheckedCondition& condition,
                 const Entries& order)
      : context_(context), condition_(condition), order_(order) {
    for (const dsl::CheckedStep& step : condition.steps) {
      for (std::uint32_t i = 0; i < step.run; ++i) slots_.push_back(step.event);
    }
  }

  // A choice from order[first] to order[last] that holds `with`.
  bool Find(std::size_t first, std::size_t last, const Entry* with) {
    if (!Takes(first, 0) || !Takes(last, slots_.size() - 1)) return false;
    if (slots_.size() < 2 && first != last) return false;
    if (slots_.size() > 1 && first >= last) return false;
    with_ = with;
    last_ = last;
    chosen_ = {first};
    return Fill();
  }

  Evidence Chosen() const {
    Evidence out;
    out.count = chosen_.size();
    out.steps.resize(context_.rule->events.size());
    for (std::size_t slot = 0; slot < chosen_.size(); ++slot) {
      out.run.push_back(order_[chosen_[slot]]);
      out.steps[slots_[slot]].push_back(order_[chosen_[slot]]);
    }
    return out;
  }

 private:
  bool Takes(std::size_t at, std::size_t slot) const {
    return order_[at]->of[slots_[slot]];
  }

  bool Fill() {
    if (chosen_.size() == slots_.size()) {
      return chosen_.back() == last_ && HoldsWith() && WhereHolds();
    }
    const bool to_last = chosen_.size() + 1 == slots_.size();
    const std::size_t begin = to_last ? last_ : chosen_.back() + 1;
    const std::size_t end = to_last ? last_ + 1 : last_;
    for (std::size_t at = begin; at < end; ++at) {
      if (!Takes(at, chosen_.size())) continue;
      chosen_.push_back(at);
      if (Fill()) return true;
      chosen_.pop_back();
    }
    return false;
  }

  bool HoldsWith() const {
    if (with_ == nullptr) return true;
    return std::any_of(chosen_.begin(), chosen_.end(),
                       [&](std::size_t at) { return order_[at] == with_; });
  }

  bool WhereHolds() const {
    if (!condition_.where) return true;
    const Evidence evidence = Chosen();
    std::vector<Entries> picked(evidence.steps.size());
    return ForEach(evidence.steps, 0, &picked);
  }

  // P holds for each event of a run: for every way to take one of each step.
  bool ForEach(const std::vector<Entries>& steps, std::size_t event,
               std::vector<Entries>* picked) const {
    if (event == steps.size()) {
      Scope scope = context_.ScopeOf(*order_[chosen_.front()]->event);
      context_.Name(*picked, &scope);
      return Holds(*condition_.where, scope);
    }
    if (steps[event].empty()) return ForEach(steps, event + 1, picked);
    for (const Entry* entry : steps[event]) {
      (*picked)[event] = {steps[event].front(), entry};
      if (!ForEach(steps, event + 1, picked)) return false;
    }
    return true;
  }

  const Context& context_;
  const CheckedCondition& condition_;
  const Entries& order_;
  std::vector<std::uint32_t> slots_;  // The event that each takes.
  std::vector<std::size_t> chosen_;   // Into order_, rising.
  const Entry* with_ = nullptr;
  std::size_t last_ = 0;
};

// No event of `without` strictly between the first and the last.
bool Undisturbed(const CheckedCondition& condition, const Entries& order,
                 std::size_t first, std::size_t last) {
  for (std::size_t i = first + 1; i < last; ++i) {
    for (const std::uint32_t event : condition.without) {
      if (order[i]->of[event]) return false;
    }
  }
  return true;
}

}  // namespace

std::optional<Evidence> FindSequence(const Context& context,
                                     const CheckedCondition& condition,
                                     const Entries& order, const Search& search,
                                     const Entry* must_end) {
  SequenceSearch sequence(context, condition, order);
  for (std::size_t last = 0; last < order.size(); ++last) {
    if (must_end != nullptr && order[last] != must_end) continue;
    if (order[last]->ts() > search.to) break;
    for (std::size_t first = last + 1; first-- > 0;) {
      if (order[first]->ts() < search.from) break;
      if (search.span != INT64_MAX &&
          order[last]->ts() - order[first]->ts() > search.span) {
        break;
      }
      if (search.with != nullptr && (Before(*search.with, *order[first]) ||
                                     Before(*order[last], *search.with))) {
        continue;
      }
      if (!Undisturbed(condition, order, first, last)) continue;
      if (sequence.Find(first, last, search.with)) return sequence.Chosen();
    }
  }
  return std::nullopt;
}

}  // namespace tocsin::reference
