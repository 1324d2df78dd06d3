// What of one rule its tests shall see, and what single events show of it.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "app/rule_tests/coverage.h"
#include "dsl/explain/rule_parts.h"

namespace tocsin {

struct RulePoint {
  CoveragePoint::Kind kind;
  const dsl::CheckedExpr* expr;
  std::string text;
};

// Of the tree of a rule without an event: all that there is to see. What a rule
// tests of other rules' alerts is not: no event of a test shows it.
std::vector<RulePoint> PointsOf(const dsl::CheckedRules& rules,
                                const std::vector<dsl::RulePart>& parts);

struct SeenPart {
  bool held = false, failed = false;
};
// A clause and the one test in it are the same expression.
using SeenParts =
    std::map<std::pair<CoveragePoint::Kind, const dsl::CheckedExpr*>, SeenPart>;

// Of the tree of a rule held against an event (app/event_probe.h): what it
// shows. An exception speaks of what the rest of the rule takes.
void NoteParts(const std::vector<dsl::RulePart>& parts, SeenParts* seen);

}  // namespace tocsin
