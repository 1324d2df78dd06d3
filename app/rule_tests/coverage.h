// What the tests of a rule set have seen of its rules: each test of a filter
// both true and false, each exception applied, each rule told and silent.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "app/rule_loader.h"
#include "app/rule_tests/run_tests.h"

namespace tocsin {

struct CoveragePoint {
  enum class Kind : std::uint8_t {
    kTest,      // One test of a filter, as written, lets expanded.
    kWhere,     // All of a `where`.
    kUnless,    // An exception, of events that the rest of the rule takes.
    kCounted,   // What an aggregate counts.
    kFires,     // The rule: told in a test, and silent in a test.
    kElements,  // any, all, none, count over elements
    kBranch,    // An alternative of the condition: told in a test.
  };
  Kind kind = Kind::kTest;
  std::string rule;  // The first one, of a let that several use.
  dsl::Span span;
  std::string text;
  bool seen_true = false, seen_false = false;
};

struct Coverage {
  std::vector<CoveragePoint> points;  // By place.
  std::size_t rules = 0;
  std::vector<std::string> untested;  // Rules that no test names.

  std::size_t Outcomes() const { return 2 * points.size(); }
  std::size_t Seen() const;
  // Rounded down, so that 100 is all.
  int Percent() const;
};

// `reports` of all tests that were run, on `workers` threads.
Coverage MeasureCoverage(const LoadedRules& loaded,
                         const std::vector<TestReport>& reports, int workers);

}  // namespace tocsin
