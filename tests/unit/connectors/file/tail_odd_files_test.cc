// Files that are not as they should be, and machines that are not.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "connectors/file/tail_source.h"
#include "gtest/gtest.h"
#include "tests/testing/tail.h"
#include "tests/testing/temp_dir.h"

namespace tocsin {
namespace {

namespace fs = std::filesystem;
using testing::Tail;
using testing::TempDir;

double MetricOf(const TailSource& source, const std::string& name) {
  for (const MetricFamily& family : source.Metrics()) {
    if (family.name == name) return family.samples.at(0).value;
  }
  ADD_FAILURE() << name << " is no metric";
  return -1;
}

TEST(TailOddFilesTest, WhatTakesALogsPlaceIsToldAndTheLogIsReadOn) {
  for (const char* what : {"fifo", "folder", "loop", "unreadable"}) {
    const TempDir dir;
    Tail tail(dir.Write("a.log", "1\n"));
    EXPECT_EQ(tail.Look(), "1\n");
    std::ofstream writer(dir.File("a.log"), std::ios::app);
    fs::rename(dir.File("a.log"), dir.File("moved"));
    const std::string path = dir.File("a.log");
    const std::string kind = what;
    if (kind == "fifo") {
      ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
    }
    if (kind == "folder") fs::create_directory(path);
    if (kind == "loop") fs::create_symlink("a.log", path);
    if (kind == "unreadable") dir.Write("a.log", "x\n");
    const bool root = geteuid() == 0;
    if (kind == "unreadable") {
      fs::permissions(path, fs::perms::none);
      fs::permissions(dir.path(), fs::perms::owner_all | fs::perms::others_all);
      ASSERT_EQ(seteuid(root ? 65534 : geteuid()), 0);
    }
    writer << "2\n" << std::flush;
    const std::string read = tail.Look();
    if (kind == "unreadable") {
      ASSERT_EQ(seteuid(root ? 0 : geteuid()), 0);
    }

    EXPECT_EQ(read, "2\n") << kind;
    EXPECT_EQ(tail.source().counts().unreadable, 1u) << kind;
    fs::remove(path);
    dir.Write("a.log", "3\n");
    EXPECT_EQ(tail.Look(), "3\n") << kind;
  }
}

TEST(TailOddFilesTest, LinesThatComeByteByByteAreGivenWhole) {
  const TempDir dir;
  Tail tail(dir.Write("a.log", ""));
  const std::string text = "{\"a\":1}\r\n\xEF\xBB\xBF{}\n\n{\"b\":2}\n";
  std::string read;
  for (const char c : text) {
    dir.Append("a.log", std::string(1, c));
    const std::string now = tail.Look();
    EXPECT_TRUE(now.empty() || now.back() == '\n');
    read += now;
  }

  EXPECT_EQ(read, text);
}

TEST(TailOddFilesTest, WithoutInotifyAFileIsReadWithinASecond) {
  const TempDir dir;
  dir.Write("a.log", "1\n");
  TailOptions options;
  options.name = "tail";
  options.pattern = dir.File("a.log");
  options.start = TailStart::kBeginning;
  options.inotify = false;
  TailSource source(options);
  char buffer[64];
  ASSERT_EQ(source.Read(buffer, sizeof(buffer))->size, 2u);
  fs::rename(dir.File("a.log"), dir.File("a.log.1"));
  dir.Write("a.log", "2\n");

  const std::int64_t begin = RealClock()->SteadyMicros();
  while (source.Read(buffer, sizeof(buffer))->kind == ReadKind::kNothing) {
    source.Wait(1'000);
  }

  EXPECT_LE(RealClock()->SteadyMicros() - begin, 1'000'000);
}

TEST(TailOddFilesTest, MoreFilesThanMayBeOpenWaitForOneToEnd) {
  const TempDir dir;
  for (int i = 0; i < 3; ++i) {
    dir.Write("audit-2026-11-2" + std::to_string(i) + "T00-00-00.000.log",
              std::to_string(i) + "\n");
  }
  dir.Write("audit.log", "3\n");
  for (const std::size_t most : {4u, 3u}) {
    Tail tail(dir.File("audit*"));
    tail.options().open_files = most;
    tail.Open();

    EXPECT_EQ(tail.Look(), most == 4 ? "0\n1\n2\n3\n" : "0\n1\n2\n");
    EXPECT_EQ(MetricOf(tail.source(), "tocsin_source_files_pending"), 4 - most);
    EXPECT_EQ(tail.LookLater() + tail.LookLater(), most == 4 ? "" : "3\n");
    EXPECT_EQ(MetricOf(tail.source(), "tocsin_source_files_pending"), 0);
  }
}

TEST(TailOddFilesTest, HowFarBehindItIs) {
  const TempDir dir;
  Tail tail(dir.Write("a.log", "1\n2\n3\n"));
  char few[2];
  tail.clock().Advance(600'000);
  ASSERT_EQ(tail.source().Read(few, sizeof(few))->size, 2u);
  tail.clock().Advance(3'000'000);

  EXPECT_EQ(MetricOf(tail.source(), "tocsin_source_behind_bytes"), 6);
  EXPECT_GE(MetricOf(tail.source(), "tocsin_source_behind_seconds"), 3);
  EXPECT_EQ(MetricOf(tail.source(), "tocsin_source_files_open"), 1);
  tail.Look();
  EXPECT_EQ(MetricOf(tail.source(), "tocsin_source_behind_bytes"), 0);
  EXPECT_EQ(MetricOf(tail.source(), "tocsin_source_behind_seconds"), 0);
}

TEST(TailOddFilesTest, ALogWithoutANameIsLetGoAfterALongTime) {
  const TempDir dir;
  Tail tail(dir.Write("a.log", "1\n"));
  tail.Look();
  fs::remove(dir.File("a.log"));
  tail.LookLater();
  EXPECT_EQ(MetricOf(tail.source(), "tocsin_source_files_unlinked"), 1);

  tail.clock().Advance(3'600'000'000);
  tail.LookLater();
  tail.Look();

  EXPECT_EQ(tail.source().counts().rotated, 1u);
}

}  // namespace
}  // namespace tocsin
