#include "app/rule_tests/coverage.h"

#include <fstream>

#include "app/rule_tests/branches.h"
#include "app/rule_tests/report.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/rule_text.h"
#include "tests/testing/temp_dir.h"

namespace tocsin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct Ran {
  Coverage coverage;
  std::vector<std::string> lines;  // Without the file's path.
};

Ran Measure(const std::string& text) {
  const testing::TempDir dir;
  const std::string path = dir.path() + "/a.rules";
  std::ofstream(path) << text;
  LoadOptions load;
  load.lint = false;
  const auto loaded = LoadRules({path}, load);
  EXPECT_TRUE(loaded.ok() && (*loaded)->checked.ok);
  if (!loaded.ok() || !(*loaded)->checked.ok) return {};
  std::vector<const dsl::CheckedTest*> tests;
  for (const dsl::CheckedTest& test : (*loaded)->checked.tests) {
    tests.push_back(&test);
  }
  const std::vector<TestReport> reports = RunTests(
      **loaded, tests, {{path}, 2, true}, [](const TestReport& report) {
        EXPECT_TRUE(report.ok()) << report.test->title;
      });
  Ran ran;
  ran.coverage = MeasureCoverage(**loaded, reports, 2);
  std::string all = CoverageText(ran.coverage, (*loaded)->sources);
  for (std::size_t end; (end = all.find('\n')) != std::string::npos;) {
    std::string line = all.substr(0, end);
    all.erase(0, end + 1);
    if (line.starts_with(path)) line.erase(0, path.size() + 1);
    ran.lines.push_back(std::move(line));
  }
  if (!ran.lines.empty()) ran.lines.pop_back();  // The sum.
  return ran;
}

constexpr const char* kRule = R"(let mild = verb == "get" or verb == "head"
rule r {
  where   responseStatus.code == 403 and not exists(objectRef.name)
  unless  mild
}
)";

TEST(CoverageTest, EachTestIsSeenTrueAndFalse) {
  const Ran ran = Measure(std::string(kRule) + R"(
test "fires" for r {
  at 0s  send {"verb": "list", "responseStatus": {"code": 403}}
  expect alert {}
}
test "silent" for r {
  at 0s  send {"verb": "get", "responseStatus": {"code": 403}}
         send {"verb": "head", "responseStatus": {"code": 403}}
         send {"verb": "list", "responseStatus": {"code": 200}, "objectRef": {"name": "x"}}
  expect nothing
}
)");
  EXPECT_THAT(ran.lines, IsEmpty());
  EXPECT_EQ(ran.coverage.Percent(), 100);
}

TEST(CoverageTest, SaysWhatNoTestHasSeen) {
  const Ran ran = Measure(std::string(kRule) + R"(
test "fires" for r {
  at 0s  send {"verb": "list", "responseStatus": {"code": 403}}
  expect alert {}
}
)");
  EXPECT_THAT(
      ran.lines,
      ElementsAre("1:12: r: `verb == \"get\"` was never true",
                  "1:29: r: `verb == \"head\"` was never true",
                  "2:6: r: no test leaves the rule silent",
                  HasSubstr("r: `responseStatus.code == 403` was never false"),
                  HasSubstr("r: `where` was never false"),
                  HasSubstr("exists(objectRef.name)` was never false"),
                  HasSubstr("r: `unless` never applied")));
  EXPECT_LT(ran.coverage.Percent(), 100);
}

TEST(CoverageTest, AnExceptionCountsOnlyForWhatTheRuleTakes) {
  const Ran ran = Measure(std::string(kRule) + R"(
test "fires" for r {
  at 0s  send {"verb": "list", "responseStatus": {"code": 403}}
         send {"verb": "get", "responseStatus": {"code": 200}}
  expect alert {}
}
)");
  EXPECT_THAT(ran.lines,
              ::testing::Contains(HasSubstr("`unless` never applied")));
}

TEST(CoverageTest, ARuleWithoutATestIsOneLine) {
  const Ran ran = Measure(std::string(kRule) + R"(
rule other { where verb == "list" and responseStatus.code == 403 }
test "fires" for other {
  at 0s  send {"verb": "list", "responseStatus": {"code": 403}}
  expect alert {}
}
)");
  EXPECT_THAT(ran.coverage.untested, ElementsAre("r"));
  EXPECT_THAT(ran.lines,
              ::testing::Contains("2:6: r: no test names this rule"));
  EXPECT_THAT(ran.lines, Not(::testing::Contains(HasSubstr("`unless`"))));
}

TEST(CoverageTest, TestsOfElementsAreLookedAtElementByElement) {
  const Ran ran = Measure(R"(
rule r { where any c in requestObject.items (c.a == 1 and c.b == 2) }
test "fires" for r {
  at 0s  send {"requestObject": {"items": [{"a": 1, "b": 2}, {"a": 3, "b": 3}]}}
  expect alert {}
}
)");
  EXPECT_THAT(ran.lines, ElementsAre("2:6: r: no test leaves the rule silent",
                                     HasSubstr("`where` was never false"),
                                     HasSubstr("was never false")));
}

TEST(CoverageTest, TheAlternativesOfAConditionAreBranches) {
  const testing::CheckedText checked = testing::CheckText(R"(
rule both { where ok  when count() >= 2 within 1m or count() >= 3 within 1h }
rule plain { where ok  when count() >= 2 within 1m }
)");
  ASSERT_EQ(checked.Errors(), "");
  const std::vector<Branch> branches = BranchesOf(checked.rules.rules[0]);
  ASSERT_EQ(branches.size(), 2u);
  EXPECT_EQ(checked.sources.Text(branches[1].span), "count() >= 3 within 1h");
  EXPECT_EQ(branches[0].rule.name, "<branch 0 of both>");
  EXPECT_EQ(branches[1].rule.condition.aggregates[0].threshold, 3u);
  EXPECT_THAT(BranchesOf(checked.rules.rules[1]), IsEmpty());
}

TEST(CoverageTest, EachAlternativeOfAConditionFires) {
  const std::string rule = R"(rule r {
  where responseStatus.code == 401
  when  count() >= 2 within 1m or count() >= 3 within 1h
}
test "silent" for r {
  at 0s  send {"responseStatus": {"code": 401}}
         send {"responseStatus": {"code": 403}}
  expect nothing
}
test "fires" for r {
  at 0s  send {"responseStatus": {"code": 401}} x2 every 1s
  expect alert {}
)";
  EXPECT_THAT(Measure(rule + "}\n").lines,
              ElementsAre("3:35: r: `count() >= 3 within 1h` never fired"));
  EXPECT_THAT(
      Measure(rule +
              R"(  at 2h  send {"responseStatus": {"code": 401}} x3 every 10m
  expect alert {}
}
)")
          .lines,
      IsEmpty());
}

}  // namespace
}  // namespace tocsin
