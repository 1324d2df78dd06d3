#include "dsl/diag/render.h"

#include <rapidjson/document.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tocsin::dsl {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class RenderTest : public ::testing::Test {
 protected:
  RenderTest() {
    sources_.Add(
        SourceFile("rules/a b.rules", "rule \xc3\xa9 {\n  wehre ok\n}\n"));
  }

  // Of `wehre`, whose mend is `where`.
  Diagnostic& Misspelt() {
    Diagnostic& diagnostic =
        sink_.Emit(Kind::kUnknownClause, {0, 12, 17}, "unknown clause `wehre`");
    diagnostic.help = "did you mean `where`?";
    diagnostic.fix = Fix{diagnostic.span, "where"};
    return diagnostic;
  }

  std::string Text(bool colour = false) {
    return Render(sink_.diagnostics(), sources_, Format::kText, colour);
  }
  std::string Json() {
    return Render(sink_.diagnostics(), sources_, Format::kJson, false);
  }
  rapidjson::Document Sarif() {
    rapidjson::Document document;
    document.Parse(
        Render(sink_.diagnostics(), sources_, Format::kSarif, false).c_str());
    return document;
  }

  SourceSet sources_;
  DiagnosticSink sink_;
};

TEST_F(RenderTest, TextUnderlinesTheSourceAndShowsTheMend) {
  Misspelt();

  EXPECT_EQ(Text(),
            "error[E0108]: unknown clause `wehre`\n"
            " --> rules/a b.rules:2:3\n"
            "  |\n"
            "2 |   wehre ok\n"
            "  |   ^^^^^\n"
            "  = help: did you mean `where`?\n"
            "  = fix: where ok\n");
}

TEST_F(RenderTest, TextNamesThePlaceOfANote) {
  Misspelt().notes.push_back({{0, 0, 4}, "the rule starts here"});

  EXPECT_THAT(Text(),
              EndsWith("= note: the rule starts here (rules/a b.rules:1:1)\n"));
}

TEST_F(RenderTest, TextPutsACaretWhereSomethingIsMissing) {
  sink_.Emit(Kind::kExpected, {0, 20, 20}, "expected a value");

  EXPECT_THAT(Text(), HasSubstr("  |           ^\n"));
}

TEST_F(RenderTest, ColourIsOnRequestOnly) {
  Misspelt();

  EXPECT_THAT(Text(false), Not(HasSubstr("\x1b")));
  EXPECT_THAT(Text(true), HasSubstr("\x1b[1;31merror[E0108]\x1b[0m"));
}

TEST_F(RenderTest, TextShowsALongLineAroundThePlace) {
  const std::string padding(1000, 'x');
  const FileId id =
      sources_.Add(SourceFile("long.rules", padding + "?" + padding));
  sink_.Emit(Kind::kExpected, {id, 1000, 1001}, "expected a value");

  const std::string text = Text();

  EXPECT_LT(text.size(), 600u);
  EXPECT_THAT(text, HasSubstr("?"));
}

TEST_F(RenderTest, TextLetsNoControlCharacterThrough) {
  const FileId id = sources_.Add(SourceFile("c.rules", "a\x1b[31m\xff b"));
  sink_.Emit(Kind::kExpected, {id, 0, 1}, "expected \x07");

  EXPECT_THAT(Text(), HasSubstr("expected ?"));
  EXPECT_THAT(Text(), HasSubstr("a?[31m? b"));
}

TEST_F(RenderTest, JsonHasExactlyTheTenMembersInOrder) {
  Misspelt();
  sink_.Emit(Kind::kExpected, {0, 5, 7}, "expected \"x\"");

  EXPECT_EQ(
      Json(),
      "{\"code\":\"E0108\",\"severity\":\"error\",\"message\":\"unknown clause "
      "`wehre`\",\"file\":\"rules/a b.rules\",\"line\":2,\"column\":3,"
      "\"end_line\":2,\"end_column\":8,\"help\":\"did you mean `where`?\","
      "\"fix\":{\"file\":\"rules/a b.rules\",\"line\":2,\"column\":3,"
      "\"end_line\":2,\"end_column\":8,\"text\":\"where\"}}\n"
      "{\"code\":\"E0101\",\"severity\":\"error\",\"message\":\"expected "
      "\\\"x\\\"\",\"file\":\"rules/a b.rules\",\"line\":1,\"column\":6,"
      "\"end_line\":1,\"end_column\":7,\"help\":\"\",\"fix\":null}\n");
}

TEST_F(RenderTest, NothingRendersAsNothingButSarifAsADocument) {
  EXPECT_EQ(Text(), "");
  EXPECT_EQ(Json(), "");

  const rapidjson::Document sarif = Sarif();
  ASSERT_FALSE(sarif.HasParseError());
  EXPECT_EQ(sarif["runs"][0]["results"].Size(), 0u);
}

TEST_F(RenderTest, SarifNamesEachKindOnceAndPointsAtIt) {
  Misspelt();
  Misspelt();
  sink_.Emit(Kind::kExpected, {0, 0, 4}, "expected a name");

  const rapidjson::Document sarif = Sarif();

  EXPECT_STREQ(sarif["version"].GetString(), "2.1.0");
  const auto& run = sarif["runs"][0];
  const auto& rules = run["tool"]["driver"]["rules"];
  ASSERT_EQ(rules.Size(), 2u);
  EXPECT_STREQ(rules[0]["id"].GetString(), "E0101");
  EXPECT_STREQ(run["columnKind"].GetString(), "unicodeCodePoints");
  ASSERT_EQ(run["results"].Size(), 3u);
  for (const auto& result : run["results"].GetArray()) {
    const auto& rule = rules[result["ruleIndex"].GetUint()];
    EXPECT_STREQ(rule["id"].GetString(), result["ruleId"].GetString());
    EXPECT_STREQ(result["level"].GetString(), "error");
  }
}

TEST_F(RenderTest, SarifCarriesPlaceAndMend) {
  Misspelt().notes.push_back({{0, 0, 4}, "the rule starts here"});

  const rapidjson::Document sarif = Sarif();

  const auto& result = sarif["runs"][0]["results"][0];
  const auto& place = result["locations"][0]["physicalLocation"];
  EXPECT_STREQ(place["artifactLocation"]["uri"].GetString(),
               "rules/a%20b.rules");
  EXPECT_EQ(place["region"]["startLine"].GetInt(), 2);
  EXPECT_EQ(place["region"]["startColumn"].GetInt(), 3);
  EXPECT_EQ(place["region"]["endColumn"].GetInt(), 8);
  const auto& change = result["fixes"][0]["artifactChanges"][0];
  EXPECT_STREQ(change["replacements"][0]["insertedContent"]["text"].GetString(),
               "where");
  EXPECT_STREQ(result["relatedLocations"][0]["message"]["text"].GetString(),
               "the rule starts here");
}

}  // namespace
}  // namespace tocsin::dsl
