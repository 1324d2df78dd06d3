// The example rules of the language's design: only tables that events fill are
// refused, and nothing else is found wrong with them.
#include <filesystem>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/golden.h"
#include "tests/testing/paths.h"
#include "tests/testing/shared_data.h"
#include "tests/unit/dsl/check/checking.h"

namespace tocsin::dsl {
namespace {

namespace fs = std::filesystem;

CheckOptions WithListFiles() {
  CheckOptions options;
  options.read_file = [](const std::string&, const std::string& name,
                         std::string* bytes, std::string*) {
    *bytes = name == "bad_ips.csv"  ? "ip\n192.0.2.1\n"
             : name == "limits.csv" ? "user,max_403,tier\nalice,5,gold\n"
             : name == "assets.csv" ? "ip,owner,tier\n192.0.2.1,ops,2\n"
                                    : "node-1\n";
    return true;
  };
  return options;
}

bool IsRefusal(const Diagnostic& diagnostic) {
  return diagnostic.kind == Kind::kTableNotYet;
}

bool IsError(const Diagnostic& diagnostic) {
  return Describe(diagnostic.kind).severity == Severity::kError;
}

TEST(ExamplesTest, OnlyTablesFilledByEventsAreRefused) {
  const fs::path folder =
      fs::path(tocsin::testing::SharedDir()) / "grammar/examples";
  TOCSIN_NEEDS_FILE(folder);
  std::vector<std::string> texts;
  for (const fs::path& path : tocsin::testing::FilesIn(folder, ".rules")) {
    const bool alone = path.filename().string().substr(0, 2) == "09";
    if (!alone) texts.push_back(tocsin::testing::ReadFileOrDie(path));
  }
  const auto checked = testing::CheckTexts(texts, WithListFiles());
  EXPECT_GT(checked.rules.rules.size(), 80u);
  for (const Diagnostic& diagnostic : checked.diagnostics) {
    EXPECT_TRUE(IsRefusal(diagnostic) || !IsError(diagnostic))
        << diagnostic.message;
  }
}

TEST(ExamplesTest, TheFirstExampleHasNothingWrong) {
  const fs::path path = fs::path(tocsin::testing::SharedDir()) /
                        "grammar/examples/09-language-md-example.rules";
  TOCSIN_NEEDS_FILE(path);
  const auto checked = testing::CheckText(tocsin::testing::ReadFileOrDie(path));
  EXPECT_EQ(checked.text, "");
}

TEST(ExamplesTest, EachEdgeIsFoundForWhatItIs) {
  const fs::path folder =
      fs::path(tocsin::testing::SharedDir()) / "grammar/examples/edge";
  TOCSIN_NEEDS_FILE(folder);
  const auto codes = [&](const std::string& name) {
    const auto checked =
        testing::CheckText(tocsin::testing::ReadFileOrDie(folder / name));
    return checked.Codes();
  };
  // Three made-up names, and the chain between them.
  EXPECT_EQ(codes("a.rules"), "E0201 E0201 E0107 E0201");
  // Made-up fields; what is tested parses.
  EXPECT_EQ(codes("b.rules"), "E0201 E0201");
  EXPECT_EQ(codes("c.rules"), "E0201 E0306");
  EXPECT_EQ(codes("d.rules"), "E0101");
  // Four made-up names, and the date between them.
  EXPECT_EQ(codes("e.rules"), "E0201 E0213 E0201 E0201 E0201");
  EXPECT_EQ(codes("f.rules"), "E0201 E0201 E0201 E0201 E0201 E0201");
  EXPECT_EQ(codes("g.rules"), "E0201 E0201 E0201 E0201");
  EXPECT_EQ(codes("h.rules"), "E0201 E0201");
}

TEST(ExamplesTest, EveryOperatorAndClauseIsTakenAsItStands) {
  const fs::path folder = fs::path(TOCSIN_SOURCE_DIR) / "tests/unit/dsl/check";
  for (const char* name : {"good.rules", "good_schema.rules"}) {
    const auto checked = testing::CheckTexts(
        {tocsin::testing::ReadFileOrDie(folder / name)}, WithListFiles());
    EXPECT_EQ(checked.text, "") << name;
    EXPECT_TRUE(checked.rules.ok);
  }
}

TEST(ExamplesTest, GoodRulesAreLeftAlone) {
  const auto checked = testing::CheckText(R"rules(
let is_system = user.username startswith "system:" and user.username not startswith "system:serviceaccount:"

rule burst_of_401s {
  title     "Burst of 401s from one address"
  severity  high
  tags      [attack.t1110, k8s.authn]
  where     responseStatus.code == 401
  by        client as ip
  when      count() >= 10 within 1m
  then      once per 15m
  collect   userAgent up to 5 as agents
  alert     "{count} failed logins from {ip} within a minute, using {agents}"
  runbook   "https://runbooks.example.com/k8s/401"
}
rule kube_system_secret_read {
  severity  critical
  where     verb in ["get", "list", "watch"] and ok
            and objectRef.resource == "secrets" and objectRef.namespace == "kube-system"
  unless    is_system
  alert     "{user.username} read secrets in kube-system ({objectRef.name ?? "all"})"
}
rule apiserver_panic {
  severity  critical
  where     stage == "Panic"
}
)rules");
  EXPECT_EQ(checked.text, "");
}

}  // namespace
}  // namespace tocsin::dsl
