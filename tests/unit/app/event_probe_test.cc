// A rule held against one event: what is shown is what runs.
#include "app/event_probe.h"

#include <fstream>
#include <memory>
#include <set>
#include <string>

#include "app/first_event.h"
#include "app/rule_loader.h"
#include "dsl/compile/compile.h"
#include "engine/match/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/paths.h"
#include "tests/testing/temp_dir.h"

namespace tocsin {
namespace {

using dsl::RulePart;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::TempDir;

constexpr char kRules[] = R"(
let is_system = user.username startswith "system:" and user.username not startswith "system:serviceaccount:"
let creates(r) = verb == "create" and objectRef.resource == r
rule secrets {
  where   verb in ["get", "list"] and (objectRef.namespace == "kube-system" or user.username == "eve")
  unless  is_system
  by      client as ip
}
rule privileged {
  where  creates("pods")
         and any c in requestObject.spec.containers (c.securityContext.privileged == true)
}
)";

std::string Event(const std::string& members) {
  return R"({"auditID":"a","stage":"ResponseComplete",)" + members + "}";
}

struct Loaded {
  explicit Loaded(const std::string& text) {
    auto read = LoadRules({dir.Write("a.rules", text)}, {});
    rules = *std::move(read);
  }
  dsl::RuleOnEvent Look(std::size_t rule, const std::string& event) {
    const dsl::LetNames lets(rules->sources, rules->files);
    return *EventProbe(rules->checked, rules->checked.rules[rule], lets)
                .Look(event);
  }
  TempDir dir;
  std::unique_ptr<LoadedRules> rules;
};

TEST(EventProbeTest, SaysWhichTestsFailedAndWhatTheEventHas) {
  Loaded loaded(kRules);

  const dsl::RuleOnEvent found = loaded.Look(
      1, Event(R"("verb":"get","user":{"username":"jane"},)"
               R"("sourceIPs":["10.0.0.1"],"objectRef":{"namespace":null})"));

  EXPECT_FALSE(found.matches);
  EXPECT_THAT(Reasons(found),
              ElementsAre(HasSubstr("objectRef.namespace == \"kube-system\" "
                                    "did not hold (objectRef.namespace is "
                                    "null)"),
                          HasSubstr("(user.username = \"jane\")")));
}

TEST(EventProbeTest, AnExceptionThatAppliesIsToldByTheNameOfItsLet) {
  Loaded loaded(kRules);

  const dsl::RuleOnEvent found = loaded.Look(
      1, Event(R"("verb":"get","user":{"username":"system:apiserver"},)"
               R"("sourceIPs":["10.0.0.1"],)"
               R"("objectRef":{"namespace":"kube-system"})"));

  EXPECT_FALSE(found.matches);
  const std::string text = PrintParts(found, {});
  EXPECT_THAT(text, HasSubstr("unless: applies, the event is excused"));
  EXPECT_THAT(text, HasSubstr("let is_system"));
}

TEST(EventProbeTest, AMissingKeyKeepsAnEventOut) {
  Loaded loaded(kRules);

  const dsl::RuleOnEvent found =
      loaded.Look(1, Event(R"("verb":"get","user":{"username":"eve"})"));

  EXPECT_FALSE(found.matches);
  EXPECT_THAT(Reasons(found),
              ElementsAre(HasSubstr("by client as ip (client is missing")));
}

TEST(EventProbeTest, EachElementOfAQuantifierIsShown) {
  Loaded loaded(kRules);

  const dsl::RuleOnEvent found = loaded.Look(
      0, Event(R"("verb":"create","objectRef":{"resource":"pods"},)"
               R"("requestObject":{"spec":{"containers":[{"name":"a"},)"
               R"({"securityContext":{"privileged":true}}]}})"));

  EXPECT_TRUE(found.matches);
  EXPECT_THAT(Reasons(found), IsEmpty());
  const std::string text = PrintParts(found, {});
  EXPECT_THAT(text, HasSubstr("let creates"));
  EXPECT_THAT(text, HasSubstr(" no      requestObject.spec.containers[0]"));
  EXPECT_THAT(text, HasSubstr("yes      requestObject.spec.containers[1]"));
}

TEST(EventProbeTest, AnEventOfAnotherSchemaIsToldSo) {
  Loaded loaded(kRules);

  const dsl::RuleOnEvent found = loaded.Look(1, R"({"status":200})");

  EXPECT_FALSE(found.matches);
  EXPECT_EQ(found.event.schema, "");
  EXPECT_THAT(Reasons(found)[0],
              HasSubstr("schema k8s.audit does not take it"));
}

TEST(EventProbeTest, WhatIsNoEventIsRefused) {
  Loaded loaded(kRules);
  const dsl::LetNames lets(loaded.rules->sources, loaded.rules->files);
  EventProbe probe(loaded.rules->checked, loaded.rules->checked.rules[0], lets);

  EXPECT_FALSE(probe.Look("{\"a\":").ok());
  EXPECT_FALSE(probe.Look("[]").ok());
  EXPECT_FALSE(probe.Look("").ok());
  EXPECT_TRUE(probe.Look("{\n \"a\":\n1}").ok());
}

TEST(FirstEventTest, IsTheFirstObjectAlsoOverSeveralLines) {
  EXPECT_EQ(FirstObject("\n {\"a\":\n [1, \"}\\\"\"]}\n{\"b\":2}"),
            "{\"a\":\n [1, \"}\\\"\"]}");
  EXPECT_EQ(FirstObject("{\"a\": {}"), "");
  EXPECT_EQ(FirstObject("none"), "");
}

// Events that the engine matches are those that the parts say match.
TEST(EventProbeTest, AgreesWithTheMatcherOnWhatShips) {
  const std::string source = TOCSIN_SOURCE_DIR;
  const auto loaded = LoadRules({source + "/rules/kubernetes"}, {});
  ASSERT_TRUE(loaded.ok());
  const LoadedRules& rules = **loaded;
  ASSERT_NE(rules.rules, nullptr);
  std::vector<std::string> lines;
  std::ifstream log(source + "/rules/sample/audit.log");
  for (std::string line; std::getline(log, line);) lines.push_back(line);
  ASSERT_FALSE(lines.empty());

  std::set<std::pair<std::string, std::size_t>> matched;
  SymbolTables symbols(rules.rules->projection);
  Matcher matcher(rules.rules.get(), &symbols, kReplayKeySeed);
  const auto extractor = MakeSimdjsonExtractor();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    EventBatch batch;
    batch.Reserve(lines[i].size());
    std::copy(lines[i].begin(), lines[i].end(), batch.bytes.begin());
    batch.input_size = lines[i].size();
    extractor->Extract(rules.rules->projection, &symbols, &batch);
    MatchResult result;
    matcher.Match(&batch, &result);
    for (const MatchedRow& row : result.rows) {
      matched.emplace(rules.rules->rules[row.rule].name, i);
    }
  }
  EXPECT_THAT(matched, Not(IsEmpty()));

  const dsl::LetNames lets(rules.sources, rules.files);
  for (const dsl::CheckedRule& rule : rules.checked.rules) {
    if (!rule.enabled) continue;
    EventProbe probe(rules.checked, rule, lets);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const auto found = probe.Look(lines[i]);
      ASSERT_TRUE(found.ok());
      EXPECT_EQ(found->matches, matched.contains({rule.name, i}))
          << rule.name << " on line " << i + 1 << "\n"
          << PrintParts(*found, {});
      EXPECT_EQ(Reasons(*found).empty(), found->matches);
    }
  }
}

}  // namespace
}  // namespace tocsin
