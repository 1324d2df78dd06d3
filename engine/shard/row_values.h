// Reads the values of a matched row (engine/match/match.h): which of the rule's
// events it is, what it adds to each aggregate, what it leaves behind for
// later, and what it gives to each collect.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/program/rule_set.h"
#include "engine/window/history.h"
#include "engine/window/joint_window.h"

namespace tocsin {

// Reused. Views live as long as the row's arena.
struct RowValues {
  struct Collect {
    std::uint32_t collect = 0;
    std::string_view encoding;
  };
  // The rule's events below, from History::kAggregateBit the aggregates that
  // it adds something to.
  std::uint64_t events = 0;
  std::vector<Contribution> adds;
  std::vector<NumberAdded> numbers;
  std::vector<double> thresholds;  // By aggregate; those without: 0.
  std::vector<std::string_view> captures;
  std::vector<Collect> collects;

  // `seed`: the key's hash, so that hashes of values are keyed too.
  void Read(const RuleProgram& rule, std::uint64_t seed,
            std::string_view values);
};

}  // namespace tocsin
