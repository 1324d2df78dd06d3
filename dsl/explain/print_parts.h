// A rule held against one event, as text for people and as JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dsl/explain/rule_parts.h"

namespace tocsin::dsl {

// What is known of the event itself.
struct EventFacts {
  std::string schema;  // That takes it; empty: none does.
  std::optional<std::int64_t> time_us;
  // Fields by which its schema knows it, as canonical encodings.
  std::vector<std::pair<std::string, std::string>> identity;
};

struct RuleOnEvent {
  std::string rule;
  bool matches = false;
  EventFacts event;
  std::vector<RulePart> parts;  // Filled and judged.
};

struct PartsStyle {
  bool colour = false;
  // Also what is below derived fields that are not to blame.
  bool everything = false;
};

// Lines of text.
std::string PrintParts(const RuleOnEvent& found, const PartsStyle& style);
// One object.
std::string PrintPartsJson(const RuleOnEvent& found);

// Why the rule does not match, a line each: the tests that are to blame, with
// what the event has instead. Empty when it matches.
std::vector<std::string> Reasons(const RuleOnEvent& found);

}  // namespace tocsin::dsl
