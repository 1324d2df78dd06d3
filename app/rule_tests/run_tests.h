// The tests of a rule set, many at once, told in their order.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "app/rule_loader.h"
#include "app/rule_tests/test_run.h"

namespace tocsin {

struct TestReport {
  const dsl::CheckedTest* test = nullptr;
  TestOutcome outcome;
  // Where something expected did not come: what of the rule the last event
  // sent does not pass, in lines.
  std::string why;
  std::int64_t duration_us = 0;
  bool ok() const { return outcome.failures.empty(); }
};

struct RunTestsOptions {
  std::vector<std::string> paths;  // As loaded; for `reload`.
  int workers = 1;
  bool coverage = false;  // Its reports are to be measured.
};

// `on_report` is called on the caller's thread, in the order of `tests`, as
// soon as a test and all before it are done.
std::vector<TestReport> RunTests(
    const LoadedRules& loaded,
    const std::vector<const dsl::CheckedTest*>& tests,
    const RunTestsOptions& options,
    const std::function<void(const TestReport&)>& on_report);

// Of a path written in the test's file: from that file's folder.
std::string BesideFile(const std::string& file, const std::string& path);

}  // namespace tocsin
