// Test blocks as they mean; what is wrong with them is in the golden files.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/rule_text.h"

namespace tocsin::dsl {
namespace {

using testing::CheckedText;
using testing::CheckFiles;
using testing::CheckText;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using Kind = TestStep::Kind;

constexpr const char* kRules = R"(group a.b
rule one { where verb == "get" }
rule two { where verb == "list" }
)";

CheckedText WithTest(const std::string& rules, const std::string& statements) {
  return CheckFiles(
      {{"a.rules", kRules},
       {"b.rules", "group c\nrule two { where ok }\n"},
       {"t.rules", "test \"t\" for " + rules + " {\n" + statements + "\n}\n"}});
}

std::vector<std::string> RulesOf(const std::string& written) {
  const CheckedText checked = WithTest(written, "at 0s expect nothing");
  EXPECT_EQ(checked.Errors(), "");
  if (checked.rules.tests.empty()) return {};
  return checked.rules.tests[0].rules;
}

TEST(TestBlocksTest, ARuleIsNamedWholeOrByItsEnd) {
  EXPECT_THAT(RulesOf("a.b.one"), ElementsAre("a.b.one"));
  EXPECT_THAT(RulesOf("one, b.two"), ElementsAre("a.b.one", "a.b.two"));
  EXPECT_THAT(WithTest("two", "at 0s expect nothing").Errors(),
              HasSubstr("E0601 `two` is the name of several rules"));
  EXPECT_THAT(WithTest("tow", "at 0s expect nothing").Errors(),
              HasSubstr("E0601 no rule is named `tow`"));
}

TEST(TestBlocksTest, TheFilesGroupComesFirst) {
  const CheckedText checked =
      CheckFiles({{"a.rules", kRules},
                  {"b.rules",
                   "group c\nrule two { where ok }\n"
                   "test \"t\" for two { at 0s expect nothing }\n"}});
  EXPECT_EQ(checked.Errors(), "");
  EXPECT_THAT(checked.rules.tests.at(0).rules, ElementsAre("c.two"));
}

TEST(TestBlocksTest, WhatFollowsEachOtherIsOneExpectation) {
  const CheckedText checked = WithTest("one", R"(
    at 0s  send {"verb": "get"}
    expect alert {verb: "get"}
    expect alert {} at 0s
    at 1s
    expect nothing
    restart
    expect nothing)");
  EXPECT_EQ(checked.Errors(), "");
  const std::vector<TestStep>& steps = checked.rules.tests.at(0).steps;
  ASSERT_THAT(steps, SizeIs(7));
  EXPECT_EQ(steps[2].kind, Kind::kExpect);
  EXPECT_THAT(steps[2].expected, SizeIs(2));
  EXPECT_EQ(steps[2].expected[1].at_us, 0);
  EXPECT_THAT(steps[4].expected, SizeIs(0));
  EXPECT_EQ(steps[5].kind, Kind::kRestart);
}

TEST(TestBlocksTest, SendTakesItsSchemaFromTheRule) {
  const CheckedText checked = CheckFiles(
      {{"s.rules",
        "schema shop { time at identity position fields { at time sku string } "
        "}\nuse shop\nrule r { where sku == \"a\" }\n"},
       {"t.rules",
        "test \"t\" for r { at 0s send {\"sku\": \"a\"} x3 every 2s late 1s "
        "with sku = \"b{i}\" expect alert {} }\n"
        "test \"u\" for r { at 0s send {\"verb\": \"x\"} from k8s.audit "
        "expect nothing }\n"}});
  EXPECT_EQ(checked.Errors(), "");
  ASSERT_THAT(checked.rules.tests, SizeIs(2));
  const TestSend& send = checked.rules.tests[0].steps[1].send;
  EXPECT_EQ(send.schema, "shop");
  EXPECT_EQ(send.times, 3u);
  EXPECT_EQ(send.every_us, 2'000'000);
  EXPECT_EQ(send.late_us, 1'000'000);
  ASSERT_THAT(send.with, SizeIs(1));
  EXPECT_EQ(FormatPath(send.with[0].path), "sku");
  EXPECT_THAT(send.with[0].text, SizeIs(2));
  EXPECT_TRUE(send.with[0].text[1].number);
  EXPECT_EQ(checked.rules.tests[1].steps[1].send.schema, "k8s.audit");
}

TEST(TestBlocksTest, AnUnknownFieldOfWithIsAnError) {
  EXPECT_THAT(WithTest("one", R"(at 0s send {} with usr.username = "x"
                                 expect nothing)")
                  .Errors(),
              HasSubstr("E0201 unknown field `usr`"));
}

TEST(TestBlocksTest, TheClockIsThatOfTheLastEvent) {
  EXPECT_THAT(
      WithTest("one", "at 5s send {} x3 every 1s\n at 6s expect nothing")
          .Errors(),
      HasSubstr("E0603 the test's clock stands at 7s already"));
  EXPECT_EQ(WithTest("one",
                     "send file \"x\"\n at 6s expect nothing\n"
                     "lateness 1s")
                .rules.tests.size(),
            0u);
}

TEST(TestBlocksTest, ATestChangesNoRule) {
  const CheckedText with = WithTest("one", "at 0s send {} expect nothing");
  const CheckedText without = CheckFiles(
      {{"a.rules", kRules}, {"b.rules", "group c\nrule two { where ok }\n"}});
  ASSERT_EQ(with.rules.rules.size(), without.rules.rules.size());
  EXPECT_EQ(with.rules.schemas.size(), without.rules.schemas.size());
}

}  // namespace
}  // namespace tocsin::dsl
