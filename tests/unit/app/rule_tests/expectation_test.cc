// What a failure says, to the letter.
#include "app/rule_tests/expectation.h"

#include "gtest/gtest.h"
#include "tests/unit/app/rule_tests/testing_rules.h"

namespace tocsin {
namespace {

using testing::RunStatements;

TEST(ExpectationTest, ShowsTheNearestAlertAndWhereTheyPart) {
  EXPECT_EQ(
      RunStatements(
          R"(at 0s send failure x3 with sourceIPs = ["192.0.2.9"]
                   at 5s send failure x3 with userAgent = "curl"
                   expect alert {ip: "192.0.2.1", agents: ["wget"], count: 4} at 6s)"),
      R"(  expected alert {"ip": "192.0.2.1", "agents": ["wget"], "count": 4} at 6s
  nearest  alert {ip: "192.0.2.1", count: 3} of burst at 5s
    - agents: ["wget"]
    + agents: ["curl"]
    - count: 4
    + count: 3
    - at: 6s
    + at: 5s
  nobody expects alert {ip: "192.0.2.9", count: 3} of burst at 0s
)");
}

TEST(ExpectationTest, SaysThatNothingCame) {
  EXPECT_EQ(RunStatements(R"(at 0s send failure x2
                             expect alert {count: 3})"),
            "  expected alert {\"count\": 3}\n  nothing came\n");
}

TEST(ExpectationTest, ListsAreSetsAndSubsetsAreEnough) {
  EXPECT_EQ(RunStatements(
                R"(at 0s send failure x3 with userAgent = "a{i}"
                   expect alert {agents: ["a2", "a0", "a1"], severity: "medium",
                                 user: null, rule: "burst", count: 3.0})"),
            "");
  EXPECT_NE(RunStatements(R"(at 0s send failure x3 with userAgent = "a{i}"
                             expect alert {agents: ["a2", "a0"]})"),
            "");
}

}  // namespace
}  // namespace tocsin
