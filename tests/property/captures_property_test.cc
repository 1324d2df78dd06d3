// The shipped rules over logs of a real kube-apiserver: the engine and the
// reference evaluator tell the same, for 1 and for 2 workers.
#include <filesystem>
#include <string>
#include <vector>

#include "dsl/compile/compile.h"
#include "gtest/gtest.h"
#include "tests/property/engine_run.h"
#include "tests/property/reference_evaluate.h"
#include "tests/testing/paths.h"
#include "tests/testing/read_file.h"
#include "tests/testing/rule_text.h"
#include "tests/testing/shared_data.h"

namespace tocsin::testing {
namespace {

CheckedText ShippedRules() {
  std::vector<std::pair<std::string, std::string>> files;
  const std::string folder =
      std::string(TOCSIN_SOURCE_DIR) + "/rules/kubernetes";
  for (const std::string& path : FilesBelow(folder, ".rules")) {
    files.emplace_back(path, ReadFile(path));
  }
  dsl::CheckOptions options;
  options.read_file = [](const std::string& from, const std::string& name,
                         std::string* bytes, std::string*) {
    const auto path = std::filesystem::path(from).parent_path() / name;
    *bytes = ReadFile(path.string());
    return std::filesystem::exists(path);
  };
  return CheckFiles(files, options);
}

void ExpectAgreement(const std::string& capture) {
  const std::string path = SharedDir() + "/peers/apiserver/captures/" + capture;
  TOCSIN_NEEDS_FILE(path);
  const CheckedText checked = ShippedRules();
  ASSERT_TRUE(checked.ok()) << checked.Errors();
  const std::vector<std::string> files{ReadFile(path)};
  const std::shared_ptr<const RuleSet> rules = dsl::Compile(checked.rules);

  const reference::Result expected = reference::Run(checked.rules, files, {});
  const EngineRun one = RunEngine(rules, files, {});
  PipelineOptions options;
  options.workers = 2;
  const EngineRun two = RunEngine(rules, files, options);

  ASSERT_TRUE(one.status.ok()) << one.status;
  EXPECT_EQ(Differences(one, expected, checked.rules), "");
  ASSERT_EQ(one.alerts.size(), two.alerts.size());
  for (std::size_t i = 0; i < one.alerts.size(); ++i) {
    EXPECT_EQ(one.alerts[i].id, two.alerts[i].id);
    EXPECT_EQ(Comparable(one.alerts[i]), Comparable(two.alerts[i]));
  }
  EXPECT_GT(one.alerts.size(), 0u);
}

TEST(CapturesPropertyTest, AgreeOnAnExhaustiveRun) {
  ExpectAgreement("a-exhaustive/audit.log.gz");
}

TEST(CapturesPropertyTest, AgreeOnTheExtraRun) {
  ExpectAgreement("h-extra/audit.log.gz");
}

TEST(CapturesPropertyTest, AgreeOnTheTruncatingRun) {
  ExpectAgreement("e-truncate/audit.log.gz");
}

TEST(CapturesPropertyTest, AgreeOnMetadataOnly) {
  ExpectAgreement("c-metadata-blocking/audit.log.gz");
}

}  // namespace
}  // namespace tocsin::testing
