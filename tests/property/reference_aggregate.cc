// Aggregates: counts and different values over exact spans, the rest over
// panes.
#include <algorithm>
#include <cmath>

#include "engine/base/check.h"
#include "tests/property/reference_condition.h"

namespace tocsin::reference {

using dsl::CheckedAggregate;
using dsl::CheckedCondition;
using Aggregate = CheckedAggregate::Kind;

namespace {

bool OverPanes(const CheckedAggregate& aggregate) {
  return aggregate.kind != Aggregate::kCount &&
         aggregate.kind != Aggregate::kDistinct;
}

const Contribution& Adds(const Entry& entry, const void* to) {
  static const Contribution kNothing;
  const auto found = entry.adds.find(to);
  return found == entry.adds.end() ? kNothing : found->second;
}

double Number(const Value& value) {
  if (value.kind == Kind::kFloat) return value.f;
  return value.kind == reference::Kind::kUint ? static_cast<double>(value.u)
                                              : static_cast<double>(value.i);
}

// What entries[first..last] give one aggregate.
struct Given {
  std::set<std::string> values;
  std::vector<double> numbers;
};

Given Gather(const CheckedAggregate& aggregate, const Entries& order,
             std::size_t first, std::size_t last, std::int64_t low) {
  Given out;
  for (std::size_t i = first; i <= last; ++i) {
    if (order[i]->ts() < low && !OverPanes(aggregate)) continue;
    const Contribution& adds = Adds(*order[i], &aggregate);
    out.values.insert(adds.values.begin(), adds.values.end());
    if (adds.number) out.numbers.push_back(Number(*adds.number));
  }
  return out;
}

std::uint64_t Threshold(const CheckedAggregate& aggregate,
                        const Entry* completing) {
  if (!aggregate.threshold_of) return aggregate.threshold;
  const auto found = completing->thresholds.find(&aggregate);
  return found == completing->thresholds.end() ? UINT64_MAX : found->second;
}

// Whether entries[first..last] satisfy every aggregate; *count: the evidence's.
bool Satisfied(const CheckedCondition& condition, const Entries& order,
               std::size_t first, std::size_t last, std::int64_t low,
               const Entry* completing, std::uint64_t* count) {
  for (std::size_t a = 0; a < condition.aggregates.size(); ++a) {
    const CheckedAggregate& aggregate = condition.aggregates[a];
    const Given given = Gather(aggregate, order, first, last, low);
    std::uint64_t length = given.numbers.size();
    switch (aggregate.kind) {
      case Aggregate::kCount:
      case Aggregate::kDistinct: {
        const std::uint64_t threshold = Threshold(aggregate, completing);
        if (given.values.size() < threshold) return false;
        length = aggregate.kind == Aggregate::kCount ? threshold
                                                     : given.values.size();
        break;
      }
      case Aggregate::kSum: {
        double sum = 0;
        for (const double number : given.numbers) sum += number;
        if (!(sum >= aggregate.least)) return false;
        break;
      }
      case Aggregate::kMax:
        if (given.numbers.empty() ||
            *std::max_element(given.numbers.begin(), given.numbers.end()) <
                aggregate.least) {
          return false;
        }
        break;
      default:
        TOCSIN_CHECK(false);
    }
    if (a == 0) *count = length;
  }
  return true;
}

Value Percentile(std::vector<double> numbers, double percent) {
  if (numbers.empty()) return {};
  std::sort(numbers.begin(), numbers.end());
  const double rank = percent / 100 * static_cast<double>(numbers.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(rank));
  const std::size_t above = std::min(below + 1, numbers.size() - 1);
  const double part = rank - static_cast<double>(below);
  return MakeFloat(numbers[below] + part * (numbers[above] - numbers[below]));
}

Value Aggregated(const CheckedAggregate& aggregate, const Given& given) {
  const std::vector<double>& numbers = given.numbers;
  double sum = 0;
  for (const double number : numbers) sum += number;
  switch (aggregate.kind) {
    case Aggregate::kCount:
    case Aggregate::kDistinct:
      return MakeInt(static_cast<std::int64_t>(given.values.size()));
    case Aggregate::kSum:
      return MakeFloat(sum);
    case Aggregate::kAvg:
      return numbers.empty()
                 ? Value()
                 : MakeFloat(sum / static_cast<double>(numbers.size()));
    case Aggregate::kMin:
      return numbers.empty()
                 ? Value()
                 : MakeFloat(*std::min_element(numbers.begin(), numbers.end()));
    case Aggregate::kMax:
      return numbers.empty()
                 ? Value()
                 : MakeFloat(*std::max_element(numbers.begin(), numbers.end()));
    case Aggregate::kMedian:
      return Percentile(numbers, 50);
    case Aggregate::kPercentile:
      return Percentile(numbers, aggregate.percent);
  }
  TOCSIN_CHECK(false);
}

}  // namespace

bool Contributes(const CheckedCondition& condition, const Entry& entry) {
  return std::any_of(
      condition.aggregates.begin(), condition.aggregates.end(),
      [&](const CheckedAggregate& a) { return !Adds(entry, &a).empty(); });
}

std::int64_t PaneOf(std::int64_t ts, std::int64_t window_us) {
  const std::int64_t pane = std::max<std::int64_t>(1, window_us / kPanes);
  std::int64_t index = ts / pane;
  if (ts % pane < 0) --index;
  return index * pane;
}

std::optional<Evidence> CompleteAggregates(const CheckedCondition& condition,
                                           const Entries& all,
                                           const Search& search) {
  Entries order;
  for (const Entry* entry : all) {
    if (Contributes(condition, *entry)) order.push_back(entry);
  }
  // Only what goes into panes reaches further back than the window.
  const bool panes =
      search.panes && std::any_of(condition.aggregates.begin(),
                                  condition.aggregates.end(), OverPanes);
  for (std::size_t last = 0; last < order.size(); ++last) {
    const std::int64_t end = order[last]->ts();
    if (end > search.to) break;
    std::int64_t low = search.from;
    if (search.span != INT64_MAX) low = std::max(low, end - search.span);
    const std::int64_t pane_low = panes && low != INT64_MIN
                                      ? PaneOf(low, condition.window.length_us)
                                      : low;
    bool holds_with = search.with == nullptr;
    for (std::size_t first = last + 1; first-- > 0;) {
      if (order[first]->ts() < pane_low) break;
      holds_with = holds_with || order[first] == search.with;
      if (!holds_with) continue;
      Evidence out;
      if (!Satisfied(condition, order, first, last, low, search.arrived,
                     &out.count)) {
        continue;
      }
      const auto begin = order.begin();
      out.run.assign(begin + static_cast<std::ptrdiff_t>(first),
                     begin + static_cast<std::ptrdiff_t>(last) + 1);
      return out;
    }
  }
  return std::nullopt;
}

std::optional<Evidence> TestAggregates(const Context& context,
                                       const CheckedCondition& condition,
                                       const Entries& order, std::int64_t low,
                                       std::int64_t pane_low, std::int64_t t) {
  Evidence out;
  for (const Entry* entry : order) {
    if (entry->ts() < pane_low || entry->ts() > t) continue;
    const bool counts =
        std::any_of(condition.aggregates.begin(), condition.aggregates.end(),
                    [&](const CheckedAggregate& a) {
                      return (entry->ts() >= low || OverPanes(a)) &&
                             !Adds(*entry, &a).empty();
                    });
    if (counts) out.run.push_back(entry);
  }
  if (out.run.empty()) return std::nullopt;
  Scope scope = context.ScopeOf(*out.run.back()->event);
  for (std::size_t a = 0; a < condition.aggregates.size(); ++a) {
    const CheckedAggregate& aggregate = condition.aggregates[a];
    const Given given = Gather(aggregate, out.run, 0, out.run.size() - 1, low);
    scope.aggregates.push_back(Aggregated(aggregate, given));
    if (a == 0) {
      out.count =
          OverPanes(aggregate) ? given.numbers.size() : given.values.size();
    }
  }
  if (!condition.test || !Holds(*condition.test, scope)) return std::nullopt;
  return out;
}

std::int64_t StopsAt(const CheckedCondition& condition, const Entries& order) {
  std::int64_t stops = INT64_MAX;
  const std::int64_t window = condition.window.length_us;
  for (const CheckedAggregate& aggregate : condition.aggregates) {
    std::int64_t at = INT64_MIN;
    if (aggregate.kind == Aggregate::kSum) {
      double sum = 0;
      for (std::size_t i = order.size(); i-- > 0;) {
        const Contribution& adds = Adds(*order[i], &aggregate);
        if (!adds.number) continue;
        sum += Number(*adds.number);
        if (sum < aggregate.least) continue;
        const std::int64_t pane = std::max<std::int64_t>(1, window / kPanes);
        at = PaneOf(order[i]->ts(), window) + pane + window;
        break;
      }
    } else {
      std::set<std::string> seen;
      for (std::size_t i = order.size(); i-- > 0;) {
        const Contribution& adds = Adds(*order[i], &aggregate);
        seen.insert(adds.values.begin(), adds.values.end());
        if (adds.number && Number(*adds.number) >= aggregate.least) {
          seen.insert("max");
        }
        const std::uint64_t least =
            aggregate.kind == Aggregate::kMax ? 1 : aggregate.threshold;
        if (seen.size() < least) continue;
        at = order[i]->ts() + window;
        break;
      }
    }
    stops = std::min(stops, at);
  }
  return stops;
}

}  // namespace tocsin::reference
