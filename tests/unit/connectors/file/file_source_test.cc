#include "connectors/file/file_source.h"

#include <unistd.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/compress.h"
#include "tests/testing/temp_dir.h"

namespace tocsin {
namespace {

using testing::Gzip;
using ::testing::HasSubstr;
using testing::TempDir;
using testing::Zstd;

std::unique_ptr<FileSource> OpenSource(std::vector<std::string> paths,
                                       bool count_lines = false) {
  auto source = FileSource::Open({"files", std::move(paths), count_lines});
  EXPECT_TRUE(source.ok()) << source.status();
  return *std::move(source);
}

// What it gives to its end; `|` where a file ended.
std::string ReadAll(FileSource* source, std::size_t step = 5) {
  std::string all;
  std::string piece(step, '\0');
  for (;;) {
    const auto outcome = source->Read(piece.data(), piece.size());
    if (!outcome.ok()) return all + "!";
    if (outcome->kind == ReadKind::kEnd) return all;
    if (outcome->kind == ReadKind::kFileEnd) all += "|";
    all.append(piece, 0, outcome->size);
  }
}

TEST(FileSourceTest, FilesComeOneAfterTheOtherWhateverTheirCompression) {
  const TempDir dir;
  auto source = OpenSource({dir.Write("a.log", "a1\na2\n"),
                            dir.Write("b.gz", Gzip("b1\nb2")),
                            dir.Write("c.zst", Zstd("c1\n"))});

  EXPECT_EQ(ReadAll(source.get()), "a1\na2\n|b1\nb2|c1\n|");
  EXPECT_EQ(source->consumed(), source->size_hint());
}

TEST(FileSourceTest, EveryFileIsLookedAtBeforeAnyIsRead) {
  const TempDir dir;
  const std::string good = dir.Write("a.log", "{}\n");

  EXPECT_TRUE(absl::IsNotFound(
      FileSource::Open({"files", {good, dir.File("none")}}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(
      FileSource::Open({"files", {good, dir.path()}}).status()));
}

TEST(FileSourceTest, BinaryAndUtf16AreRefusedButALogWithAHoleIsNot) {
  const TempDir dir;
  const std::string binary(
      "\x7f"
      "ELF\0\0\0\1",
      8);
  const std::string hole = std::string(100, '\0') + "{\"kind\":\"Event\"}\n";

  EXPECT_THAT(ProbeFile(dir.Write("a", binary), 4096).status().message(),
              HasSubstr("is binary, not lines of JSON"));
  EXPECT_THAT(ProbeFile(dir.Write("b", "\xff\xfe{"), 4096).status().message(),
              HasSubstr("UTF-16"));
  EXPECT_TRUE(ProbeFile(dir.Write("c", hole), 4096).ok());
}

TEST(FileSourceTest, AFileThatGrowsIsReadAndOneThatShrinksIsTold) {
  const TempDir dir;
  const std::string path = dir.Write("a.log", "aaaa\nbbbb\n");
  auto grown = OpenSource({path});
  dir.Append("a.log", "cccc\n");
  EXPECT_EQ(ReadAll(grown.get()), "aaaa\nbbbb\ncccc\n|");

  auto shrunk = OpenSource({path});
  dir.Write("a.log", "aaaa\n");
  char bytes[64];
  ASSERT_TRUE(shrunk->Read(bytes, sizeof(bytes)).ok());
  const auto end = shrunk->Read(bytes, sizeof(bytes));
  EXPECT_TRUE(absl::IsDataLoss(end.status())) << end.status();
  EXPECT_THAT(end.status().message(), HasSubstr("a.log became shorter"));
}

TEST(FileSourceTest, AFileThatMayNotBeReadIsNamed) {
  const TempDir dir;
  const std::string path = dir.Write("secret.log", "{}\n");
  std::filesystem::permissions(path, std::filesystem::perms::none);
  constexpr uid_t kNobody = 65534;
  const bool root = geteuid() == 0;  // Root may read everything.

  ASSERT_EQ(seteuid(root ? kNobody : geteuid()), 0);
  const absl::Status status = ProbeFile(path, 10).status();
  ASSERT_EQ(seteuid(root ? 0 : geteuid()), 0);

  EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
}

TEST(FileSourceTest, APositionIsWhereReadingGoesOn) {
  const TempDir dir;
  const std::vector<std::string> paths = {dir.Write("a.log", "aaaaa\n"),
                                          dir.Write("b.gz", Gzip("bbbbb\n"))};
  auto source = OpenSource(paths);
  char bytes[4];
  while (source->position().substr(0, 3) != "1 4") {
    ASSERT_TRUE(source->Read(bytes, sizeof(bytes)).ok());
  }

  auto other = OpenSource(paths);
  ASSERT_TRUE(other->Resume(source->position()).ok());

  EXPECT_EQ(ReadAll(other.get()), "b\n|");
  EXPECT_TRUE(absl::IsDataLoss(other->Resume("rubbish")));
  EXPECT_TRUE(absl::IsDataLoss(other->Resume("0 1 /another/file")));
}

TEST(FileSourceTest, LoggedBytesComeAgainWithTheEndsOfFiles) {
  const TempDir dir;
  FileSourceOptions options;
  options.paths = {dir.Write("a", "1\nhalf"), dir.Write("b", "2\n3\n")};
  auto source = FileSource::Open(options);
  ASSERT_TRUE(source.ok());
  const std::string name = (*source)->StreamName(0);
  const auto read = [&] {
    std::string all;
    char piece[4];
    for (;;) {
      const auto outcome = (*source)->Read(piece, sizeof(piece));
      if (!outcome.ok()) return all + "!";
      if (outcome->kind == ReadKind::kNothing) return all;
      if (outcome->kind == ReadKind::kEnd) return all + "$";
      if (outcome->kind == ReadKind::kFileEnd) all += "|";
      all.append(piece, outcome->size);
    }
  };

  ASSERT_TRUE((*source)->Replay({name, 3}).ok());
  EXPECT_EQ(read(), "1\nh");
  EXPECT_EQ(read(), "");
  ASSERT_TRUE((*source)->Replay({name, 3}).ok());
  EXPECT_EQ(read(), "alf|");
  ASSERT_TRUE((*source)->Replay({name, 2}).ok());
  EXPECT_EQ(read(), "2\n");
  (*source)->ReplayEnd();
  EXPECT_EQ(read(), "3\n|$");
  ASSERT_TRUE((*source)->Replay({name, 2}).ok());
  EXPECT_EQ(read(), "!");
  EXPECT_TRUE(absl::IsNotFound((*source)->Replay({"other", 1})));
}

TEST(FileSourceTest, ALineIsFoundInItsFile) {
  const TempDir dir;
  const std::string a = dir.Write("a.log", "1\n2\n3");  // No last line feed.
  const std::string b = dir.Write("b.log", "");
  const std::string c = dir.Write("c.log", "4\n\n6\n");
  auto source = OpenSource({a, b, c}, /*count_lines=*/true);
  ReadAll(source.get(), 3);

  EXPECT_EQ(source->Locate(1).path, a);
  EXPECT_EQ(source->Locate(3).path, a);
  EXPECT_EQ(source->Locate(3).line, 3u);
  EXPECT_EQ(source->Locate(4).path, c);
  EXPECT_EQ(source->Locate(4).line, 1u);
  EXPECT_EQ(source->Locate(6).line, 3u);
}

}  // namespace
}  // namespace tocsin
