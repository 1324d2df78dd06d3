// One run tells every independent mistake, each at its place, and keeps the
// rest.
#include <string>

#include "gtest/gtest.h"
#include "tests/unit/dsl/parser/parser_testing.h"

namespace tocsin::dsl {
namespace {

const cst::RuleItem& RuleAt(const Parsed& parsed, std::size_t index) {
  return std::get<cst::RuleItem>(parsed.file().items[index].value);
}

TEST(RecoveryTest, TenMistakesGiveTenErrorsAtTheirPlaces) {
  const Parsed parsed(R"(# ten mistakes
list probe_codes = [401, 403
let done      = stage == "ResponseComplete"
rule one {
  severity  hgih
  where     responseStatus.code ==
  by        sourceIPs[-1 as ip
  when      count() >= 10 within 1m
}
rule two {
  where     done and and verb == "get"
  alert     "ok"
}
rulee three {
  where x == 1
}
rule four {
  then      once per 15 minutes
  alert     "unterminated
}
rule five {
  where     stage == "x"
  whn       count() >= 1
  severity  low
  alert "fine"
}
let last = (a or b
)");

  EXPECT_EQ(parsed.Places(),
            "2:29 E0101\n5:13 E0101\n6:35 E0101\n7:26 E0101\n11:22 E0101\n"
            "14:1 E0108\n18:22 E0101\n19:13 E0103\n23:3 E0108\n27:19 E0101\n")
      << parsed.Report();
}

TEST(RecoveryTest, WhatIsWholeStaysWhole) {
  const Parsed parsed(R"(rule a {
  where  user. == 1
  by     client as ip
  when   count() >= within 1m
  alert  "{ip}"
}
rule b { where ok }
)");

  EXPECT_EQ(parsed.Tree(),
            "rule a\n  where: BAD\n  by: client as ip\n  when: BAD\n"
            "  alert: <{ip}>\nrule b\n  where: ok\ncomments: 0\nincomplete\n");
  EXPECT_EQ(parsed.Places(), "2:16 E0101\n4:21 E0101\n") << parsed.Report();
}

TEST(RecoveryTest, AMissingOperandDoesNotSwallowTheNextClause) {
  for (const char* next :
       {"by client as ip", "alert \"x\"", "when count() >= 2 within 1m",
        "tags [a]", "then every", "severity high", "where (a or b)",
        "unless not ok", "keys <= 5"}) {
    const Parsed parsed("rule a {\n  where x ==\n  " + std::string(next) +
                        "\n}\n");
    // `x == keys <= 5` is a comparison too many, not a missing one.
    const bool ambiguous = std::string(next).starts_with("keys");
    EXPECT_EQ(parsed.Places(), ambiguous ? "3:8 E0107\n" : "2:13 E0101\n")
        << next << "\n"
        << parsed.Report();
    EXPECT_EQ(RuleAt(parsed, 0).clauses.size(), ambiguous ? 1u : 2u) << next;
  }
}

TEST(RecoveryTest, AClauseWordAtALineStartIsStillAField) {
  const Parsed parsed(R"(rule a {
  where x ==
    title and
    severity == "high" and
    by in [
      owner,
      event.action
    ] and
    when.x == from
  by x
}
)");

  EXPECT_EQ(parsed.Report(), "");
  EXPECT_EQ(RuleAt(parsed, 0).clauses.size(), 2u);
}

TEST(RecoveryTest, AMissingDefinitionDoesNotSwallowTheNextDeclaration) {
  const Parsed parsed(
      "let a = b ==\nrule c { where ok }\nlet d =\nlet e = f\n");

  EXPECT_EQ(parsed.Places(), "1:13 E0101\n3:8 E0101\n") << parsed.Report();
  EXPECT_EQ(parsed.file().items.size(), 4u);
}

TEST(RecoveryTest, ABrokenDeclarationKeepsItsName) {
  const Parsed parsed("let a = (\nlist b = [1\nrule c x {\n}\nlet d = 1 2\n");

  EXPECT_EQ(parsed.sink().errors(), 4u) << parsed.Report();
  EXPECT_EQ(parsed.Tree(),
            "let a = BAD\nlist b BAD\nrule c x\nlet d = BAD\ncomments: 0\n"
            "incomplete\n");
}

TEST(RecoveryTest, AMissingBraceCostsNothingElse) {
  const Parsed parsed(R"(rule a {
  where ok
rule b {
  where ok
}
rule c
  where ok
  severity high
}
)");

  EXPECT_EQ(parsed.Places(), "2:11 E0110\n6:7 E0101\n") << parsed.Report();
  ASSERT_EQ(parsed.file().items.size(), 3u);
  EXPECT_EQ(RuleAt(parsed, 2).clauses.size(), 2u);
}

TEST(RecoveryTest, AWrongHeaderDoesNotLoseItsBody) {
  const std::string body = "\n  where ok\n  severity hihg\n}\n";
  for (const char* header :
       {"rule my-rule {", "rule \"my rule\" {", "rule {", "rule 1st {",
        "rule a.b {", "rule c = {", "rule e() {", "rule e(x) {", "rule a: {",
        "rule in {", "rule b\xc3\xbcrger {", "rule b (",
        "rule a:", "signal a-b {"}) {
    const Parsed parsed(header + body + "rule next { where ok }\n");
    EXPECT_EQ(parsed.sink().errors(), 2u) << parsed.Report();
    EXPECT_NE(parsed.Places().find("3:12 E0101"), std::string::npos)
        << parsed.Report();
    ASSERT_EQ(parsed.file().items.size(), 2u) << header;
    EXPECT_EQ(RuleAt(parsed, 0).clauses.size(), 2u) << header;
  }
}

TEST(RecoveryTest, AWrongHeaderHidesNoOther) {
  const Parsed parsed(
      "rule 1st { where ok }\nrule in { where ok }\nrule b (\n  where ok\n)\n"
      "rule a:\n  where ok\nrule c { where ok }\n");

  EXPECT_EQ(parsed.Places(), "1:6 E0101\n2:6 E0101\n3:8 E0101\n6:7 E0101\n")
      << parsed.Report();
  EXPECT_EQ(parsed.file().items.size(), 5u);
}

TEST(RecoveryTest, BadClausesBelowEachOtherAreAllTold) {
  EXPECT_EQ(Parsed("rule a {\n  collect userAgent up to 5\n  show as x\n"
                   "  keys < 100\n  where ok\n}\n")
                .Places(),
            "2:28 E0101\n3:11 E0101\n4:8 E0101\n");
  EXPECT_EQ(Parsed("rule a {\n  condition vreb == \"x\"\n  output \"x\"\n"
                   "  priority high\n  desc \"h\"\n}\n")
                .Places(),
            "2:3 E0108\n3:3 E0108\n4:3 E0108\n5:3 E0108\n");
  EXPECT_EQ(Parsed("rule a {\n  unless ok or\n  unless = 5\n}\n").Places(),
            "2:15 E0101\n3:10 E0101\n");
}

TEST(RecoveryTest, LinesOfALostClauseStayInIt) {
  // Further in, or a path: not the next clause.
  EXPECT_EQ(Parsed("rule a {\n  where ok and and\n    verb other\n"
                   "    keys < 5\n  event.action == \"x\"\n  keys == 2\n"
                   "  severity low\n}\n")
                .Places(),
            "2:16 E0101\n");
}

TEST(RecoveryTest, AMisspeltClauseIsReadAsWhatWasMeant) {
  const Parsed parsed(R"(ruel a {
  wehre x == 1
  serverity hihg
  wen count() >= 5 within 1m
}
)");

  EXPECT_EQ(parsed.Places(),
            "1:1 E0108\n2:3 E0108\n3:3 E0108\n3:13 E0101\n4:3 E0108\n")
      << parsed.Report();
  const cst::RuleItem& rule = RuleAt(parsed, 0);
  ASSERT_EQ(rule.clauses.size(), 3u);
  EXPECT_TRUE(std::holds_alternative<cst::WhereClause>(rule.clauses[0].value));
  EXPECT_TRUE(std::holds_alternative<cst::WhenClause>(rule.clauses[2].value));
  // More than one is near, or none near enough: not read.
  EXPECT_EQ(Parsed("lit a = [1 2]\n").Places(), "1:1 E0108\n");
  EXPECT_EQ(Parsed("rule a {\n  name x y z\n}\n").Places(), "2:3 E0108\n");
}

TEST(RecoveryTest, EveryCharacterOfAWordProcessorIsTold) {
  const Parsed parsed(
      "rule a {\n  where b == \xe2\x80\x9c"
      "c\xe2\x80\x9d\xc2\xa0"
      "and"
      "\xc2\xa0"
      "d == \xe2\x80\x9c"
      "e\xe2\x80\x9d\n"
      "  alert \xe2\x80\x9c"
      "f\xe2\x80\x9d\n}\n");

  EXPECT_EQ(parsed.Places(),
            "2:14 E0103\n2:17 E0101\n2:21 E0101\n2:27 E0103\n3:9 E0103\n")
      << parsed.Report();
  EXPECT_NE(parsed.Report().find("U+00A0"), std::string::npos);
  EXPECT_EQ(Parsed("let a =\xc2\xa0\xc2\xa0 b # \xc2\xa0\n").Places(),
            "1:8 E0101\n");
}

TEST(RecoveryTest, ATextOverSeveralLinesIsOneMistake) {
  EXPECT_EQ(Parsed("rule a {\n  where ok\n  alert \"user {user.username}\n"
                   "    deleted {objectRef.name}\n    in x\"\n  severity hihg\n"
                   "}\n")
                .Places(),
            "3:9 E0103\n6:12 E0101\n");
  EXPECT_EQ(Parsed("rule a {\n  description \"one\n  two\"\n  where ok\n}\n")
                .Places(),
            "2:15 E0103\n");
  // Only its quote is missing: the next clause is one.
  EXPECT_EQ(Parsed("rule a {\n  alert \"one\n  title \"two\"\n  sevrity x\n}\n")
                .Places(),
            "2:9 E0103\n4:3 E0108\n4:11 E0101\n");
}

TEST(RecoveryTest, AMissingBraceIsMissedBehindTheLastText) {
  EXPECT_EQ(Parsed("rule a {\n  where ok\n  severity hihg\n\n  # of b\n"
                   "rule b { where ok }\n")
                .Places(),
            "3:12 E0101\n3:16 E0110\n");
}

TEST(RecoveryTest, ABraceTooManyIsOneError) {
  const Parsed parsed("rule a { where ok }\n}\nrule b { where ok }\n");

  EXPECT_EQ(parsed.Places(), "2:1 E0101\n") << parsed.Report();
  EXPECT_EQ(parsed.file().items.size(), 3u);
}

TEST(RecoveryTest, RulesOnOneLineRecoverAtTheirBrace) {
  const Parsed parsed(
      "rule a { where x == }\nrule b { where && }\n"
      "rule c { alert \"{\" }\nrule d { where ok }\n");

  EXPECT_EQ(parsed.Places(), "1:21 E0101\n2:16 E0101\n3:18 E0101\n")
      << parsed.Report();
  EXPECT_EQ(parsed.file().items.size(), 4u);
}

TEST(RecoveryTest, EveryFieldOfASchemaRecoversAlone) {
  const Parsed parsed(R"(schema s {
  match  exists(
  fields {
    a string
    b = int
    c { d int  e : float }
    f list string
    i string one off ["a"]
    g int in x
    h bool
  }
  show   a as
}
)");

  EXPECT_EQ(
      parsed.Places(),
      "2:17 E0101\n5:7 E0101\n6:18 E0101\n7:12 E0101\n8:18 E0101\n9:14 E0101\n"
      "12:14 E0101\n")
      << parsed.Report();
  EXPECT_NE(parsed.Tree().find("a: string"), std::string::npos);
  EXPECT_NE(parsed.Tree().find("h: bool"), std::string::npos);
}

TEST(RecoveryTest, TestBlocksAndTablesRecoverToo) {
  const Parsed parsed(R"(table t {
  key
  put  ok and
  for  7 days
}
test "x" for r {
  at   now
  send {"a": }
  expect nothin
  restart
}
)");

  EXPECT_EQ(parsed.Places(),
            "2:6 E0101\n3:14 E0101\n4:8 E0101\n7:8 E0101\n8:14 E0101\n"
            "9:10 E0101\n")
      << parsed.Report();
}

TEST(RecoveryTest, TextBetweenDeclarationsIsOneError) {
  const Parsed parsed("hello, this is prose.\nIt goes on.\nlet a = b\n");

  EXPECT_EQ(parsed.sink().errors(), 1u) << parsed.Report();
  EXPECT_EQ(parsed.file().items.size(), 2u);
}

TEST(RecoveryTest, AForeignOperatorDoesNotHideTheRest) {
  const Parsed parsed(
      "let a = b = 1 && !c || d <> 2 AND e =~ \"x\"\n"
      "rule r {\n  event f by g = h = 1\n  when count() >= 1 || silent for 5m\n"
      "}\n");

  EXPECT_EQ(parsed.sink().errors(), 8u) << parsed.Report();
  EXPECT_EQ(parsed.Tree(),
            "let a = (((b == int:1) and (not c)) or ((d != int:2) and "
            "(e matches \"x\")))\n"
            "rule r\n  event: f by g = (h == int:1)\n"
            "  when: any-of{aggregate (count() >= int:1); silent "
            "within[sliding length duration:5m]}\n"
            "comments: 0\nincomplete\n");
}

TEST(RecoveryTest, AChainedComparisonDoesNotHideTheRest) {
  const Parsed parsed("let a = 1 < b <= c == d and e\n");

  EXPECT_EQ(parsed.Places(), "1:15 E0107\n") << parsed.Report();
  EXPECT_EQ(parsed.Tree(),
            "let a = (((int:1 < b) and (b <= c) and (c == d)) and e)\n"
            "comments: 0\nincomplete\n");
}

TEST(RecoveryTest, AnOpenStringIsTheOneMistakeOfItsClause) {
  const Parsed parsed(
      "rule a {\n  where f(\"abc)\n  by x\n}\nlist b = [\"c\n"
      "let d = f(\"e)\nlet g = h\n");

  EXPECT_EQ(parsed.Places(), "2:11 E0103\n5:11 E0103\n6:11 E0103\n")
      << parsed.Report();
}

TEST(RecoveryTest, MistakesBeforeTheOneThatStopsAreTold) {
  const Parsed parsed(
      "let a = b && c == 'd' and f(1x) g\n"
      "rule r {\n  where b = 5minutes h\n}\n");

  EXPECT_EQ(parsed.Places(),
            "1:11 E0109\n1:19 E0103\n1:29 E0104\n1:33 E0101\n"
            "3:11 E0109\n3:13 E0104\n3:22 E0101\n")
      << parsed.Report();
}

TEST(RecoveryTest, AMisspeltClauseBehindAMistakeIsToldToo) {
  const Parsed parsed(R"(rule a {
  when    count() >= 3 within 1x
  colect  userAgent as ua
  wehre   x == 1 ==
  alret   "x"
}
lsit b = c
ruel d { where ok }
)");

  EXPECT_EQ(parsed.Places(),
            "2:31 E0101\n3:3 E0108\n4:3 E0108\n4:20 E0101\n5:3 E0108\n"
            "7:1 E0108\n7:10 E0101\n8:1 E0108\n")
      << parsed.Report();
}

TEST(RecoveryTest, CommentsAreKeptByPlaceAlsoAroundMistakes) {
  const Parsed parsed(R"(# one
let a = r#"# not this"# # two
rule r {   # three
  where `#` == "#" and  # four
  alert "{x ?? "# no"} # no"  # five
  severity "# no" # six
}
)");

  EXPECT_EQ(parsed.file().comments.size(), 6u);
  for (const cst::Comment& comment : parsed.file().comments) {
    EXPECT_EQ(parsed.text()[comment.begin], '#');
    EXPECT_EQ(parsed.text()[comment.end], '\n');
  }
}

TEST(RecoveryTest, CommentsInsideOperatorsAndEmptyBracketsAreKept) {
  const Parsed parsed(
      "rule r {\n  where a not # one\n  in [ # two\n  ] and b[ # three\n  *] "
      "== 1\n  when count( # four\n  ) >= 3 within 1m\n}\n");

  EXPECT_EQ(parsed.Report(), "");
  EXPECT_EQ(parsed.file().comments.size(), 4u);
}

}  // namespace
}  // namespace tocsin::dsl
