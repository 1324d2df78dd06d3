#include "app/text_file.h"

#include <sys/stat.h>

#include <filesystem>

#include "gtest/gtest.h"
#include "tests/testing/compress.h"
#include "tests/testing/temp_dir.h"

namespace tocsin {
namespace {

namespace fs = std::filesystem;
using testing::TempDir;

constexpr std::size_t kLimit = 1'000;

std::size_t FilesIn(const TempDir& dir) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(dir.path()), {}));
}

TEST(TextFileTest, IsReplacedWithItsMode) {
  const TempDir dir;
  const std::string path = dir.Write("a", "old");
  chmod(path.c_str(), 0604);
  const auto file = ReadTextFile(path, kLimit);
  ASSERT_TRUE(file.ok());

  EXPECT_TRUE(ReplaceTextFile(*file, "new").ok());

  EXPECT_EQ(dir.Read("a"), "new");
  EXPECT_EQ(FilesIn(dir), 1u);
  struct stat status;
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777u, 0604u);
}

TEST(TextFileTest, ChangedMeanwhileItIsLeftAsItIs) {
  const TempDir dir;
  const std::string path = dir.Write("a", "old");
  const auto file = ReadTextFile(path, kLimit);
  ASSERT_TRUE(file.ok());
  dir.Write("a", "theirs");

  const absl::Status status = ReplaceTextFile(*file, "ours");

  EXPECT_TRUE(absl::IsAborted(status)) << status;
  EXPECT_EQ(dir.Read("a"), "theirs");
  EXPECT_EQ(FilesIn(dir), 1u);
}

TEST(TextFileTest, RemovedMeanwhileItStaysAway) {
  const TempDir dir;
  const std::string path = dir.Write("a", "old");
  const auto file = ReadTextFile(path, kLimit);
  ASSERT_TRUE(file.ok());
  fs::remove(path);

  EXPECT_FALSE(ReplaceTextFile(*file, "ours").ok());
  EXPECT_EQ(FilesIn(dir), 0u);
}

TEST(TextFileTest, ALinkIsFollowed) {
  const TempDir dir;
  dir.Write("a", "old");
  fs::create_symlink("a", dir.File("link"));
  const auto file = ReadTextFile(dir.File("link"), kLimit);
  ASSERT_TRUE(file.ok());

  EXPECT_TRUE(ReplaceTextFile(*file, "new").ok());

  EXPECT_TRUE(fs::is_symlink(dir.File("link")));
  EXPECT_EQ(dir.Read("a"), "new");
}

TEST(TextFileTest, NoMoreThanTheLimitAndOneIsRead) {
  const TempDir dir;
  const auto file =
      ReadTextFile(dir.Write("a", std::string(2 * kLimit, 'x')), kLimit);

  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->bytes.size(), kLimit + 1);
}

TEST(TextFileTest, CompressedFilesAreRefused) {
  const TempDir dir;

  EXPECT_TRUE(absl::IsInvalidArgument(
      ReadTextFile(dir.Write("a.gz", testing::Gzip("text text text")), kLimit)
          .status()));
}

TEST(TextFileTest, WhatIsNoFileIsRefused) {
  const TempDir dir;
  fs::create_symlink("b", dir.File("a"));
  fs::create_symlink("a", dir.File("b"));

  EXPECT_FALSE(ReadTextFile(dir.path(), kLimit).ok());
  EXPECT_FALSE(ReadTextFile(dir.File("absent"), kLimit).ok());
  EXPECT_FALSE(ReadTextFile(dir.File("a"), kLimit).ok());
}

}  // namespace
}  // namespace tocsin
