// Rule text with a test in it, run; for the tests of the harness.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "app/rule_tests/rule_sets.h"
#include "app/rule_tests/test_run.h"
#include "dsl/compile/compile.h"
#include "gtest/gtest.h"
#include "tests/testing/rule_text.h"

namespace tocsin::testing {

// Ten failures of one address within a minute, once in fifteen.
inline const std::string kBurst = R"(rule burst {
  where    responseStatus.code == 401
  by       client as ip
  when     count() >= 3 within 1m
  then     once per 15m
  collect  userAgent as agents
}
rule any_failure {
  where    responseStatus.code == 401
}
)";

inline const std::string kFailure =
    R"(let failure = {"responseStatus": {"code": 401}, "sourceIPs": ["192.0.2.1"]}
)";

// The first test of `text`, with files that it may send or load.
inline TestOutcome RunText(
    const std::string& text,
    const std::map<std::string, std::string>& files = {}) {
  const CheckedText checked = CheckText(text);
  EXPECT_EQ(checked.Errors(), "");
  if (!checked.ok() || checked.rules.tests.empty()) return {};
  const dsl::CheckedTest& test = checked.rules.tests.front();
  const dsl::CheckedRules cut = CutRules(checked.rules, test.rules);
  TestWorld world;
  world.read_file =
      [&](const std::string& path) -> absl::StatusOr<std::string> {
    const auto found = files.find(path);
    if (found == files.end())
      return absl::NotFoundError(path + ": no such file");
    return found->second;
  };
  world.reload = [&](const std::string& path)
      -> absl::StatusOr<std::shared_ptr<const RuleSet>> {
    if (path.empty()) return dsl::Compile(cut);
    const auto found = files.find(path);
    if (found == files.end())
      return absl::NotFoundError(path + ": no such file");
    const CheckedText other = CheckText(found->second);
    EXPECT_EQ(other.Errors(), "");
    return dsl::Compile(CutRules(other.rules, test.rules));
  };
  return RunTest(test, cut, dsl::Compile(cut), world);
}

// `statements` of a test of `burst`; what it says, all failures in a row.
inline std::string RunStatements(
    const std::string& statements,
    const std::map<std::string, std::string>& files = {},
    const std::string& rule = "burst") {
  const TestOutcome outcome =
      RunText(kBurst + "test \"t\" for " + rule + " {\n" + kFailure +
                  statements + "\n}\n",
              files);
  std::string out;
  for (const TestFailure& failure : outcome.failures) out += failure.message;
  return out;
}

}  // namespace tocsin::testing
