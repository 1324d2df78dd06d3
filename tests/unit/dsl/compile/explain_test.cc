#include "dsl/explain/explain.h"

#include <string>

#include "dsl/compile/compile.h"
#include "dsl/explain/audit_needs.h"
#include "dsl/explain/print_expr.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/rule_text.h"

namespace tocsin::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Explained(const std::string& text) {
  const CheckedText checked = CheckText(text);
  EXPECT_EQ(checked.Errors(), "");
  if (!checked.ok()) return "";
  return dsl::Explain(checked.rules, checked.rules.rules.at(0),
                      *dsl::Compile(checked.rules));
}

// The rule's own `where`, printed.
std::string Printed(const std::string& condition) {
  const CheckedText checked = CheckText("rule r { where " + condition + " }");
  EXPECT_EQ(checked.Errors(), "") << condition;
  if (!checked.ok()) return "";
  for (const dsl::CheckedFilter& filter : checked.rules.rules[0].filters) {
    if (filter.origin == dsl::CheckedFilter::Origin::kWhere) {
      return dsl::PrintExpr(
          checked.rules, checked.rules.schemas[checked.rules.rules[0].schema],
          filter.expr);
    }
  }
  return "";
}

TEST(ExplainTest, SaysWhatARuleDoes) {
  const std::string text = Explained(R"(
rule r {
  where    responseStatus.code == 401
  unless   user.username startswith "x"
  by       client as ip
  when     count() >= 10 within 1m
  collect  userAgent up to 5 as agents
}
)");
  EXPECT_THAT(text,
              HasSubstr("kind              count over a sliding window\n"));
  EXPECT_THAT(text, HasSubstr("schema's default  answered"));
  EXPECT_THAT(text, HasSubstr("where             responseStatus.code == 401"));
  EXPECT_THAT(text,
              HasSubstr("unless            user.username startswith \"x\""));
  EXPECT_THAT(text, HasSubstr("by                client as ip"));
  EXPECT_THAT(text, HasSubstr("count() >= 10 within 1m"));
  EXPECT_THAT(text, HasSubstr("27 timestamps"));
  EXPECT_THAT(
      text,
      HasSubstr(
          "found by          objectRef.subresource, responseStatus.code"));
  EXPECT_THAT(text, HasSubstr("userAgent"));
  EXPECT_THAT(text, HasSubstr("audit level       Metadata"));
}

// Rules as shipped, in one file, and what a site says of them, in another.
TEST(ExplainTest, SaysWhereEachPartComesFrom) {
  dsl::SourceSet sources;
  dsl::DiagnosticSink sink;
  sources.Add(dsl::SourceFile("ship.rules", R"(group falco
defaults { owner "vendor" tags [vendor]
  unless user.username == "robot" }
rule read {
  severity  high
  where     verb == "get"
  unless    user.username in trusted
  by        user.username as who
  when      count() >= 2 within 1m
}
list trusted = ["a"]
)"));
  sources.Add(dsl::SourceFile("site.rules", R"(list trusted += ["b", "c"]
tune falco.* {
  severity  critical
  tags      += [prod]
  then      once per 1h
  keys      <= 500
  unless    verb == "x" until "2030-01-31"
  unless    stage == "Panic"
}
)"));
  std::vector<dsl::cst::File> files;
  for (dsl::FileId id = 0; id < sources.size(); ++id) {
    files.push_back(dsl::Parse(sources, id, &sink));
  }
  const dsl::CheckedRules rules = dsl::Check(files, sources, {}, &sink);
  ASSERT_FALSE(sink.has_errors());
  const dsl::Origins origins(sources, files);

  const std::string text =
      dsl::Explain(rules, rules.rules[0], *dsl::Compile(rules), &origins);

  for (const char* line :
       {"severity          critical  (tune site.rules:3)\n",
        "tags              vendor, prod  (defaults ship.rules:2, tune "
        "site.rules:4)\n",
        "owner             \"vendor\"  (defaults ship.rules:2)\n",
        "where             verb == \"get\"\n",
        "defaults unless   user.username == \"robot\"  (ship.rules:3)\n",
        "list              trusted: 3 values in all (ship.rules:11), += 2 "
        "values (site.rules:1)\n",
        "then              once per 1h  (tune site.rules:5)\n",
        "at most 500, in one shard  (tune site.rules:6)\n",
        "(until 2030-01-31T00:00:00.000000Z)  (site.rules:7)\n",
        "stages            RequestReceived, ResponseStarted, "
        "ResponseComplete\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_THAT(
      dsl::ExplainJson(rules, rules.rules[0], *dsl::Compile(rules), &origins),
      HasSubstr("{\"fact\":\"severity\",\"text\":\"critical\","
                "\"from\":\"tune site.rules:3\"}"));
}

// Each event of its own schema or key has its own way through the index, and
// what the steps' texts and tests read is read.
TEST(ExplainTest, EveryFeedHasItsAnchorsAndItsFields) {
  const std::string text = Explained(R"(
rule reader {
  event  told from teller by who = total >= 1
  event  read by user.username as who = verb == "get" and requestObject.a == 1
  event  gone by user.username as who = verb == "delete"
  when   told then read then gone where gone.requestObject.b == read.client
         within 1h
  collect gone.objectRef.namespace as spaces
  alert  "{read.objectRef.name}"
}
signal teller { where verb == "list" by user.username as who when count() >= 2 within 1m }
)");
  EXPECT_THAT(text, HasSubstr("found by of told  total\n"));
  EXPECT_THAT(text, HasSubstr("found by of read, gone  "));
  EXPECT_THAT(text, HasSubstr("reads             "));
  for (const char* field :
       {"objectRef.name", "requestObject", "sourceIPs", "total", "verb"}) {
    EXPECT_THAT(text.substr(text.find("  reads  ")), HasSubstr(field));
  }
  EXPECT_THAT(text, HasSubstr("gone.objectRef.namespace up to 10 as spaces"));
  EXPECT_THAT(text, HasSubstr("derived           answered = stage in"));
  EXPECT_THAT(text, HasSubstr("audit level of read  Request\n"));
  EXPECT_THAT(text, HasSubstr("audit level of gone  Request\n"));
}

TEST(ExplainTest, PrintsExpressionsThatTheParserTakesBack) {
  for (const std::string condition : {
           R"(verb == "get" or ok and not exists(objectRef.name))",
           R"((verb == "get" or ok) and user.username != "x")",
           R"(not (ok or verb == "a"))",
           R"(user.username not in ["a", "b"] nocase)",
           R"(all(user.groups) startswith "a")",
           R"(userAgent matches r#"a"b"#)",
           R"(userAgent contains all ["a", "b"])",
           R"(responseStatus.code in 200..299)",
           R"(len(user.username) * (2 + 3) - 1 > 4)",
           R"((objectRef.name ?? "x") == "x")",
           R"(annotations["a/b"] == "c")",
       }) {
    const std::string once = Printed(condition);
    EXPECT_EQ(Printed(once), once) << condition;
  }
  EXPECT_EQ(
      Printed(R"(any c in requestObject.spec.containers (c.image == "x"))"),
      R"(any v0 in requestObject.spec.containers (v0.image == "x"))");
}

TEST(ExplainTest, NamesTheStagesAndTheLevelThatARuleNeeds) {
  const auto needs = [](const std::string& condition) {
    const CheckedText checked = CheckText("rule r { where " + condition + " }");
    EXPECT_EQ(checked.Errors(), "") << condition;
    auto stages =
        dsl::StagesThatCanMatch(checked.rules, checked.rules.rules[0]);
    stages.push_back(dsl::LevelNeeded(checked.rules, checked.rules.rules[0]));
    return stages;
  };
  EXPECT_THAT(
      needs(R"(verb == "get")"),
      ElementsAre("ResponseStarted", "ResponseComplete", "Panic", "Metadata"));
  EXPECT_THAT(needs(R"(stage == "Panic")"), ElementsAre("Panic", "Metadata"));
  EXPECT_THAT(needs(R"(stage == "ResponseComplete" and requestObject.a == 1)"),
              ElementsAre("ResponseComplete", "Request"));
  EXPECT_THAT(
      needs(
          R"(stage not in ["Panic", "RequestReceived"] and responseObject.a == 1)"),
      ElementsAre("ResponseStarted", "ResponseComplete", "RequestResponse"));
}

TEST(ExplainTest, EveryKindOfConditionSaysWhenItIsDecidedAndWhatItKeeps) {
  const auto explained = [](const std::string& clauses) {
    return Explained("rule r {\n  by user.username as who\n" + clauses + "}\n");
  };
  const std::string events =
      "  event a = responseStatus.code == 403\n"
      "  event b = verb == \"create\" and ok\n";
  const std::string sequence =
      explained(events + "  when a x5 then b within 10m\n");
  EXPECT_THAT(sequence, HasSubstr("kind              a sequence of 2 steps"));
  EXPECT_THAT(sequence, HasSubstr("monotone          yes"));
  EXPECT_THAT(sequence, HasSubstr("latency           none"));
  EXPECT_THAT(sequence, HasSubstr("event             a = "));
  EXPECT_THAT(sequence, HasSubstr("when              a x5 then b within 10m"));
  EXPECT_THAT(sequence, HasSubstr("6 events of its steps"));
  EXPECT_THAT(sequence, HasSubstr("stages of a"));

  const std::string absence =
      explained(events + "  when a then not b within 10m\n");
  EXPECT_THAT(absence, HasSubstr("monotone          no: the event that must"));
  EXPECT_THAT(absence, HasSubstr("up to 10m and the lateness"));

  const std::string fresh =
      explained("  where verb == \"create\"\n  when new(client) within 7d\n");
  EXPECT_THAT(fresh, HasSubstr("kind              first seen"));
  EXPECT_THAT(fresh, HasSubstr("new(client) within 7d learn 1d"));

  const std::string panes = explained(
      "  where verb == \"create\"\n"
      "  when avg(responseStatus.code) > 300 within 1h\n");
  EXPECT_THAT(panes, HasSubstr("61 panes of 1m"));
  EXPECT_THAT(panes, HasSubstr("monotone          no"));
}

}  // namespace
}  // namespace tocsin::testing
