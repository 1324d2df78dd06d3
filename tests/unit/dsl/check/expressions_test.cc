// What Check() makes of expressions: sugar gone, names resolved.
#include <string>

#include "gtest/gtest.h"
#include "tests/unit/dsl/check/checking.h"

namespace tocsin::dsl {
namespace {

using testing::CheckText;
using testing::CheckWhere;
using testing::PrintWhere;

std::string Where(const std::string& text) {
  return PrintWhere(CheckWhere(text));
}

TEST(ExpressionTest, NegatedTestsBecomeNot) {
  EXPECT_EQ(Where("exists(verb) and verb != \"get\""),
            "(and (exists verb) (not (== verb \"get\")))");
  EXPECT_EQ(Where("verb not in [\"get\"]"), "(not (in verb [\"get\"]))");
  EXPECT_EQ(Where("not verb startswith \"g\""),
            "(not (startswith verb \"g\"))");
}

// The fixes that are proposed, a line each.
std::string Fixes(const std::string& rules) {
  std::string fixes;
  for (const Diagnostic& diagnostic : CheckText(rules).diagnostics) {
    fixes += (diagnostic.fix ? diagnostic.fix->text : "-") + "\n";
  }
  return fixes;
}

TEST(ExpressionTest, ABareNameComparedWithATextLacksItsQuotes) {
  EXPECT_EQ(Fixes("rule r { where verb == get }"), "\"get\"\n");
  EXPECT_EQ(Fixes("rule r { where verb in [get, list] }"),
            "\"get\"\n\"list\"\n");
  EXPECT_EQ(Fixes("rule r { where objectRef.resource == secrets }"),
            "\"secrets\"\n");
  EXPECT_EQ(Fixes("rule r { where objectRef.namespace == kube-system }"),
            "\"kube-system\"\n");
  // A list may have been meant; a number has no quotes.
  EXPECT_EQ(Fixes("list agents = [\"a\"]\n"
                  "rule r { where verb in agent or verb in agents }"),
            "agents\n");
  EXPECT_EQ(Fixes("rule r { where responseStatus.code == forbidden }"), "-\n");
}

TEST(ExpressionTest, ParenthesesRoundAListAreToldWithTheirMend) {
  EXPECT_EQ(Fixes("rule r { where verb in (\"get\", \"list\") }"),
            "[\"get\", \"list\"]\n");
}

TEST(ExpressionTest, AShortWordIsNearWithOneSlipOnly) {
  EXPECT_EQ(Fixes("rule r { where foo }\nrule s { where pods }"), "-\n-\n");
  EXPECT_EQ(Fixes("rule r { where okk }"), "ok\n");
}

TEST(ExpressionTest, NullIsNoValue) {
  const auto checked = CheckWhere("verb == null");
  EXPECT_EQ(checked.Codes(), "E0201");
  EXPECT_NE(checked.text.find("not exists("), std::string::npos);
}

TEST(ExpressionTest, TextsKnowCollectedNamesAndTheAlertInDidYouMean) {
  EXPECT_EQ(Fixes("rule r {\n  where ok\n  collect userAgent as agents\n"
                  "  alert \"{agent} {cuont}\"\n}"),
            "agents\ncount\n");
}

TEST(ExpressionTest, EqualToAListIsMembership) {
  EXPECT_EQ(Where("verb == [\"get\", \"list\"]"),
            "(in verb [\"get\", \"list\"])");
  EXPECT_EQ(PrintWhere(CheckText("list reads = [\"get\"]\n"
                                 "rule r { where verb == reads }")),
            "(in verb LIST:reads)");
}

TEST(ExpressionTest, AConstantOnTheLeftIsTurnedRound) {
  EXPECT_EQ(Where("401 == responseStatus.code"),
            "(== responseStatus.code 401)");
  EXPECT_EQ(Where("400 < responseStatus.code"), "(> responseStatus.code 400)");
  EXPECT_EQ(Where("\"system:masters\" in user.groups"),
            "(in \"system:masters\" user.groups)");
}

TEST(ExpressionTest, AndAndOrAreFlat) {
  EXPECT_EQ(Where("(verb == \"a\" and ok) and (ok and verb == \"a\")"),
            "(and (== verb \"a\") derived:2 derived:2 (== verb \"a\"))");
  EXPECT_EQ(Where("verb == \"a\" or (verb == \"b\" or ok)"),
            "(or (== verb \"a\") (== verb \"b\") derived:2)");
}

TEST(ExpressionTest, AnUntypedValueAsConditionIsTestedForTrue) {
  EXPECT_EQ(Where("requestObject.spec.hostNetwork"),
            "(== requestObject.spec.hostNetwork true)");
  EXPECT_EQ(Where("not requestObject.x"), "(not (== requestObject.x true))");
}

TEST(ExpressionTest, TextIsReadAsAddressAndTimeWhereComparedWithOne) {
  EXPECT_EQ(Where("requestObject.host in 10.0.0.0/8"),
            "(in (ip requestObject.host) 10.0.0.0/8)");
  EXPECT_EQ(Where("sourceIPs in [10.0.0.1, 10.1.0.0/16]"),
            "(in (ip sourceIPs) [10.0.0.1/32, 10.1.0.0/16])");
  EXPECT_EQ(Where("client == \"10.0.0.1\""), "(== derived:3 10.0.0.1)");
  EXPECT_EQ(Where("client in [\"10.0.0.1\", \"10.1.0.0/16\"]"),
            "(in derived:3 [10.0.0.1/32, 10.1.0.0/16])");
  EXPECT_EQ(Where("ts < time(\"2027-01-01T00:00:00Z\")"),
            "(< ts time(\"2027-01-01T00:00:00.000000Z\"))");
  EXPECT_EQ(Where("requestObject.at > time(\"2027-01-01T00:00:00Z\")"),
            "(> (time requestObject.at) "
            "time(\"2027-01-01T00:00:00.000000Z\"))");
  EXPECT_EQ(Where("client == requestObject.ip"),
            "(== derived:3 (ip requestObject.ip))");
}

TEST(ExpressionTest, ElementsSayHowAListIsTested) {
  EXPECT_EQ(Where("all(user.groups) startswith \"system:\""),
            "(startswith/all user.groups \"system:\")");
  EXPECT_EQ(Where("none(user.groups) == \"a\""), "(==/none user.groups \"a\")");
  // Denied element by element, not as a whole.
  EXPECT_EQ(Where("all(user.groups) != \"a\""),
            "(all$0 user.groups (not (== $0 \"a\")))");
  EXPECT_EQ(Where("any(user.groups) not startswith \"a\""),
            "(any$0 user.groups (not (startswith $0 \"a\")))");
  EXPECT_EQ(Where("user.groups contains all [\"a\", \"b\"]"),
            "(contains/each user.groups [\"a\", \"b\"])");
}

TEST(ExpressionTest, QuantifiersNumberTheirVariablesFromOutside) {
  EXPECT_EQ(
      Where("any a in requestObject.x (all b in a.y (b.z == a.q) and "
            "none c in a.w (c == 1)) and count d in requestObject.v "
            "(d == 2) > 1"),
      "(and (any$0 requestObject.x (and (all$1 (path $0 y) (== (path $1 z) "
      "(path $0 q))) (none$1 (path $0 w) (== $1 1)))) "
      "(> (count$0 requestObject.v (== $0 2)) 1))");
}

TEST(ExpressionTest, LetsAreExpandedWithTheArgumentsOfTheCall) {
  EXPECT_EQ(PrintWhere(CheckText("let creates(r) = verb == \"create\" and "
                                 "objectRef.resource == r\n"
                                 "rule r { where creates(\"pods\") }")),
            "(and (== verb \"create\") (== objectRef.resource \"pods\"))");
  EXPECT_EQ(PrintWhere(CheckText(
                "let spec = coalesce(requestObject.a, requestObject.b)\n"
                "rule r { where exists(spec) and spec.c == 1 }")),
            "(and (or (exists requestObject.a) (exists requestObject.b)) "
            "(== (path (?? requestObject.a requestObject.b) c) 1))");
}

TEST(ExpressionTest, ALetMayBeTheArgumentOfItself) {
  EXPECT_EQ(PrintWhere(CheckText("let twice(x) = lower(lower(x))\n"
                                 "rule r { where twice(twice(verb)) == \"a\" "
                                 "}")),
            "(== (lower (lower (lower (lower verb)))) \"a\")");
}

TEST(ExpressionTest, TheBodyOfALetDoesNotSeeTheVariablesOfItsUse) {
  const auto checked = CheckText(
      "let inner = c == 1\n"
      "rule r { where any c in requestObject.x (inner) }");
  EXPECT_EQ(checked.Codes(), "E0201");
}

TEST(ExpressionTest, AnArgumentKeepsTheVariableItWasWrittenWith) {
  EXPECT_EQ(PrintWhere(CheckText(
                "let among(x) = any d in requestObject.y (d == x)\n"
                "rule r { where any c in requestObject.x (among(c.n)) }")),
            "(any$0 requestObject.x (any$1 requestObject.y "
            "(== $1 (path $0 n))))");
}

TEST(ExpressionTest, AFieldInAListIsATestOfItsOwn) {
  EXPECT_EQ(Where("user.username in [impersonatedUser.username, \"a\"]"),
            "(or (in user.username [\"a\"]) "
            "(== user.username impersonatedUser.username))");
}

TEST(ExpressionTest, PathsKeepIndexesKeysAndEach) {
  EXPECT_EQ(Where("user.extra[\"arn\"][0] == \"a\" and "
                  "sourceIPs[-1] == \"b\" and "
                  "requestObject.c[*].image startswith \"d\""),
            "(and (== user.extra.arn[0] \"a\") (== sourceIPs[-1] \"b\") "
            "(startswith requestObject.c[*].image \"d\"))");
}

TEST(ExpressionTest, HoursCarryTheZoneOfTheFileTheyAreWrittenIn) {
  const auto checked = testing::CheckTexts(
      {"timezone \"Europe/Berlin\"\nlet night = hour(ts) in 0..5",
       "rule r { where night and weekday(ts) in 6..7 }"});
  EXPECT_EQ(PrintWhere(checked),
            "(and (range (hour ts \"Europe/Berlin\") 0 5) "
            "(range (weekday ts \"UTC\") 6 7))");
}

TEST(ExpressionTest, TheQuotientOfWholeNumbersIsAFloat) {
  const auto checked = CheckWhere("responseStatus.code / 100 == 4.01");
  const CheckedRule& rule = checked.Rule("r");
  const CheckedExpr& where = rule.filters.back().expr;
  EXPECT_EQ(where.children[0].type.kind, TypeKind::kFloat);
}

TEST(ExpressionTest, BackticksMeanTheField) {
  const auto checked = CheckText(
      "schema s { time at identity position fields { at time count int "
      "\"a-b\" string } }\nuse s\n"
      "let count = 1\nrule r { where `count` == count and `a-b` == \"x\" }");
  EXPECT_EQ(PrintWhere(checked), "(and (== count 1) (== a-b \"x\"))");
}

}  // namespace
}  // namespace tocsin::dsl
