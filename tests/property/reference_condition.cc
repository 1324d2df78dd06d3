// Conditions of one window, and conditions joined by `and` and `or`.
#include "tests/property/reference_condition.h"

#include <algorithm>

#include "engine/base/check.h"

namespace tocsin::reference {

using dsl::CheckedCondition;

namespace {

// An event for each of k different parts.
std::optional<Evidence> CompleteParts(const CheckedCondition& condition,
                                      const Entries& all,
                                      const Search& search) {
  const auto serves = [&](const Entry& entry, std::size_t part) {
    return entry.of[condition.steps[part].event];
  };
  Entries order;
  for (const Entry* entry : all) {
    bool any = false;
    for (std::size_t part = 0; part < condition.steps.size(); ++part) {
      any = any || serves(*entry, part);
    }
    if (any && entry->ts() >= search.from && entry->ts() <= search.to) {
      order.push_back(entry);
    }
  }
  for (std::size_t last = 0; last < order.size(); ++last) {
    std::set<std::size_t> parts;
    bool holds_with = search.with == nullptr;
    for (std::size_t first = last + 1; first-- > 0;) {
      if (search.span != INT64_MAX &&
          order[last]->ts() - order[first]->ts() > search.span) {
        break;
      }
      for (std::size_t part = 0; part < condition.steps.size(); ++part) {
        if (serves(*order[first], part)) parts.insert(part);
      }
      holds_with = holds_with || order[first] == search.with;
      if (!holds_with || parts.size() < condition.least) continue;
      Evidence out;
      const auto begin = order.begin();
      out.run.assign(begin + static_cast<std::ptrdiff_t>(first),
                     begin + static_cast<std::ptrdiff_t>(last) + 1);
      out.count = condition.least;
      return out;
    }
  }
  return std::nullopt;
}

}  // namespace

bool OnlyRises(const CheckedCondition& condition) {
  using K = CheckedCondition::Kind;
  using A = dsl::CheckedAggregate::Kind;
  const auto rises = [](const dsl::CheckedAggregate& a) {
    return a.kind == A::kCount || a.kind == A::kDistinct || a.kind == A::kMax ||
           a.kind == A::kSum;
  };
  switch (condition.kind) {
    case K::kFilter:
    case K::kPartsOf:
      return true;
    case K::kAggregates:
      return !condition.test && std::all_of(condition.aggregates.begin(),
                                            condition.aggregates.end(), rises);
    case K::kSequence:
      return condition.without.empty();
    case K::kAnd:
    case K::kOr:
      return std::all_of(condition.children.begin(), condition.children.end(),
                         [](const CheckedCondition& child) {
                           return child.kind == K::kNew || OnlyRises(child);
                         });
    default:
      return false;
  }
}

std::int64_t Longest(const CheckedCondition& condition) {
  std::int64_t longest = condition.window.length_us;
  for (const CheckedCondition& child : condition.children) {
    longest = std::max(longest, Longest(child));
  }
  return longest;
}

std::optional<Evidence> Complete(const Context& context,
                                 const CheckedCondition& condition,
                                 const Entries& order, const Search& search) {
  using K = CheckedCondition::Kind;
  switch (condition.kind) {
    case K::kFilter:
      return Evidence{{search.arrived}, 1, {}};
    case K::kAggregates:
      return CompleteAggregates(condition, order, search);
    case K::kSequence:
      return FindSequence(context, condition, order, search, nullptr);
    case K::kPartsOf:
      return CompleteParts(condition, order, search);
    case K::kNew:
      if (!search.arrived->fresh) return std::nullopt;
      return Evidence{{search.arrived}, 1, {}};
    default:
      TOCSIN_CHECK(false);
  }
}

// ---- conditions with children
// -------------------------------------------------------------------

namespace {

std::int64_t PaneLow(const CheckedCondition& condition, std::int64_t t) {
  return PaneOf(t - condition.window.length_us, condition.window.length_us);
}

// Whether the condition stands at t, using `with` when it is given.
std::optional<Evidence> StandsOver(const Context& context,
                                   const CheckedCondition& condition,
                                   const Entries& order, std::int64_t t,
                                   const Entry* with, const Entry& arrived) {
  using K = CheckedCondition::Kind;
  const std::int64_t window = condition.window.length_us;
  if (condition.kind == K::kNew) {
    if (!arrived.fresh || arrived.ts() != t) return std::nullopt;
    return Evidence{{&arrived}, 1, {}};
  }
  if (condition.kind == K::kAggregates && condition.test) {
    return TestAggregates(context, condition, order, t - window,
                          PaneLow(condition, t), t);
  }
  if (condition.kind != K::kAnd && condition.kind != K::kOr) {
    Search search;
    search.with = with;
    search.arrived = &arrived;
    search.from = t - window;
    search.to = t;
    search.span = window;
    search.panes = true;
    return Complete(context, condition, order, search);
  }
  const bool all = condition.kind == K::kAnd;
  std::optional<Evidence> used, any;
  for (const CheckedCondition& child : condition.children) {
    const auto stands = StandsOver(context, child, order, t, nullptr, arrived);
    if (all && !stands) return std::nullopt;
    if (stands && !any) any = stands;
    if (with == nullptr || used) continue;
    used = StandsOver(context, child, order, t, with, arrived);
  }
  return with == nullptr ? any : used;
}

}  // namespace

std::optional<Evidence> StandsUsing(const Context& context,
                                    const CheckedCondition& condition,
                                    const Entries& order, const Entry& e) {
  using K = CheckedCondition::Kind;
  if (condition.kind != K::kAnd && condition.kind != K::kOr) {
    Search search;
    search.with = search.arrived = &e;
    search.span = condition.window.length_us;
    search.panes = true;
    if (condition.kind == K::kNew) {
      if (!e.fresh) return std::nullopt;
      return Evidence{{&e}, 1, {}};
    }
    return Complete(context, condition, order, search);
  }
  for (const Entry* at : order) {
    if (at->ts() < e.ts()) continue;
    if (auto found = StandsOver(context, condition, order, at->ts(), &e, e)) {
      return found;
    }
  }
  return std::nullopt;
}

std::optional<Evidence> StandsAt(const Context& context,
                                 const CheckedCondition& condition,
                                 const Entries& order, const Entry& e) {
  if (condition.kind == CheckedCondition::Kind::kSequence) {
    Search search;
    search.arrived = &e;
    search.span = condition.window.length_us;
    return FindSequence(context, condition, order, search, &e);
  }
  if (condition.kind == CheckedCondition::Kind::kAggregates &&
      !Contributes(condition, e)) {
    return std::nullopt;
  }
  return StandsOver(context, condition, order, e.ts(), nullptr, e);
}

}  // namespace tocsin::reference
