// One rule over a few lines, for the tests of this room.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/match/match.h"
#include "tests/testing/expr_builder.h"

namespace tocsin::testing {

// Everything that a match needs, in the order in which it must die.
struct MatchedLines {
  std::shared_ptr<const RuleSet> rules;
  std::unique_ptr<SymbolTables> symbols;
  std::unique_ptr<Matcher> matcher;
  EventBatch batch;
  MatchResult result;
};

inline std::unique_ptr<MatchedLines> MatchLines(CheckedRules checked,
                                                const std::string& lines) {
  auto out = std::make_unique<MatchedLines>();
  out->rules = dsl::Compile(checked);
  out->symbols = std::make_unique<SymbolTables>(out->rules->projection);
  out->matcher = std::make_unique<Matcher>(out->rules.get(), out->symbols.get(),
                                           kReplayKeySeed);
  ExtractLines(*out->rules, out->symbols.get(), lines, &out->batch);
  out->matcher->Match(&out->batch, &out->result);
  return out;
}

inline std::string Event(const std::string& members) {
  return R"({"at":"2026-01-01T09:30:00Z")" +
         (members.empty() ? "" : "," + members) + "}\n";
}

// Whether a filter of this one expression takes the event.
inline bool Holds(const CheckedExpr& expr, const std::string& members) {
  const auto matched =
      MatchLines(RulesOf({FilterRule("r", expr)}), Event(members));
  return matched->result.counts.at(0).matches == 1;
}

}  // namespace tocsin::testing
