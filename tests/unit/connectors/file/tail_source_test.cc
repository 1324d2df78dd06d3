#include "connectors/file/tail_source.h"

#include <unistd.h>

#include <filesystem>

#include "engine/base/limits.h"
#include "gtest/gtest.h"
#include "tests/testing/compress.h"
#include "tests/testing/tail.h"
#include "tests/testing/temp_dir.h"

namespace tocsin {
namespace {

namespace fs = std::filesystem;
using testing::Tail;
using testing::TempDir;

TEST(TailSourceTest, ALineIsGivenOnceItIsWhole) {
  const TempDir dir;
  Tail tail(dir.Write("a.log", "one\ntw"));

  EXPECT_EQ(tail.Look(), "one\n");
  EXPECT_EQ(tail.Look(), "");
  dir.Append("a.log", "o\nthree\nfo");
  EXPECT_EQ(tail.Look(), "two\nthree\n");
  dir.Append("a.log", "ur\n");
  EXPECT_EQ(tail.Look(), "four\n");
}

TEST(TailSourceTest,
     StartingAtTheEndPassesOverWhatIsThereButNotALineInTheMaking) {
  const TempDir dir;
  Tail tail(dir.Write("a.log", "old\nolder\nnew li"), TailStart::kEnd);

  EXPECT_EQ(tail.Look(), "");
  dir.Append("a.log", "ne\n");
  EXPECT_EQ(tail.Look(), "new line\n");
}

TEST(TailSourceTest, AFileThatAppearsLaterIsReadFromItsBeginning) {
  const TempDir dir;
  Tail tail(dir.File("a.log"), TailStart::kEnd);

  EXPECT_EQ(tail.Look(), "");
  dir.Write("a.log", "one\n");
  EXPECT_EQ(tail.Look(), "one\n");
}

TEST(TailSourceTest, ARenamedFileIsReadToItsEndAndThenTheNewOne) {
  const TempDir dir;
  Tail tail(dir.Write("audit.log", "1\n"));
  EXPECT_EQ(tail.Look(), "1\n");

  dir.Append("audit.log", "2\n");
  fs::rename(dir.File("audit.log"), dir.File("audit-old.log"));
  dir.Write("audit.log", "3\n");
  EXPECT_EQ(tail.Look(), "2\n3\n");
  dir.Append("audit-old.log", "late\n");  // Its writer had not noticed.
  EXPECT_EQ(tail.Look(), "late\n");
  EXPECT_EQ(tail.LookLater(), "");
  EXPECT_EQ(tail.source().counts().rotated, 1u);
}

TEST(TailSourceTest, ALastLineWithoutLineFeedIsGivenWhenTheFileIsDone) {
  const TempDir dir;
  Tail tail(dir.Write("audit.log", "1\nhalf"));
  EXPECT_EQ(tail.Look(), "1\n");

  fs::rename(dir.File("audit.log"), dir.File("old"));
  dir.Write("audit.log", "2\n");

  EXPECT_EQ(tail.Look(), "2\n");
  EXPECT_EQ(tail.LookLater(), "half|");
}

TEST(TailSourceTest, ARenamedFileThatThePatternStillNamesIsNotReadTwice) {
  const TempDir dir;
  dir.Write("audit.log", "1\n");
  Tail tail(dir.File("audit*.log"));
  EXPECT_EQ(tail.Look(), "1\n");

  fs::rename(dir.File("audit.log"), dir.File("audit-1.log"));
  dir.Write("audit.log", "2\n");

  EXPECT_EQ(tail.Look(), "2\n");
  EXPECT_EQ(tail.LookLater(), "");
}

TEST(TailSourceTest, ATruncatedFileStartsAgain) {
  const TempDir dir;
  Tail tail(dir.Write("a.log", "one\ntwo\n"));
  EXPECT_EQ(tail.Look(), "one\ntwo\n");

  fs::resize_file(dir.File("a.log"), 0);
  dir.Append("a.log", "x\n");

  EXPECT_EQ(tail.Look(), "x\n");
  EXPECT_EQ(tail.source().counts().replaced, 1u);
}

TEST(TailSourceTest, ATruncatedFileThatGrewPastItsOldSizeStartsAgain) {
  const TempDir dir;
  Tail tail(dir.Write("a.log", "one\n"));
  EXPECT_EQ(tail.Look(), "one\n");

  fs::resize_file(dir.File("a.log"), 0);
  dir.Append("a.log", "three\nfour\nfive\n");

  EXPECT_EQ(tail.Look(), "three\nfour\nfive\n");
}

TEST(TailSourceTest, TruncationInTheMiddleOfALongLineEndsThatLine) {
  const TempDir dir;
  const std::string line(100, 'a');
  Tail tail(dir.Write("a.log", line + "\n"));
  char piece[16];
  ASSERT_EQ(tail.source().Read(piece, sizeof(piece))->size, 16u);

  fs::resize_file(dir.File("a.log"), 0);
  dir.Append("a.log", "x\n");

  EXPECT_EQ(tail.Look(), "|x\n");
}

TEST(TailSourceTest, LinesOfSeveralFilesDoNotMix) {
  const TempDir dir;
  dir.Write("a.log", std::string(50, 'a') + "\n" + std::string(5, 'a'));
  dir.Write("b.log", std::string(50, 'b') + "\n");
  Tail tail(dir.File("*.log"));

  std::string read = tail.Look(16);
  dir.Append("b.log", "bb\n");
  dir.Append("a.log", "\n");
  read += tail.Look(16);

  EXPECT_EQ(read, std::string(50, 'a') + "\n" + std::string(50, 'b') + "\n" +
                      std::string(5, 'a') + "\nbb\n");
}

TEST(TailSourceTest, ALineLongerThanTheBufferWaitsUntilItIsWhole) {
  const TempDir dir;
  Tail tail(dir.Write("a.log", std::string(100, 'x')));

  EXPECT_EQ(tail.Look(16), "");
  dir.Append("a.log", "\n");
  EXPECT_EQ(tail.Look(16), std::string(100, 'x') + "\n");
}

TEST(TailSourceTest, ALineLongerThanAnyMayBeHoldsUpNobody) {
  const TempDir dir;
  dir.Write("a.log", std::string(limits::kLineBytes + 100, 'x'));
  Tail tail(dir.File("*.log"));
  const std::string giant = tail.Look(1 << 20);
  dir.Write("b.log", "b\n");

  EXPECT_EQ(giant.size(), limits::kLineBytes + 2);  // One past, and the end.
  EXPECT_EQ(giant.back(), '|');
  EXPECT_EQ(tail.Look(1 << 20), "b\n");
  dir.Append("a.log", "rest of it\nnext\n");
  EXPECT_EQ(tail.Look(1 << 20), "next\n");
}

TEST(TailSourceTest, ABacklogIsReadOldestFileFirst) {
  const TempDir dir;
  dir.Write("a.log", "new\n");
  dir.Write("b.log", "old\n");
  const auto now = fs::last_write_time(dir.File("a.log"));
  fs::last_write_time(dir.File("b.log"), now - std::chrono::hours(1));

  Tail tail(dir.File("*.log"));

  EXPECT_EQ(tail.Look(), "old\nnew\n");
}

TEST(TailSourceTest, ASymbolicLinkIsFollowedToWhereItLeads) {
  const TempDir dir;
  dir.Write("one", "1\n");
  dir.Write("two", "2\n");
  fs::create_symlink(dir.File("one"), dir.File("audit.log"));
  Tail tail(dir.File("audit.log"));
  EXPECT_EQ(tail.Look(), "1\n");

  fs::create_symlink(dir.File("two"), dir.File("next"));
  fs::rename(dir.File("next"), dir.File("audit.log"));

  EXPECT_EQ(tail.Look(), "2\n");
}

TEST(TailSourceTest, WhatCannotBeFollowedIsPassedOverAndTriedAgain) {
  const TempDir dir;
  fs::create_directory(dir.File("d.log"));
  dir.Write("z.log", testing::Gzip("compressed\n"));
  dir.Write("a.log", "a\n");
  Tail tail(dir.File("*.log"));

  EXPECT_EQ(tail.Look(), "a\n");
  EXPECT_EQ(tail.source().counts().unreadable, 2u);
  fs::remove(dir.File("d.log"));
  dir.Write("d.log", "d\n");
  EXPECT_EQ(tail.Look(), "d\n");
  EXPECT_EQ(tail.source().counts().unreadable, 2u);
}

TEST(TailSourceTest, WhatIsThereAndMayNotBeLookedAtIsTold) {
  const TempDir dir;
  const auto told = [](const std::string& pattern) {
    Tail tail(pattern);
    EXPECT_EQ(tail.Look(), "");
    return tail.source().counts().unreadable;
  };
  fs::create_symlink("loop.log", dir.File("loop.log"));
  fs::create_directory(dir.File("closed"));
  dir.Write("closed/a.log", "a\n");
  fs::permissions(dir.path(), fs::perms::owner_all | fs::perms::others_all);
  fs::permissions(dir.File("closed"), fs::perms::none);

  EXPECT_EQ(told(dir.File("none.log")), 0u);
  EXPECT_EQ(told(dir.File("*.none")), 0u);
  EXPECT_EQ(told(dir.File("loop.log")), 1u);
  EXPECT_EQ(told(dir.File("l*.log")), 1u);
  constexpr uid_t kNobody = 65534;
  const bool root = geteuid() == 0;  // Root may read everything.
  ASSERT_EQ(seteuid(root ? kNobody : geteuid()), 0);
  const std::uint64_t file = told(dir.File("closed/a.log"));
  const std::uint64_t glob = told(dir.File("closed/*.log"));
  ASSERT_EQ(seteuid(root ? 0 : geteuid()), 0);
  fs::permissions(dir.File("closed"), fs::perms::owner_all);
  EXPECT_EQ(file, 1u);
  EXPECT_EQ(glob, 1u);
}

TEST(TailSourceTest, ADeletedFileIsReadUntilAnotherTakesItsPlace) {
  const TempDir dir;
  Tail tail(dir.Write("a.log", "1\n"));
  std::ofstream writer(dir.File("a.log"), std::ios::app);
  EXPECT_EQ(tail.Look(), "1\n");

  fs::remove(dir.File("a.log"));

  EXPECT_EQ(tail.LookLater(), "");
  writer << "2\n" << std::flush;
  EXPECT_EQ(tail.LookLater(), "2\n");
  EXPECT_EQ(tail.source().counts().unlinked, 1u);
  EXPECT_EQ(tail.source().counts().unlinked_now, 1u);
  EXPECT_EQ(tail.source().counts().rotated, 0u);
  writer << "3\n" << std::flush;
  dir.Write("a.log", "4\n");
  EXPECT_EQ(tail.LookLater(), "3\n4\n");
  EXPECT_EQ(tail.LookLater(), "");
  EXPECT_EQ(tail.source().counts().rotated, 1u);
  EXPECT_EQ(tail.source().counts().unlinked_now, 0u);
}

TEST(TailSourceTest, APositionIsWhereReadingGoesOn) {
  const TempDir dir;
  dir.Write("a.log", "1\n2\n");
  std::string position;
  {
    Tail tail(dir.File("*.log"));
    EXPECT_EQ(tail.Look(), "1\n2\n");
    position = tail.source().position();
  }
  dir.Append("a.log", "3\n");
  fs::rename(dir.File("a.log"), dir.File("b.log"));
  dir.Write("c.log", "new file\n");

  Tail tail(dir.File("*.log"), TailStart::kEnd);
  ASSERT_TRUE(tail.source().Resume(position).ok());

  EXPECT_EQ(tail.Look(), "3\nnew file\n");
}

TEST(TailSourceTest, APositionInAFileThatWasReplacedIsNotUsed) {
  const TempDir dir;
  dir.Write("a.log", "1\n2\n");
  std::string position;
  {
    Tail tail(dir.File("*.log"));
    tail.Look();
    position = tail.source().position();
  }
  fs::resize_file(dir.File("a.log"), 0);
  dir.Append("a.log", "quite another text\n");

  Tail tail(dir.File("*.log"));
  ASSERT_TRUE(tail.source().Resume(position).ok());

  EXPECT_EQ(tail.Look(), "quite another text\n");
  EXPECT_TRUE(absl::IsDataLoss(tail.source().Resume("rubbish")));
}

TEST(TailSourceTest, WaitingEndsSoonAfterAFileGrew) {
  const TempDir dir;
  dir.Write("a.log", "1\n");
  TailOptions options;
  options.name = "tail";
  options.pattern = dir.File("a.log");
  options.start = TailStart::kBeginning;
  TailSource source(options);
  char buffer[64];
  ASSERT_EQ(source.Read(buffer, sizeof(buffer))->size, 2u);
  ASSERT_EQ(source.Read(buffer, sizeof(buffer))->kind, ReadKind::kNothing);

  dir.Append("a.log", "2\n");
  source.Wait(10'000);

  EXPECT_EQ(source.Read(buffer, sizeof(buffer))->size, 2u);
}

}  // namespace
}  // namespace tocsin
