#include "connectors/file/backup_name.h"

#include "connectors/file/backup_list.h"
#include "gtest/gtest.h"
#include "tests/testing/temp_dir.h"

namespace tocsin {
namespace {

using testing::TempDir;

std::string Said(std::string_view name) {
  const auto backup = ParseBackupName(name);
  if (!backup) return "-";
  std::string said = backup->base;
  if (backup->time_us != 0) said += " " + TimeText(backup->time_us);
  return said + (backup->compressed ? " compressed" : "");
}

TEST(BackupNameTest, TheApiserversNamesCarryTheirTime) {
  EXPECT_EQ(Said("audit-2006-01-02T15-04-05.678.log"),
            "audit.log 2006-01-02T15:04:05.678Z");
  EXPECT_EQ(Said("audit-2006-01-02T15-04-05.678.log.gz"),
            "audit.log 2006-01-02T15:04:05.678Z compressed");
  EXPECT_EQ(Said("my-T-log-2026-11-23T00-00-00.000"),
            "my-T-log 2026-11-23T00:00:00.000Z");
}

TEST(BackupNameTest, LogrotatesNamesCarryADateOrANumber) {
  EXPECT_EQ(Said("audit.log.1"), "audit.log");
  EXPECT_EQ(Said("audit.1.log"), "audit.log");
  EXPECT_EQ(Said("audit.log.12.gz"), "audit.log compressed");
  EXPECT_EQ(Said("audit.log-20261123"), "audit.log 2026-11-23T00:00:00.000Z");
  EXPECT_EQ(Said("audit-20261123.log.zst"),
            "audit.log 2026-11-23T00:00:00.000Z compressed");
  EXPECT_EQ(Said("audit.log-2026112307"), "audit.log 2026-11-23T07:00:00.000Z");
  EXPECT_LT(ParseBackupName("audit.log-20261123")->time_us,
            ParseBackupName("audit.log-20261123-1795414000")->time_us);
}

TEST(BackupNameTest, OtherNamesAreNoBackups) {
  for (const char* name :
       {"audit.log", "audit-.log", "audit.log.gz", "1", ".1", "audit.log.12345",
        "audit-20261323.log", "audit-2026-13-02T15-04-05x678",
        "audit-20261123x.log", "a-b", ""}) {
    EXPECT_EQ(Said(name), "-") << name;
  }
}

TEST(BackupListTest, OfAPlainAndACompressedTwinOnlyThePlainOneCounts) {
  const TempDir dir;
  const std::string log = dir.Write("audit.log", "");
  dir.Write("audit-2026-01-02T00-00-00.000.log", "b");
  dir.Write("audit-2026-01-02T00-00-00.000.log.gz", "half");
  dir.Write("audit-2026-01-01T00-00-00.000.log.gz", "whole");
  dir.Write("other-2026-01-01T00-00-00.000.log", "x");

  const BackupsByLog lists = ListBackups({log});

  ASSERT_EQ(lists.size(), 1u);
  const auto& list = lists.at(log);
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0].path, dir.File("audit-2026-01-01T00-00-00.000.log.gz"));
  EXPECT_EQ(list[1].path, dir.File("audit-2026-01-02T00-00-00.000.log"));
  EXPECT_FALSE(TwoSchemes(list));
}

}  // namespace
}  // namespace tocsin
