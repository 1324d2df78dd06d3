#include "app/rule_loader.h"

#include <filesystem>

#include "engine/base/limits.h"
#include "gtest/gtest.h"
#include "tests/testing/temp_dir.h"

namespace tocsin {
namespace {

using testing::TempDir;

TEST(RuleLoaderTest, AFolderGivesItsRuleFilesByName) {
  const TempDir dir;
  std::filesystem::create_directories(dir.File("b/.hidden"));
  const std::string b = dir.Write("b/x.rules", "");
  const std::string a = dir.Write("a.rules", "");
  dir.Write("b/.hidden/x.rules", "");
  dir.Write("b/readme.md", "");

  EXPECT_EQ(*FindRuleFiles({dir.path()}), (std::vector<std::string>{a, b}));
  EXPECT_EQ(*FindRuleFiles({b, dir.path()}), (std::vector<std::string>{b, a}));
}

TEST(RuleLoaderTest, WhatIsNotThereIsNotFound) {
  const TempDir dir;

  EXPECT_TRUE(absl::IsNotFound(FindRuleFiles({dir.path()}).status()));
  EXPECT_TRUE(absl::IsNotFound(FindRuleFiles({dir.File("x.rules")}).status()));
}

TEST(RuleLoaderTest, RulesWithoutAnErrorAreCompiled) {
  const TempDir dir;
  dir.Write("a.rules", "rule a { where verb == \"get\" }\n");

  const auto loaded = LoadRules({dir.path()}, {});

  ASSERT_TRUE(loaded.ok());
  ASSERT_NE((*loaded)->rules, nullptr);
  EXPECT_EQ((*loaded)->rules->rules.size(), 1u);
  EXPECT_EQ(DescribeRules(**loaded), "1 rule from 1 file");
}

TEST(RuleLoaderTest, AnErrorAnywhereLeavesNoRuleSet) {
  const TempDir dir;
  dir.Write("a.rules", "rule a { where verb == \"get\" }\n");
  dir.Write("b.rules", "rule b { where vreb == \"get\" }\n");

  const auto loaded = LoadRules({dir.path()}, {});

  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ((*loaded)->rules, nullptr);
  EXPECT_EQ((*loaded)->diagnostics.errors(), 1u);
}

TEST(RuleLoaderTest, ARuleFileThatIsTooLargeIsADiagnosticNotAnAllocation) {
  const TempDir dir;
  dir.Write("a.rules", std::string(limits::kRuleFileBytes + 100, '#'));

  const auto loaded = LoadRules({dir.path()}, {});

  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ((*loaded)->diagnostics.errors(), 1u);
}

TEST(RuleLoaderTest, AListFileMayHaveItsLimitAndNotOneByteMore) {
  const TempDir dir;
  const std::string path = dir.Write("a.rules",
                                     "list big from \"big.txt\"\n"
                                     "rule a { where verb in big }\n");
  std::string text = "get\n";
  text.resize(limits::kListFileBytes, '\n');

  dir.Write("big.txt", text);
  EXPECT_EQ((*LoadRules({path}, {}))->diagnostics.errors(), 0u);
  dir.Write("big.txt", text + "\n");
  EXPECT_EQ((*LoadRules({path}, {}))->diagnostics.errors(), 1u);
}

TEST(RuleLoaderTest, AFileIsReadToItsLimitAndOneByteMore) {
  const TempDir dir;
  const std::string path = dir.Write("a", std::string(1000, 'x'));

  EXPECT_EQ(ReadWholeFile(path, 1000)->size(), 1000u);
  EXPECT_EQ(ReadWholeFile(path, 10)->size(), 11u);
}

}  // namespace
}  // namespace tocsin
