#include "app/data_files.h"

#include <filesystem>

#include "app/rule_loader.h"
#include "gtest/gtest.h"
#include "tests/testing/temp_dir.h"

namespace tocsin {
namespace {

using testing::TempDir;

using Paths = std::vector<std::string>;

TEST(DataFilesTest, AFileIsToldOnceWhenItHasChangedAndRests) {
  const TempDir dir;
  const std::string path = dir.Write("a.txt", "one");
  const std::vector<DataFile> files = {{path, StampOf(path)}};
  DataFileChanges changes;
  EXPECT_EQ(changes.Look(files), Paths());

  dir.Write("a.txt", "three");
  EXPECT_EQ(changes.Look(files), Paths());  // It may still be written.
  dir.Write("a.txt", "four is more");
  EXPECT_EQ(changes.Look(files), Paths());
  EXPECT_EQ(changes.Look(files), Paths{path});
  EXPECT_EQ(changes.Look(files), Paths());  // It was refused.

  dir.Write("a.txt", "fives");
  changes.Look(files);
  EXPECT_EQ(changes.Look(files), Paths{path});
}

TEST(DataFilesTest, AFileThatGoesHasChanged) {
  const TempDir dir;
  const std::string path = dir.Write("a.txt", "one");
  const std::vector<DataFile> files = {{path, StampOf(path)}};
  DataFileChanges changes;
  std::filesystem::remove(path);
  changes.Look(files);
  EXPECT_EQ(changes.Look(files), Paths{path});
}

TEST(DataFilesTest, RulesAreTakenAsTheyWereNotAsTheyStandOnDisk) {
  const TempDir dir;
  dir.Write("bad.txt", "192.0.2.1\n");
  dir.Write("a.rules",
            "list bad from \"bad.txt\" as ip\n"
            "rule a { where client in bad }\n");
  const auto loaded = LoadRules({dir.path()}, {});
  ASSERT_TRUE(loaded.ok());
  ASSERT_NE((*loaded)->rules, nullptr);
  ASSERT_EQ((*loaded)->data_files.size(), 1u);
  EXPECT_EQ((*loaded)->data_files[0].path, dir.File("bad.txt"));

  dir.Write("bad.txt", "192.0.2.1\n192.0.2.2\n");
  dir.Write("a.rules", "rule other {");
  const auto again = LoadDataAgain((*loaded)->sources);

  ASSERT_NE(again->rules, nullptr);
  EXPECT_EQ(again->checked.lists[0].values.size(), 2u);
  EXPECT_EQ(again->rules->rules[0].uid, (*loaded)->rules->rules[0].uid);

  dir.Write("bad.txt", "nonsense\n");
  EXPECT_EQ(LoadDataAgain((*loaded)->sources)->rules, nullptr);
}

}  // namespace
}  // namespace tocsin
