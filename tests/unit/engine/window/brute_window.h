// Windows that keep every event and try every run: slow and obvious, to compare
// with. And random streams whose disorder stays within the lateness.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <random>
#include <set>
#include <tuple>
#include <vector>

#include "engine/window/joint_window.h"
#include "engine/window/window_spec.h"

namespace tocsin::testing {

struct BruteEvent {
  std::int64_t time = 0;
  std::size_t position = 0;
  std::vector<Contribution> adds;
};

class BruteWindow {
 public:
  explicit BruteWindow(WindowSpec spec) : spec_(std::move(spec)) {}

  // Of the runs that hold the arriving event, span at most the window and
  // satisfy everything: the one that ends earliest, then begins latest.
  std::optional<Evidence> Arrive(std::int64_t time,
                                 std::vector<Contribution> adds) {
    const BruteEvent arriving{time, events_.size(), std::move(adds)};
    std::size_t at = events_.size();
    while (at > 0 && events_[at - 1].time > time) --at;
    events_.insert(events_.begin() + static_cast<std::ptrdiff_t>(at), arriving);
    for (std::size_t last = at; last < events_.size(); ++last) {
      for (std::size_t first = at + 1; first-- > 0;) {
        if (events_[last].time - events_[first].time > spec_.span_us) break;
        if (std::optional<Evidence> evidence = Holds(first, last)) {
          return evidence;
        }
      }
    }
    return std::nullopt;
  }

 private:
  std::optional<Evidence> Holds(std::size_t first, std::size_t last) const {
    Evidence evidence{events_[first].time, events_[last].time, 0,
                      last - first + 1};
    for (std::size_t i = 0; i < spec_.aggregates.size(); ++i) {
      std::uint64_t n = 0;
      std::set<std::uint64_t> values;
      for (std::size_t e = first; e <= last; ++e) {
        for (const Contribution& add : events_[e].adds) {
          if (add.aggregate == i) ++n, values.insert(add.value);
        }
      }
      const WindowSpec::Aggregate& wanted = spec_.aggregates[i];
      if ((wanted.distinct ? values.size() : n) < wanted.threshold) {
        return std::nullopt;
      }
      if (i == 0) {
        evidence.count = wanted.distinct ? values.size() : wanted.threshold;
      }
    }
    return evidence;
  }

  WindowSpec spec_;
  std::vector<BruteEvent> events_;  // By (time, position).
};

struct Disorder {
  std::int64_t span = 0, lateness = 0;
};

// Spans and latenesses whose ratio runs from none to five.
inline Disorder RandomDisorder(std::mt19937_64& random) {
  const std::int64_t span = 3 + static_cast<std::int64_t>(random() % 10);
  const std::int64_t latenesses[] = {0, 1, span / 2, span, 2 * span, 5 * span};
  return {span, latenesses[random() % 6]};
}

// Times in an order of arrival in which none is more than the lateness behind
// the latest before it.
inline std::vector<std::int64_t> RandomArrivals(std::mt19937_64& random,
                                                std::int64_t lateness,
                                                std::size_t size) {
  constexpr std::int64_t kSteps[] = {0, 0, 0, 0, 1, 1, 2, 5};
  std::vector<std::tuple<double, std::size_t, std::int64_t>> order;
  std::int64_t time = 0;
  for (std::size_t i = 0; i < size; ++i) {
    time += kSteps[random() % 8];
    const double delay = std::uniform_real_distribution<double>(
        0, static_cast<double>(lateness))(random);
    order.emplace_back(static_cast<double>(time) + delay, i, time);
  }
  std::sort(order.begin(), order.end());
  std::vector<std::int64_t> times;
  for (const auto& [arrives, i, t] : order) times.push_back(t);
  return times;
}

}  // namespace tocsin::testing
