// Lint over whole rule sets: what is silenced, what is equal to what, and that
// it does not grow with the pairs of rules.
#include <chrono>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "dsl/check/plain_pattern.h"
#include "engine/program/prepared.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/dsl/check/checking.h"

namespace tocsin::dsl::testing {
namespace {

using ::testing::HasSubstr;

bool Plainly(const PlainPattern& plain, const std::string& text) {
  if (plain.op == "==") {
    std::vector<Constant> values;
    for (const std::string& item : plain.texts) values.push_back({item});
    return PreparedSet(values, plain.nocase).HasText(text);
  }
  const auto kind = plain.op == "startswith"
                        ? PreparedPattern::Kind::kStartsWith
                    : plain.op == "endswith" ? PreparedPattern::Kind::kEndsWith
                                             : PreparedPattern::Kind::kContains;
  std::string folded;
  return PreparedPattern(kind, plain.texts, plain.nocase, false)
      .Matches(text, &folded);
}

// Random patterns over a small alphabet, against random texts.
TEST(PlainPatternTest, SaysWhatThePatternSaysOfEveryText) {
  static const std::vector<std::string> kPieces = {
      "^",        "$", ".*",   "a", "b",   "ab",   "\\.", "(a|b)",
      "(?:ab|c)", "|", "(?i)", "x", "\\$", "\\\\", ".",   "A"};
  static const std::string kLetters = "abABcx.$\\\n|";
  std::mt19937 random(7);
  const auto pick = [&](std::size_t n) { return random() % n; };
  int plain_ones = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string pattern;
    for (std::size_t i = pick(5) + 1; i > 0; --i) {
      pattern += kPieces[pick(kPieces.size())];
    }
    const std::optional<PlainPattern> plain = PlainOf(pattern);
    std::string error;
    int groups = 0;
    if (!plain.has_value() || !ValidRegex(pattern, &error, &groups)) continue;
    ++plain_ones;
    const PreparedPattern regex(PreparedPattern::Kind::kRegex, {pattern}, false,
                                false);
    std::string folded;
    for (int i = 0; i < 30; ++i) {
      std::string text;
      for (std::size_t n = pick(6); n > 0; --n) {
        text += kLetters[pick(kLetters.size())];
      }
      ASSERT_EQ(Plainly(*plain, text), regex.Matches(text, &folded))
          << pattern << " of " << text << ", as " << plain->op;
    }
  }
  EXPECT_GT(plain_ones, 1'000);
}

TEST(AllowTest, ALineAClauseOrARuleIsSilenced) {
  const auto with = [](const std::string& above_rule,
                       const std::string& above_clause,
                       const std::string& behind) {
    return CheckText(above_rule + "\nrule a {\n  " + above_clause +
                     "\n  where user.username matches r\"^eve\" " + behind +
                     "\n    and verb == \"get\"\n}\n")
        .Codes();
  };
  const std::string allow = "# tocsin:allow W0524 as it came";
  EXPECT_EQ(with("", "", ""), "W0524");
  EXPECT_EQ(with(allow, "", ""), "");
  EXPECT_EQ(with("", allow, ""), "");
  EXPECT_EQ(with("", "", allow), "");
  EXPECT_EQ(with("# tocsin:allow W0512 another", "", ""), "W0526 W0524");
  EXPECT_EQ(with("# tocsin: allow W0524: as it came\n# and more", "", ""), "");
  EXPECT_EQ(with(allow, allow, ""), "");
}

// What `fmt` makes of a rule on one line, and of a clause that is too long.
TEST(AllowTest, BehindTheEndOfAClauseOrARuleTheWholeIsSilenced) {
  const std::string allow = "  # tocsin:allow W0524 as it came\n";
  const std::string where = "where user.username matches r\"^eve\"";
  EXPECT_EQ(CheckText("rule a {\n  " + where + "\n}" + allow).Codes(), "");
  EXPECT_EQ(CheckText("rule a {\n  " + where + "\n    and verb == \"get\"" +
                      allow + "}\n")
                .Codes(),
            "");
  EXPECT_EQ(
      CheckText("rule a {\n  " + where + "\n  severity low" + allow + "}\n")
          .Codes(),
      "W0524 W0526");
  EXPECT_EQ(CheckText("rule b {\n  where ok\n}\nrule a {\n  " + where +
                      "\n}\nrule c {\n  where not ok\n}" + allow)
                .Codes(),
            "W0524 W0526");
}

TEST(AllowTest, AnErrorStaysAndNothingIsIdleBesideOne) {
  EXPECT_EQ(CheckText("rule a {\n  # tocsin:allow E0201 no\n"
                      "  where usr == \"x\"  # tocsin:allow W0524 later\n}\n")
                .Codes(),
            "W0526 E0201");
}

TEST(AllowTest, AdviceThatWasNotAskedForIsNoIdleAllow) {
  const std::string text =
      "# tocsin:allow I0702 no page yet\nrule a {\n  title \"a\"\n"
      "  where verb == \"get\"\n}\n";
  EXPECT_EQ(CheckText(text).Codes(), "");
  CheckOptions strict;
  strict.strict = true;
  EXPECT_EQ(CheckText(text, strict).Codes(), "I0703");
}

TEST(SubsumedTest, ASuffixOfWhatIsKnownIsEnough) {
  const auto codes = [](const std::string& wide, const std::string& narrow) {
    return CheckText("rule a { where " + wide + " }\nrule b { where " + narrow +
                     " }\n")
        .Codes();
  };
  EXPECT_EQ(codes("verb == \"get\" and responseStatus.code >= 400",
                  "verb == \"get\" and responseStatus.code == 403"),
            "W0520");
  EXPECT_EQ(codes("verb == \"get\" and user.username startswith \"a\"",
                  "verb == \"get\" and user.username == \"ab\""),
            "W0520");
  EXPECT_EQ(codes("verb == \"get\" and user.username startswith \"b\"",
                  "verb == \"get\" and user.username == \"ab\""),
            "");
}

// One that grew with the pairs would take minutes.
TEST(LintTest, TenThousandRulesAreLookedAtInTime) {
  std::string text;
  for (int i = 0; i < 10'000; ++i) {
    absl::StrAppend(&text, "rule r", i, " { where verb in [\"get\", \"list\"] ",
                    "and ok and objectRef.resource == \"secrets\" and ",
                    "objectRef.name == \"n", i % 5'000, "\" and user.username ",
                    "startswith \"u", i, "\" }\n");
  }
  CheckOptions without;
  without.lint = false;
  const auto time = [&](const CheckOptions& options) {
    const auto start = std::chrono::steady_clock::now();
    const Checked checked = CheckText(text, options);
    EXPECT_TRUE(checked.rules.ok);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() -
                                         start)
        .count();
  };
  const double plain = time(without);
  const double linted = time({});
  RecordProperty("seconds", std::to_string(linted));
  EXPECT_LT(linted, 10 * plain + 5);
}

}  // namespace
}  // namespace tocsin::dsl::testing
