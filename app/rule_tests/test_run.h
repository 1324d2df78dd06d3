// One test block against the real pipeline, on one thread and a virtual clock.
//
// The test's statements are played by the pipeline's only source: between two
// reads everything that was given is decided, so what stands between two sends
// (an expectation, a new rule set, a restart) is done there.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "dsl/check/checked.h"
#include "dsl/check/checked_test.h"
#include "engine/alert/alert.h"
#include "engine/program/rule_set.h"

namespace tocsin {

struct TestFailure {
  dsl::Span span;        // The statement that failed.
  std::string message;   // Lines, each with its line feed.
  bool missing = false;  // Something that was expected did not come.
  bool unread = false;   // A file that the statement names cannot be read.
};

struct TestOutcome {
  std::vector<TestFailure> failures;  // None: it passed.
  std::vector<std::string> events;    // Lines as they were given, in order.
  std::vector<Alert> alerts;          // Of the rules under test, as they came.
  std::set<std::string> others;       // Further rules that told something.
};

// How a test reaches beyond its own text.
struct TestWorld {
  // Whole file beside the rule file, for `send file`.
  std::function<absl::StatusOr<std::string>(const std::string& path)> read_file;
  // The rules anew, for `reload`; `path` as written, or empty.
  std::function<absl::StatusOr<std::shared_ptr<const RuleSet>>(
      const std::string& path)>
      reload;
};

// Monday, 2024-01-01T00:00:00Z: what `at 0s` is, unless a file is sent first.
inline constexpr std::int64_t kTestZero = 1'704'067'200'000'000;

// `checked` and `rules`: those under test and what they read. Deterministic.
TestOutcome RunTest(const dsl::CheckedTest& test,
                    const dsl::CheckedRules& checked,
                    std::shared_ptr<const RuleSet> rules,
                    const TestWorld& world);

}  // namespace tocsin
