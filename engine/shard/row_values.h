// Reads the values of a matched row (engine/match/match.h): what the event adds
// to each aggregate, and what it gives to each collect.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/program/rule_set.h"
#include "engine/window/joint_window.h"

namespace tocsin {

// Reused. The collected views live as long as the row's arena.
struct RowValues {
  struct Collect {
    std::uint32_t collect = 0;
    std::string_view encoding;
  };
  std::vector<Contribution> adds;
  std::vector<Collect> collects;

  // `seed`: the key's hash, so that hashes of values are keyed too.
  void Read(const RuleProgram& rule, std::uint64_t seed,
            std::string_view values);
};

}  // namespace tocsin
