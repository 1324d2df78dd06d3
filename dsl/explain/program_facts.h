// What only the compiled rule knows: what an event costs it, by which fields
// the index finds it, which it reads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/program/rule_set.h"

namespace tocsin::dsl {

struct ProgramFacts {
  // Of an event of the schema that is dearest, when every test must see it.
  std::uint64_t cost_ns = 0;
  bool navigates = false;  // Into bodies.
  // Of each schema and key that the rule takes events from; `events` are empty
  // for a rule without.
  struct Feed {
    std::vector<std::string> events, anchors;
  };
  std::vector<Feed> feeds;
  std::vector<std::string> reads;  // By name.
};

// Nothing for a rule that has no program: it is disabled.
std::optional<ProgramFacts> FactsOf(const RuleSet& set,
                                    const std::string& rule);

}  // namespace tocsin::dsl
