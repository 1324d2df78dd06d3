// What is said of filters without an event, and above all what is not said of
// filters that some event passes.
#include <ostream>
#include <string>

#include "gtest/gtest.h"
#include "tests/unit/dsl/check/checking.h"

namespace tocsin::dsl {
namespace {

using testing::CheckText;

struct Case {
  const char* where;
  const char* codes;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.where; }

class TruthTest : public ::testing::TestWithParam<Case> {};

TEST_P(TruthTest, TellsWhatItCanAndNoMore) {
  const auto checked = testing::CheckWhere(GetParam().where);
  EXPECT_EQ(checked.Codes(), GetParam().codes) << GetParam().where << "\n"
                                               << checked.text;
}

INSTANTIATE_TEST_SUITE_P(
    Impossible, TruthTest,
    ::testing::Values(
        Case{"verb == \"get\" and verb == \"list\"", "E0311"},
        Case{"verb == \"get\" and not (verb in [\"get\", \"list\"])", "E0311"},
        Case{"verb == \"get\" and verb startswith \"l\"", "E0311"},
        Case{"verb in [\"get\", \"list\"] and verb like \"w*\"", "E0311"},
        Case{"userAgent startswith \"a\" and userAgent not startswith \"a\"",
             "E0311"},
        Case{"responseStatus.code in 200..299 and responseStatus.code >= 400",
             "E0311"},
        Case{"responseStatus.code > 400 and responseStatus.code < 400",
             "E0311"},
        Case{"ok and responseStatus.code in [401, 403]", "E0311"},
        Case{"not ok and responseStatus.code == 200", "E0311"},
        Case{"(verb == \"get\" or verb == \"list\") and verb == \"watch\"",
             "E0311"},
        Case{"stage == \"Panic\" and stage == \"ResponseStarted\"", "E0311"},
        Case{"exists(objectRef.name) and not exists(objectRef.name)",
             "E0311"}));

INSTANTIATE_TEST_SUITE_P(
    Possible, TruthTest,
    ::testing::Values(
        // A list may hold both.
        Case{"user.groups == \"a\" and user.groups == \"b\"", ""},
        Case{"requestObject.x == \"a\" and requestObject.x == \"b\"", ""},
        Case{"requestObject.a[*].b == 1 and requestObject.a[*].b == 2", ""},
        // Missing: neither test holds, both denials do.
        Case{"not (objectRef.name == \"a\") and not exists(objectRef.name)",
             ""},
        Case{"not (responseStatus.code < 400) and "
             "not (responseStatus.code >= 400)",
             ""},
        Case{"verb == \"get\" and (verb == \"get\" or ok)", ""},
        Case{"responseStatus.code >= 400 and responseStatus.code <= 400", ""},
        Case{"responseStatus.code in 200..403 and ok", ""},
        Case{"verb == \"GET\" nocase and verb startswith \"g\"", ""},
        Case{"userAgent startswith \"a\" and userAgent startswith \"ab\"", ""},
        Case{"client in 10.0.0.0/8 and client == 10.0.0.1", ""},
        Case{"any g in user.groups (g == \"a\") and "
             "any g in user.groups (g == \"b\")",
             ""}));

INSTANTIATE_TEST_SUITE_P(
    Parts, TruthTest,
    ::testing::Values(Case{"1 == 1 and verb == \"get\"", "W0505"},
                      Case{"verb == \"get\" or \"a\" == \"b\"", "W0506"},
                      Case{"verb == \"get\" and (verb == \"list\" or ok)",
                           "W0506"},
                      Case{"(ok or not ok) and verb == \"get\"", "W0505"},
                      Case{"verb startswith \"g\" or true", "W0505"}));

TEST(TruthTest, AnEmptyListByNameIsNotLookedAt) {
  EXPECT_EQ(CheckText("list none = []\n"
                      "rule r { where verb == \"get\" and "
                      "objectRef.name not in none }\n"
                      "rule s { where objectRef.name in none }")
                .Codes(),
            "");
}

TEST(TruthTest, AnAlternativeWithinALetMayBeImpossibleInOneOfItsUses) {
  EXPECT_EQ(CheckText("let sub(s) = objectRef.subresource == s\n"
                      "let execs = sub(\"exec\") or sub(\"attach\")\n"
                      "rule r { where execs and "
                      "objectRef.subresource == \"exec\" }")
                .Codes(),
            "");
}

TEST(TruthTest, DeepAlternationEndsSoon) {
  std::string where = "verb == \"a\"";
  for (int i = 0; i < 28; ++i) {
    where = "(" + where + " and user.uid == \"" + std::to_string(i) +
            "\" or objectRef.name == \"" + std::to_string(i) + "\")";
  }
  EXPECT_EQ(CheckText("rule r { where ok and " + where + " }").Codes(), "");
}

TEST(TruthTest, A401OfAStageThatNeverCarriesOneIsTold) {
  const auto codes = [](const std::string& stage) {
    return CheckText("rule r { where responseStatus.code == 401 and " + stage +
                     " }")
        .Codes();
  };
  EXPECT_EQ(codes("stage == \"ResponseStarted\""), "");
  EXPECT_EQ(codes("stage in [\"ResponseStarted\", \"ResponseComplete\"]"), "");
  EXPECT_EQ(codes("stage == \"ResponseComplete\""), "W0509");
  EXPECT_EQ(codes("stage == \"Panic\""), "W0509");
  EXPECT_EQ(codes("stage in [\"ResponseComplete\", \"RequestReceived\"]"),
            "W0509");
}

// Long chains cost what they are long, not the cube of it.
TEST(TruthTest, ALongChainIsDecidedWithinTheBudget) {
  std::string any, none;
  for (int i = 0; i < 3'000; ++i) {
    const std::string name = "objectRef.name ";
    const std::string text = "\"x" + std::to_string(i) + "\"";
    any += (i == 0 ? "" : " or ") + name + "== " + text;
    none += (i == 0 ? "" : " and ") + name + "not contains " + text;
  }
  EXPECT_EQ(CheckText("rule r { where " + any + " }").Codes(), "");
  EXPECT_EQ(CheckText("rule r { where " + none + " }").Codes(), "");
}

}  // namespace
}  // namespace tocsin::dsl
