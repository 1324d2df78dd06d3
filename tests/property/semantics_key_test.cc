// The sentences of the language's section on rules: keys, exceptions, collect,
// show, texts; engine and reference evaluator must both say what stands here.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/property/exact_case.h"

namespace tocsin::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(KeySemanticsTest, AMissingPartTakesTheEventOutOfTheGroup) {
  EXPECT_THAT(Told("rule r { by k when count() >= 2 within 10s }",
                   {{0, R"("k":null)"}, {1, ""}, {2, ""}}),
              IsEmpty());
}

TEST(KeySemanticsTest, AnEmptyStringAndZeroAreValues) {
  EXPECT_THAT(Told("rule r { by k when count() >= 2 within 10s }",
                   {{0, R"("k":"")"}, {1, R"("k":"")"}}),
              ElementsAre("1 [0,1] n2 f0 t1 k="));
  EXPECT_THAT(Told("rule r { by n when count() >= 2 within 10s }",
                   {{0, R"("n":0)"}, {1, R"("n":0.0)"}}),
              ElementsAre("1 [0,1] n2 f0 t1 n=0"));
}

TEST(KeySemanticsTest, WithAQuestionMarkMissingIsAValueOfItsOwn) {
  EXPECT_THAT(Told("rule r { by ?k as who when count() >= 2 within 10s }",
                   {{0, R"("k":null)"}, {1, R"("k":"-")"}, {2, ""}}),
              ElementsAre("2 [0,2] n2 f0 t1 who=-"));
}

TEST(KeySemanticsTest, KeysAreCountedApart) {
  EXPECT_THAT(Told("rule r { by k, n when count() >= 2 within 10s }",
                   {{0, R"("k":"a","n":1)"},
                    {1, R"("k":"a","n":2)"},
                    {2, R"("k":"b","n":1)"},
                    {3, R"("k":"a","n":2)"}}),
              ElementsAre("3 [1,3] n2 f0 t1 k=a n=2"));
}

TEST(KeySemanticsTest, EachEntersOneGroupPerDistinctElement) {
  EXPECT_THAT(Told("rule r { by each l as g when count() >= 2 within 10s }",
                   {{0, R"("l":["a","b","a"])"}, {1, R"("l":["b","c"])"}}),
              ElementsAre("1 [0,1] n2 f0 t1 g=b"));
  EXPECT_THAT(Told("rule r { by each l as g when count() >= 1 within 10s }",
                   {{0, R"("l":[])"}, {1, ""}}),
              IsEmpty());
}

TEST(KeySemanticsTest, EachTakesAtMostThirtyTwoElements) {
  std::string l = "\"l\":[";
  for (int i = 0; i < 40; ++i) {
    l += (i > 0 ? "," : "") + ("\"" + std::to_string(100 + i) + "\"");
  }
  EXPECT_EQ(Told("rule r { by each l as g when count() >= 1 within 10s }",
                 {{0, l + "]"}})
                .size(),
            32u);
}

TEST(KeySemanticsTest, AmongKeepsOnlyMembersOfTheList) {
  EXPECT_THAT(Told("list vip = [\"a\", \"c\"]\n"
                   "rule r { by k among vip then every }",
                   {{0, R"("k":"a")"}, {1, R"("k":"b")"}, {2, R"("k":"c")"}}),
              ElementsAre("0 [0,0] n1 f0 t1 k=a", "2 [2,2] n1 f0 t1 k=c"));
  EXPECT_THAT(Told("list vip = [\"a\", \"c\"]\n"
                   "rule r { by each l as g among vip then every }",
                   {{0, R"("l":["b","c"])"}}),
              ElementsAre("0 [0,0] n1 f0 t1 g=c"));
}

TEST(KeySemanticsTest, AnAddressIsOneKeyHoweverItIsWritten) {
  EXPECT_THAT(Told("rule r { by a when count() >= 2 within 10s }",
                   {{0, R"("a":"10.0.0.1")"}, {1, R"("a":"::ffff:10.0.0.1")"}}),
              ElementsAre("1 [0,1] n2 f0 t1 a=10.0.0.1"));
}

TEST(RuleSemanticsTest, UnlessIsAndNot) {
  EXPECT_THAT(Told("rule r { where n > 0 unless k == \"a\" unless k == \"b\" }",
                   {{0, R"("n":1,"k":"a")"},
                    {1, R"("n":1)"},
                    {2, R"("n":1,"k":"b")"},
                    {3, R"("n":0)"}}),
              ElementsAre("1 [1,1] n1 f0 t1"));
}

TEST(RuleSemanticsTest, AnExceptionEndsAtMidnightOfItsDayInEventTime) {
  const std::string rule =
      "rule r { where n > 0 unless k == \"a\" "
      "until \"2026-01-02\" }";
  EXPECT_THAT(Told(rule, {{86399.999999, R"("n":1,"k":"a")"},
                          {86400, R"("n":1,"k":"a")"}}),
              ElementsAre("86400 [86400,86400] n1 f0 t1"));
  EXPECT_THAT(Told("timezone \"Europe/Berlin\"\n" + rule,
                   {{82799, R"("n":1,"k":"a")"}, {82800, R"("n":1,"k":"a")"}}),
              ElementsAre("82800 [82800,82800] n1 f0 t1"));
}

TEST(RuleSemanticsTest, DefaultsJoinEveryRuleOfTheFile) {
  EXPECT_THAT(Told("defaults { where n > 0 unless k == \"a\" }\n"
                   "rule r { where m == 1 }",
                   {{0, R"("n":1,"m":1)"},
                    {1, R"("n":0,"m":1)"},
                    {2, R"("n":1,"m":1,"k":"a")"}}),
              ElementsAre("0 [0,0] n1 f0 t1"));
}

TEST(RuleSemanticsTest, LetsAreExpandedWithTheirParameters) {
  EXPECT_THAT(Told("let hot = n > 5\nlet named(x) = k == x and hot\n"
                   "rule r { where named(\"a\") or named(\"b\") }",
                   {{0, R"("n":9,"k":"b")"}, {1, R"("n":1,"k":"a")"}}),
              ElementsAre("0 [0,0] n1 f0 t1"));
}

TEST(RuleSemanticsTest, ADisabledRuleIsSilent) {
  EXPECT_THAT(Told("rule r { where n > 0 enabled false }\n"
                   "rule s { where n > 0 }",
                   {{0, R"("n":1)"}}),
              ElementsAre("0 [0,0] n1 f0 t1"));
}

TEST(RuleSemanticsTest, CollectKeepsTheLastSeenDistinctValuesOfTheWindow) {
  const std::string told = OneAlert(
      "rule r { when count() >= 5 within 10s "
      "collect s up to 2 as seen alert \"{seen}\" }",
      {{0, R"("s":"old")"},
       {20, R"("s":"a")"},
       {21, R"("s":"b")"},
       {22, R"("s":"a")"},
       {23, R"("s":"c")"},
       {24, ""}});
  EXPECT_THAT(told, HasSubstr(R"("collected":{"seen":["a","c"]})"));
}

TEST(RuleSemanticsTest, CollectOfAFilterIsOfTheEventItself) {
  const std::string told =
      OneAlert("rule r { where n == 2 collect l as seen }",
               {{0, R"("n":1,"l":["z"])"}, {1, R"("n":2,"l":["a","b","a"])"}});
  EXPECT_THAT(told, HasSubstr(R"("collected":{"seen":["b","a"]})"));
}

TEST(RuleSemanticsTest, ShowIsTypedAndOfTheCompletingEvent) {
  const std::string told = OneAlert(
      "rule r { when count() >= 2 within 10s "
      "show n as number, s as text, n + 1 as more, x.y as deep }",
      {{0, R"("n":1,"s":"first")"},
       {1, R"("n":2,"s":"second","x":{"y":[1,"a"]})"}});
  EXPECT_THAT(told, HasSubstr(R"("number":2,"text":"second","more":3)"));
}

TEST(RuleSemanticsTest, TextsNameKeysEvidenceAndFields) {
  const std::string told = OneAlert(
      "rule r { title \"about {k}\" by k as who when count() >= 2 within 10s "
      "collect s as seen "
      "alert \"{who}: {count}/{total}/{folded} {seen} {rule} {severity} {t} "
      "{t ?? \"none\"} {{n}} {time}\" }",
      {{0, R"("k":"a","s":"x")"}, {1, R"("k":"a","s":"y")"}});
  EXPECT_THAT(told, HasSubstr("a: 2/1/0 x, y r medium - none {n} "
                              "2026-01-01T00:00:01.000000Z"));
  EXPECT_THAT(told, HasSubstr(R"("title":"about a")"));
}

TEST(RuleSemanticsTest, WithoutATextTheSummaryIsTheTitleElseTheName) {
  EXPECT_THAT(
      OneAlert("rule r { title \"T\" where n == 1 }", {{0, R"("n":1)"}}),
      HasSubstr(R"("summary":"T")"));
  EXPECT_THAT(OneAlert("group g.h\nrule r { where n == 1 }", {{0, R"("n":1)"}}),
              HasSubstr(R"("summary":"g.h.r")"));
}

}  // namespace
}  // namespace tocsin::testing
