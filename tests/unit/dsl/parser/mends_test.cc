// Slips of other languages and their mends: the mend, applied, parses.
#include <string>

#include "gtest/gtest.h"
#include "tests/unit/dsl/parser/parser_testing.h"

namespace tocsin::dsl {
namespace {

struct Slip {
  const char* text;
  const char* mended;
};

class MendTest : public ::testing::TestWithParam<Slip> {};

TEST_P(MendTest, AppliedGivesATextThatParses) {
  const Parsed parsed(GetParam().text);
  ASSERT_EQ(parsed.sink().errors(), 1u) << parsed.Report();
  const std::optional<Fix>& fix = parsed.sink().diagnostics()[0].fix;
  ASSERT_TRUE(fix) << parsed.Report();

  std::string text(parsed.text());
  text.replace(fix->span.begin, fix->span.end - fix->span.begin, fix->text);

  EXPECT_EQ(text, GetParam().mended);
  EXPECT_EQ(Parsed(text).Report(), "");
}

// Where no mend is certain, the help says what to write.
TEST(HabitTest, SaysWhatIsWrittenHere) {
  struct Habit {
    const char* text;
    const char* help;
  };
  for (const Habit& habit :
       {Habit{"title: a\ndetection:\n", "no YAML"},
        Habit{"- rule: a\n", "no YAML"},
        Habit{"sequence by a\n", "when a then b within 5m"},
        Habit{"rule a {\n  within 5m\n}", "ends the condition"},
        Habit{"rule a {\n  group by b\n}", "`by` groups"},
        Habit{"rule a {\n  having b\n}", "`when` counts"},
        Habit{"/* a */\nlet b = c", "begins with `#`"},
        Habit{"let a = b.lower()", "lower(b)"},
        Habit{"let a = b IS NOT NULL", "exists(field)"}}) {
    const Parsed parsed(habit.text);
    ASSERT_GE(parsed.sink().errors(), 1u) << habit.text;
    EXPECT_NE(parsed.sink().diagnostics()[0].help.find(habit.help),
              std::string::npos)
        << parsed.Report();
  }
}

INSTANTIATE_TEST_SUITE_P(
    Slips, MendTest,
    ::testing::Values(
        Slip{"let a = b && c", "let a = b and c"},
        Slip{"let a = b || c", "let a = b or c"},
        Slip{"let a = !b", "let a = not b"},
        Slip{"let a = (b AND c)", "let a = (b and c)"},
        Slip{"let a = NOT b", "let a = not b"},
        Slip{"let a = b = c", "let a = b == c"},
        Slip{"let a = b <> c", "let a = b != c"},
        Slip{"let a = b === c", "let a = b == c"},
        Slip{"let a = b =~ r\"x\"", "let a = b matches r\"x\""},
        Slip{"let a == b", "let a = b"},
        Slip{"let a = b == 'c'", "let a = b == \"c\""},
        Slip{"let a = b == c == d", "let a = b == c and c == d"},
        Slip{"let a = 1 < b < 5", "let a = 1 < b and b < 5"},
        Slip{"let a = b matches \"\\d\"", "let a = b matches \"\\\\d\""},
        Slip{"let a = b contain \"c\"", "let a = b contains \"c\""},
        Slip{"rule a { when count() > 1 wihtin 5m }",
             "rule a { when count() > 1 within 5m }"},
        Slip{"let a = [b, c", "let a = [b, c]"},
        Slip{"let a = f(b", "let a = f(b)"},
        Slip{"let a = b < 5minutes", "let a = b < 5m"},
        Slip{"let a = b > 2026-12-31T00:00:00Z",
             "let a = b > time(\"2026-12-31T00:00:00Z\")"},
        Slip{"lsit a = [b]", "list a = [b]"},
        Slip{"rule a {\n  wehre b\n}", "rule a {\n  where b\n}"},
        Slip{"rule a {\n  where: b\n}", "rule a {\n  where b\n}"},
        Slip{"let a = b not startsWith \"c\"",
             "let a = b not startswith \"c\""},
        Slip{"rule a {\n  event b: c\n}", "rule a {\n  event b = c\n}"},
        Slip{"rule a {\n  event b := c\n}", "rule a {\n  event b = c\n}"},
        Slip{"rule a { when b -> c within 5m }",
             "rule a { when b then c within 5m }"},
        Slip{"rule a { when b followed by c within 5m }",
             "rule a { when b then c within 5m }"},
        Slip{"rule a { when count(b) / count(c) > 50% within 5m }",
             "rule a { when count(b) / count(c) > 0.5 within 5m }"},
        Slip{"rule a { when count() > 3 every 5m }",
             "rule a { when count() > 3 within 5m }"},
        Slip{"rule a { when count() > 3 per 5m }",
             "rule a { when count() > 3 within 5m }"},
        Slip{"rule a { when b then c maxspan=5m }",
             "rule a { when b then c within 5m }"},
        Slip{"rule a { when silent 10m }", "rule a { when silent for 10m }"},
        Slip{"rule a { then once 5m }", "rule a { then once per 5m }"},
        Slip{"rule a { tags b.c, d\n}", "rule a { tags [b.c, d]\n}"},
        Slip{"list a = \"b\", \"c\"  # d", "list a = [\"b\", \"c\"]  # d"},
        Slip{"rule a { unless b until 2027-01-31\n}",
             "rule a { unless b until \"2027-01-31\"\n}"},
        Slip{"let a = b.c.startsWith(\"d\")", "let a = b.c startswith \"d\""},
        Slip{"let a = b !in [c]", "let a = b not in [c]"},
        Slip{"let a = b) and c", "let a = b and c"},
        Slip{"// text\nlet a = b", "# text\nlet a = b"},
        Slip{"rule a {\n  priority high\n}", "rule a {\n  severity high\n}"},
        Slip{"rule a { when count() >= 5 for 1m }",
             "rule a { when count() >= 5 within 1m }"},
        Slip{"rule a { when count() >= 5 over 1m }",
             "rule a { when count() >= 5 within 1m }"},
        Slip{"rule a { unless b unti \"2027-01-01\" }",
             "rule a { unless b until \"2027-01-01\" }"},
        Slip{"let a = exists b.c", "let a = exists(b.c)"},
        Slip{"let a = b and exists c", "let a = b and exists(c)"},
        Slip{"rule a { when count() >= 5 in 1m }",
             "rule a { when count() >= 5 within 1m }"},
        Slip{"let a = b == \xe2\x80\x9c"
             "c\xe2\x80\x9d",
             "let a = b == \"c\""},
        Slip{"let a =\xc2\xa0\"c\xc2\xa0\"", "let a = \"c\xc2\xa0\""},
        Slip{"rule my-rule { where b }", "rule my_rule { where b }"},
        Slip{"rule \"a b\" { where b }", "rule a_b { where b }"},
        Slip{"rule a = { where b }", "rule a { where b }"},
        Slip{"rule a() { where b }", "rule a { where b }"},
        Slip{"rule a: { where b }", "rule a { where b }"},
        Slip{"rule a { where b; }", "rule a { where b }"},
        Slip{"rule a { severity HIGH }", "rule a { severity high }"},
        Slip{"rule a { severity hihg }", "rule a { severity high }"},
        Slip{"rule a { keys = 5 }", "rule a { keys <= 5 }"},
        Slip{"rule a { late nwo }", "rule a { late now }"},
        Slip{"rule a { then once per 15 minutes }",
             "rule a { then once per 15m }"},
        Slip{"rule a { when silent for 2 hrs }",
             "rule a { when silent for 2h }"},
        Slip{"rule a { alert 'b' }", "rule a { alert \"b\" }"},
        Slip{"rule a { alert \"b }\" }", "rule a { alert \"b }}\" }"},
        Slip{"rule a { title \xe2\x80\x9c"
             "b\xe2\x80\x9d }",
             "rule a { title \"b\" }"},
        Slip{"rule a { enabled ture }", "rule a { enabled true }"},
        Slip{"schema a {\n  feilds { b int }\n}",
             "schema a {\n  fields { b int }\n}"}));

// What would not parse either, or is what stands there, is not proposed.
TEST(MessageTest, NoMendIsBetterThanAWrongOne) {
  for (const char* text :
       {"rule a { collect b up 5 as c }", "rule a { where b up 5 }",
        "rule a : high { where b }", "rule a\"b {\n  where c\n}",
        "rule a { where b within 5m }", "rule a { where b not c }",
        "rule a { where b is not null }", "rule a { where b is null }",
        "rule a { where b unti \"2027-01-01\" }", "rule a { where ok ok }"}) {
    const Parsed parsed(text);
    ASSERT_EQ(parsed.sink().errors(), 1u) << parsed.Report();
    EXPECT_FALSE(parsed.sink().diagnostics()[0].fix) << parsed.Report();
  }
}

TEST(MessageTest, NoMessageShowsTheMachinery) {
  for (const char* text : {"rule",
                           "rule a",
                           "rule a {",
                           "let",
                           "let a",
                           "let a(",
                           "list a",
                           "list a from",
                           "table a",
                           "table a from \"x\"",
                           "table a { key }",
                           "schema",
                           "schema a",
                           "schema a { time }",
                           "schema a { derive b }",
                           "schema a { fields }",
                           "schema a { fields { b list of } }",
                           "schema a { default }",
                           "schema a { default where b }",
                           "tune",
                           "tune a",
                           "test",
                           "test \"a\"",
                           "test \"a\" for b { send }",
                           "test \"a\" for b { expect }",
                           "test \"a\" for b { let c = }",
                           "test \"a\" for b { send c with }",
                           "defaults",
                           "use",
                           "group",
                           "timezone",
                           "rule a { severity }",
                           "rule a { then }",
                           "rule a { then once }",
                           "rule a { then escalate }",
                           "rule a { tags }",
                           "rule a { by }",
                           "rule a { by b as }",
                           "rule a { event }",
                           "rule a { event b }",
                           "rule a { when }",
                           "rule a { when b then }",
                           "rule a { when silent for }",
                           "rule a { when all of }",
                           "rule a { when new() }",
                           "rule a { when count() >= 1 within }",
                           "rule a { when a > at most }",
                           "rule a { collect }",
                           "rule a { collect b up }",
                           "rule a { show }",
                           "rule a { alert }",
                           "rule a { keys }",
                           "rule a { late }",
                           "rule a { enabled }",
                           "rule a { unless b until }",
                           "let a = any c in",
                           "let a = any c in d",
                           "let a = ()",
                           "let a = b[",
                           "let a = b.",
                           "let a = b not c"}) {
    const Parsed parsed(text);
    EXPECT_GE(parsed.sink().errors(), 1u) << text;
    for (const Diagnostic& diagnostic : parsed.sink().diagnostics()) {
      EXPECT_EQ(diagnostic.message.find("boost"), std::string::npos)
          << text << ": " << diagnostic.message;
      EXPECT_EQ(diagnostic.message.find("tocsin"), std::string::npos)
          << text << ": " << diagnostic.message;
    }
  }
}

}  // namespace
}  // namespace tocsin::dsl
