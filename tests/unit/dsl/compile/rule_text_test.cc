// Rule text and one event's JSON in, whether the rule takes the event out: the
// operators and functions of docs/language.md over the built-in schema.
#include "tests/testing/rule_text.h"

#include <string>
#include <vector>

#include "dsl/compile/compile.h"
#include "engine/match/match.h"
#include "gtest/gtest.h"
#include "tests/testing/expr_builder.h"

namespace tocsin::testing {
namespace {

// A request's event: what k8s.audit's match and default ask for, and more.
std::string AuditEvent(const std::string& members) {
  std::string line =
      R"({"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"a-1",)"
      R"("requestReceivedTimestamp":"2026-03-02T13:59:59.900000Z",)"
      R"("stageTimestamp":"2026-03-02T14:00:00.000000Z")";
  if (members.find("\"stage\"") == std::string::npos) {
    line += R"(,"stage":"ResponseComplete")";
  }
  if (members.find("\"verb\"") == std::string::npos) line += R"(,"verb":"get")";
  if (!members.empty()) line += "," + members;
  return line + "}\n";
}

struct Outcome {
  std::string errors;
  std::vector<std::uint64_t> matches;  // By rule name.
};

Outcome MatchText(const std::string& rules, const std::string& lines) {
  Outcome outcome;
  CheckedText text = CheckText(rules);
  outcome.errors = text.Errors();
  if (!text.ok()) return outcome;
  const auto set = dsl::Compile(text.rules);
  SymbolTables symbols(set->projection);
  Matcher matcher(set.get(), &symbols, kReplayKeySeed);
  EventBatch batch;
  ExtractLines(*set, &symbols, lines, &batch);
  MatchResult result;
  matcher.Match(&batch, &result);
  for (const RuleCounts& counts : result.counts) {
    outcome.matches.push_back(counts.matches);
  }
  return outcome;
}

struct Row {
  const char* condition;
  const char* members;
  bool holds;
};

class RuleTextTest : public ::testing::TestWithParam<Row> {};

TEST_P(RuleTextTest, TheConditionHoldsAsTheLanguageSays) {
  const Row& row = GetParam();
  const Outcome outcome =
      MatchText("rule r { where " + std::string(row.condition) + " }",
                AuditEvent(row.members));
  ASSERT_EQ(outcome.errors, "") << row.condition;
  EXPECT_EQ(outcome.matches.at(0), row.holds ? 1u : 0u)
      << row.condition << "\n  on " << row.members;
}

constexpr const char* kPod =
    R"("verb":"create","objectRef":{"resource":"pods","namespace":"n"},)"
    R"("requestObject":{"metadata":{"name":"p","labels":{"app.io/x":"1"}},)"
    R"("spec":{"hostNetwork":true,"volumes":null,"containers":[)"
    R"({"name":"a","image":"docker.io/a/b:1","args":["--x","-v"],)"
    R"("securityContext":{"privileged":true}},)"
    R"({"name":"b","image":"r:5000/c"}]}})";
constexpr const char* kAlice =
    R"("user":{"username":"alice","groups":["dev","system:authenticated"],)"
    R"("extra":{"k/1":["v1","v2"]}},"sourceIPs":["198.51.100.7","10.0.0.5"],)"
    R"("responseStatus":{"code":201},"userAgent":"kubectl/v1.30 Linux",)"
    R"("requestURI":"/api/v1/pods?command=sh&command=-c&x=%2F",)"
    R"("annotations":{"authorization.k8s.io/decision":"allow"})";

INSTANTIATE_TEST_SUITE_P(
    Comparisons, RuleTextTest,
    ::testing::Values(
        Row{"user.username == \"alice\"", kAlice, true},
        Row{"user.username != \"bob\"", kAlice, true},
        Row{"user.username != \"bob\"", "", true},
        Row{"user.username == \"ALICE\" nocase", kAlice, true},
        Row{"user.username in [\"bob\", \"alice\"]", kAlice, true},
        Row{"user.username == [\"bob\", \"alice\"]", kAlice, true},
        Row{"user.username not in [\"bob\"]", "", true},
        Row{"responseStatus.code in 200..299", kAlice, true},
        Row{"responseStatus.code in 202..299", kAlice, false},
        Row{"responseStatus.code >= 201 and responseStatus.code < 202", kAlice,
            true},
        Row{"user.username startswith \"al\"", kAlice, true},
        Row{"user.username endswith [\"x\", \"ce\"]", kAlice, true},
        Row{"userAgent contains \"KUBECTL\" nocase", kAlice, true},
        Row{"userAgent contains all [\"kubectl\", \"Linux\"]", kAlice, true},
        Row{"userAgent like \"kubectl/*\"", kAlice, true},
        Row{"userAgent like \"kubectl\"", kAlice, false},
        Row{"userAgent matches r\"v1\\.\\d+\"", kAlice, true},
        Row{"userAgent not matches r\"curl\"", "", true},
        Row{"user.groups == \"dev\"", kAlice, true},
        Row{"\"dev\" in user.groups", kAlice, true},
        Row{"all(user.groups) startswith [\"dev\", \"system:\"]", kAlice, true},
        Row{"none(user.groups) == \"system:masters\"", kAlice, true},
        Row{"none(user.groups) == \"system:masters\"", "", true},
        Row{"sourceIPs in 198.51.100.0/24", kAlice, true},
        Row{"all(sourceIPs) in 10.0.0.0/8", kAlice, false},
        Row{"sourceIPs[-1] in 10.0.0.0/8", kAlice, true},
        Row{"client == 10.0.0.5", kAlice, true},
        Row{"client == \"10.0.0.5\"", kAlice, true},
        Row{"client in [192.168.0.0/16, 10.0.0.5]", kAlice, true},
        Row{"annotations[\"authorization.k8s.io/decision\"] == \"allow\"",
            kAlice, true},
        Row{"user.extra[\"k/1\"] == \"v2\"", kAlice, true},
        Row{"ok", kAlice, true}, Row{"not ok", "", true},
        Row{"(objectRef.name ?? \"none\") == \"none\"", kAlice, true},
        Row{"stageTimestamp - requestReceivedTimestamp == 100ms", "", true},
        Row{"ts == time(\"2026-03-02T14:00:00Z\")", "", true},
        Row{"ts >= time(\"2026-03-02T15:00:00+01:00\")", "", true}));

INSTANTIATE_TEST_SUITE_P(
    Bodies, RuleTextTest,
    ::testing::Values(
        Row{"requestObject.spec.hostNetwork == true", kPod, true},
        Row{"requestObject.spec.hostPID == true", kPod, false},
        Row{"exists(requestObject.spec.volumes)", kPod, true},
        Row{"exists(requestObject.spec.missing)", kPod, false},
        Row{"exists(requestObject) and not exists(responseObject)", kPod, true},
        Row{"requestObject.spec.containers[*].image == \"r:5000/c\"", kPod,
            true},
        Row{"any c in requestObject.spec.containers (c.securityContext"
            ".privileged == true and c.image not startswith \"r:5000/\")",
            kPod, true},
        Row{"all c in requestObject.spec.containers (exists(c.image))", kPod,
            true},
        Row{"none c in requestObject.spec.initContainers (exists(c.image))",
            kPod, true},
        Row{"all c in requestObject.spec.initContainers (exists(c.image))",
            kPod, false},
        Row{"count c in requestObject.spec.containers (exists(c.args)) == 1",
            kPod, true},
        Row{"any c in requestObject.spec.containers (c.args == \"-v\")", kPod,
            true},
        Row{"any c in requestObject.spec.containers (image_tag(c.image) == "
            "\"latest\" and image_repo(c.image) == \"r:5000/c\")",
            kPod, true},
        Row{"requestObject.metadata.labels[\"app.io/x\"] == \"1\"", kPod, true},
        Row{"\"app.io/x\" in keys_of(requestObject.metadata.labels)", kPod,
            true},
        Row{"len(requestObject.spec.containers) == 2", kPod, true},
        Row{"text(requestObject.spec.hostNetwork) == \"true\"", kPod, true}));

INSTANTIATE_TEST_SUITE_P(
    Functions, RuleTextTest,
    ::testing::Values(
        Row{"lower(userAgent) startswith \"kubectl\"", kAlice, true},
        Row{"upper(user.username) == \"ALICE\"", kAlice, true},
        Row{"trim(\"  a \") == user.username", R"("user":{"username":"a"})",
            true},
        Row{"split(userAgent, \"/\")[0] == \"kubectl\"", kAlice, true},
        Row{"join(user.groups, \"+\") == \"dev+system:authenticated\"", kAlice,
            true},
        Row{"replace(user.username, \"l\", \"LL\") == \"aLLice\"", kAlice,
            true},
        Row{"basename(userAgent) == \"v1.30 Linux\"", kAlice, true},
        Row{"dirname(userAgent) == \"kubectl\"", kAlice, true},
        Row{"url_query(requestURI, \"command\") == \"-c\"", kAlice, true},
        Row{"command == \"sh -c\"", kAlice, true},
        Row{"url_query(requestURI, \"x\") == \"/\"", kAlice, true},
        Row{"extract(userAgent, r\"kubectl/v(\\d+)\") == \"1\"", kAlice, true},
        Row{"int(extract(userAgent, r\"v1\\.(\\d+)\")) == 30", kAlice, true},
        Row{"hour(ts) == 14 and weekday(ts) == 1", "", true},
        Row{"hour(ts, \"Europe/Berlin\") == 15", "", true},
        Row{"time_of_day(ts) >= 13h and time_of_day(ts) < 15h", "", true},
        Row{"entropy(user.username) > 2.0", kAlice, true},
        Row{"coalesce(objectRef.name, user.username) == \"alice\"", kAlice,
            true},
        Row{"base64_decode(user.username) == \"hi\"",
            R"("user":{"username":"aGk="})", true},
        Row{"json_parse(user.username).k == 2",
            R"("user":{"username":"{\"k\":2}"})", true},
        Row{"ip(sourceIPs[0]) in 198.51.100.0/24", kAlice, true},
        Row{"len(user.username) * 2 + 1 == 11", kAlice, true},
        Row{"len(user.username) / 2 == 2.5", kAlice, true}));

TEST(RuleTextFileTest, TheDefaultTakesEachRequestOnce) {
  const std::string rules = R"(
rule once { where objectRef.resource == "pods" }
rule each { where objectRef.resource == "pods" and stage != "Panic" }
)";
  std::string lines;
  for (const char* stage :
       {"RequestReceived", "ResponseStarted", "ResponseComplete"}) {
    lines += AuditEvent("\"stage\":\"" + std::string(stage) +
                        R"(","verb":"watch","objectRef":{"resource":"pods"})");
    if (std::string(stage) != "ResponseStarted") {
      lines += AuditEvent("\"stage\":\"" + std::string(stage) +
                          R"(","verb":"get","objectRef":{"resource":"pods"})");
    }
  }
  const Outcome outcome = MatchText(rules, lines);
  ASSERT_EQ(outcome.errors, "");
  EXPECT_EQ(outcome.matches, (std::vector<std::uint64_t>{5, 2}));
}

TEST(RuleTextFileTest, AnExceptionHoldsUntilItsDayInTheFilesZone) {
  const std::string rules = R"(
timezone "Europe/Berlin"
rule r {
  where   verb == "get"
  unless  user.username == "alice" until "2026-03-02"
}
rule s {
  where   verb == "get"
  unless  user.username == "alice" until "2026-03-03"
}
)";
  const Outcome outcome =
      MatchText(rules, AuditEvent(R"("user":{"username":"alice"})"));
  ASSERT_EQ(outcome.errors, "");
  EXPECT_EQ(outcome.matches, (std::vector<std::uint64_t>{1, 0}));
}

TEST(RuleTextFileTest, ListsMayBeNamedOnEveryRightSide) {
  const std::string rules = R"(
list words = ["kube", "alice"]
list nets  = [10.0.0.0/8, 192.168.1.1]
rule a { where user.username in words }
rule b { where userAgent contains words }
rule c { where client in nets }
rule d { where client not in nets }
rule e { where user.username startswith words and userAgent not endswith words }
)";
  const Outcome outcome = MatchText(rules, AuditEvent(kAlice));
  ASSERT_EQ(outcome.errors, "");
  EXPECT_EQ(outcome.matches, (std::vector<std::uint64_t>{1, 1, 1, 0, 1}));
}

}  // namespace
}  // namespace tocsin::testing
