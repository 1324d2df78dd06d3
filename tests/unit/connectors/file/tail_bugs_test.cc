// What other readers of files got wrong, each by the report of it, and the
// cases of vector's test harness that concern files.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "connectors/file/tail_source.h"
#include "gtest/gtest.h"
#include "tests/testing/compress.h"
#include "tests/testing/rotating_log.h"
#include "tests/testing/tail.h"
#include "tests/testing/temp_dir.h"

namespace tocsin {
namespace {

namespace fs = std::filesystem;
using testing::RotatingLog;
using testing::RotatingLogOptions;
using testing::Tail;
using testing::TempDir;

RotatingLogOptions LogIn(const TempDir& dir) {
  RotatingLogOptions options;
  options.path = dir.File("audit.log");
  options.now_ms = [now = std::int64_t{1'780'000'000'000}]() mutable {
    return now += 1000;
  };
  return options;
}

std::string Numbered(int from, int to) {
  std::string lines;
  for (int i = from; i < to; ++i) lines += "line " + std::to_string(i) + "\n";
  return lines;
}

TEST(TailBugs, Vector23076StaleOffsetBeyondReusedInode) {
  const TempDir dir;
  dir.Write("a.log", Numbered(0, 1000));
  Tail tail(dir.File("a.log"));
  tail.Look(4096);
  const std::string position = tail.source().position();
  fs::remove(dir.File("a.log"));
  dir.Write("a.log", "new\n");  // Most file systems give the same inode.

  tail.Restart(position);

  EXPECT_EQ(tail.Look(), "new\n");
  EXPECT_EQ(tail.lost().size(), 1u);
  // The stale entry is gone with it.
  tail.Restart();
  dir.Append("a.log", Numbered(0, 2000));
  EXPECT_EQ(tail.Look(4096), Numbered(0, 2000));
}

TEST(TailBugs, Vector25079TwoFilesWithTheSameFirstLine) {
  const TempDir dir;
  const std::string first = std::string(3000, 'x') + "\n";
  dir.Write("a.log", first + "a\n");
  dir.Write("b.log", first + "b\n");
  Tail tail(dir.File("*.log"));
  EXPECT_EQ(tail.Look(4096), first + "a\n" + first + "b\n");

  RotatingLog log(LogIn(dir));
  log.Write(first);
  EXPECT_EQ(tail.Look(4096), first);
  const std::string position = tail.source().position();
  log.Write("1\n");
  log.Rotate();
  log.Write(first + "2\n");
  log.Rotate();
  log.Write(first + "3\n");
  for (const std::string& backup : log.Backups()) log.Compress(backup);
  tail.Restart(position);

  EXPECT_EQ(tail.Look(4096), "1\n" + first + "2\n" + first + "3\n");
}

TEST(TailBugs, Vector7990Vector13193ACompressedBackupIsReadOnFromEveryOffset) {
  const std::string text = Numbered(0, 40);
  for (std::size_t at = text.find('\n') + 1; at <= text.size();
       at = text.find('\n', at) == std::string::npos
                ? text.size() + 1
                : text.find('\n', at) + 1) {
    const TempDir dir;
    RotatingLog log(LogIn(dir));
    log.Write(text.substr(0, at));
    Tail tail(dir.File("audit*"));
    ASSERT_EQ(tail.Look(), text.substr(0, at));
    const std::string position = tail.source().position();
    log.Write(text.substr(at));
    log.Rotate();
    log.Compress(log.Backups().front());
    log.Write("next\n");

    tail.Restart(position);

    ASSERT_EQ(tail.Look(), text.substr(at) + "next\n");
    ASSERT_EQ(tail.LookLater(), "");
    tail.Restart();
    ASSERT_EQ(tail.LookLater(), "");
  }
}

TEST(TailBugs, Vector643ShortFilesAreNotAllAlike) {
  const TempDir dir;
  std::size_t bytes = 0;
  for (int i = 0; i < 60; ++i) {
    const std::string text(static_cast<std::size_t>(i % 20), 'x');
    dir.Write("f" + std::to_string(i) + ".log", i % 20 == 0 ? "" : text + "\n");
    bytes += i % 20 == 0 ? 0 : text.size() + 1;
  }
  Tail tail(dir.File("*.log"));

  EXPECT_EQ(tail.Look().size(), bytes);
  tail.Restart();
  EXPECT_EQ(tail.Look(), "");
  for (int i = 0; i < 60; ++i)
    dir.Append("f" + std::to_string(i) + ".log", "y\n");
  EXPECT_EQ(tail.Look().size(), 120u);
}

TEST(TailBugs, Vector10025TheFirstBytesOfAFileThatGrowsInOddPieces) {
  const TempDir dir;
  Tail tail(dir.File("*.log"), TailStart::kEnd);
  std::string read = tail.Look();
  const std::string text = Numbered(0, 50);
  std::size_t step = 1;
  for (std::size_t at = 0; at < text.size(); at += step) {
    step = at % 7 + 1;
    dir.Append("a.log", text.substr(at, step));
    read += tail.Look();
  }

  EXPECT_EQ(read, text);
}

TEST(TailBugs, FluentBit5382AnOffsetBeyondANewFileIsNotUsed) {
  const TempDir dir;
  dir.Write("a.log", Numbered(0, 100));
  Tail tail(dir.File("a.log"));
  tail.Look(4096);
  dir.Write("new", "short\n");
  fs::rename(dir.File("new"), dir.File("a.log"));

  EXPECT_EQ(tail.Look(), "short\n");
  tail.Restart();
  EXPECT_EQ(tail.LookLater(), "");
}

TEST(TailBugs, FluentBit5024ACrashAcrossFiveRotations) {
  for (const bool compress : {false, true}) {
    const TempDir dir;
    RotatingLog log(LogIn(dir));
    Tail tail(dir.File("audit.log"));
    log.Write(Numbered(0, 3));
    EXPECT_EQ(tail.Look(), Numbered(0, 3));
    const std::string position = tail.source().position();
    for (int i = 3; i < 8; ++i) {
      log.Rotate();
      log.Write(Numbered(i, i + 1));
      if (compress) log.Compress(log.Backups().front());
    }

    tail.Restart(position);

    EXPECT_EQ(tail.Look(), Numbered(3, 8));
  }
}

TEST(TailBugs, FluentBit4839Docs1770CopyTruncateLosesOnlyWhatIsWrittenBetween) {
  const TempDir dir;
  dir.Write("a.log", Numbered(0, 10));
  Tail tail(dir.File("a.log"));
  char few[16];
  tail.clock().Advance(600'000);
  ASSERT_EQ(tail.source().Read(few, sizeof(few))->size, 14u);
  dir.Write("a.log.1", dir.Read("a.log"));
  dir.Append("a.log", "between\n");
  fs::resize_file(dir.File("a.log"), 0);
  dir.Append("a.log", Numbered(10, 12));

  EXPECT_EQ(tail.Look(), Numbered(2, 12));
  EXPECT_EQ(tail.LookLater(), "");
  EXPECT_EQ(tail.source().counts().replaced, 1u);
}

TEST(TailBugs, Beats1341Beats6984Beats3198AReusedInodeIsAnotherFile) {
  const TempDir dir;
  RotatingLog log(LogIn(dir));
  log.Write(Numbered(0, 10));
  Tail tail(dir.File("audit.log"));
  tail.Look();
  for (int i = 10; i < 30; ++i) {
    const std::string position = tail.source().position();
    log.Rotate();
    log.Prune(0);  // Frees the inode that the next file takes.
    log.Rotate();
    log.Write(Numbered(i, i + 1));
    tail.Restart(position);
    ASSERT_EQ(tail.Look(), Numbered(i, i + 1));
  }
}

TEST(TailBugs, Beats38070Beats36541AHundredRestartsChangeNothing) {
  const TempDir dir;
  RotatingLog log(LogIn(dir));
  Tail tail(dir.File("audit*"));
  std::string read;
  for (int i = 0; i < 100; ++i) {
    log.Write(Numbered(i, i + 1));
    if (i % 7 == 0) log.Rotate();
    if (i % 14 == 0) log.Compress(log.Backups().front());
    if (i % 3 == 0) read += tail.Look();
    tail.Restart();
  }

  EXPECT_EQ(read + tail.Look(), Numbered(0, 100));
}

TEST(TailBugs, Beats45300CopyTruncateAndARestart) {
  const TempDir dir;
  dir.Write("a.log", Numbered(0, 100));
  Tail tail(dir.File("a.log"));
  tail.clock().Advance(600'000);
  char some[100];
  const std::size_t got = tail.source().Read(some, sizeof(some))->size;
  std::string read(some, got);
  const std::string position = tail.source().position();
  dir.Write("a.log.1", dir.Read("a.log"));
  fs::resize_file(dir.File("a.log"), 0);
  dir.Append("a.log", Numbered(100, 150));

  tail.Restart(position);

  EXPECT_EQ(read + tail.Look(), Numbered(0, 150));
}

TEST(TailBugs, Beats1956Beats1281AStopBetweenRenameAndCreate) {
  const TempDir dir;
  dir.Write("audit.log", Numbered(0, 2));
  Tail tail(dir.File("audit.log"));
  tail.Look();
  dir.Append("audit.log", Numbered(2, 4));
  const std::string backup = "audit-2026-11-23T10-00-00.000.log";
  fs::rename(dir.File("audit.log"), dir.File(backup));
  const std::string position = tail.source().position();

  tail.Restart(position);
  EXPECT_EQ(tail.Look(), Numbered(2, 4));
  tail.Restart();
  dir.Write("audit.log", Numbered(4, 5));

  EXPECT_EQ(tail.Look(), Numbered(4, 5));
}

TEST(TailBugs, Beats2011DeletedFilesThatAreHeldOpenAreBounded) {
  for (const bool past : {false, true}) {
    const TempDir dir;
    const std::string big(400'000, 'x');
    dir.Write("a.log", big + "\nend\n");
    struct stat status;
    ASSERT_EQ(stat(dir.File("a.log").c_str(), &status), 0);
    Tail tail(dir.File("a.log"));
    tail.options().deleted_bytes =
        static_cast<std::uint64_t>(status.st_blocks) * 512 - (past ? 1 : 0);
    tail.Open();
    tail.clock().Advance(600'000);
    char piece[1 << 10];
    dir.Write("first", "");
    // Opened, and nothing read of it yet.
    tail.options().pattern = dir.File("*");
    tail.Open();
    ASSERT_TRUE(tail.source().Resume("").ok());
    tail.source().Read(piece, 0).IgnoreError();
    fs::remove(dir.File("a.log"));
    const std::string read = tail.Look(1 << 20);

    EXPECT_EQ(read.size(), past ? 0 : big.size() + 5);
    EXPECT_EQ(tail.lost().size(), past ? 1u : 0u);
  }
}

TEST(TailBugs, Loki14462TwoRotationsWhileItCatchesUp) {
  const TempDir dir;
  RotatingLog log(LogIn(dir));
  log.Write(Numbered(0, 100));
  Tail tail(dir.File("audit.log"));
  tail.clock().Advance(600'000);
  char few[100];
  std::string read(few, tail.source().Read(few, sizeof(few))->size);
  read.assign(few, read.size());
  for (int i = 100; i < 105; ++i) {
    log.Rotate();
    log.Write(Numbered(i, i + 1));
    log.Compress(log.Backups().front());
  }

  EXPECT_EQ(read + tail.Look(), Numbered(0, 105));
}

TEST(TailBugs, Loki9699AThousandRotations) {
  const TempDir dir;
  RotatingLogOptions options = LogIn(dir);
  options.max_backups = 3;
  options.compress = true;
  RotatingLog log(options);
  Tail tail(dir.File("audit.log"));
  std::string read = tail.Look();
  for (int i = 0; i < 1000; ++i) {
    log.Write(Numbered(i, i + 1));
    log.Rotate();
    log.Mill();
    if (i % 3 == 0) read += tail.Look();
  }

  EXPECT_EQ(read + tail.LookLater(), Numbered(0, 1000));
  EXPECT_TRUE(tail.lost().empty());
}

TEST(TailBugs, Loki2353Loki9877ARotatedNameThatTheGlobNames) {
  const TempDir dir;
  RotatingLog log(LogIn(dir));
  Tail tail(dir.File("*"));
  std::string read;
  for (int i = 0; i < 20; ++i) {
    log.Write(Numbered(i, i + 1));
    read += tail.Look();
    log.Rotate();
    read += tail.LookLater();
  }

  EXPECT_EQ(read, Numbered(0, 20));
  // Those that were read are not kept open.
  EXPECT_LE(tail.source().counts().open, 2u);
}

TEST(TailBugs, Kubo370ASparseHeadIsPassedOverAndCounted) {
  const TempDir dir;
  dir.Write("a.log", Numbered(0, 100));
  const int fd = open(dir.File("a.log").c_str(), O_WRONLY);
  const off_t at = 50 << 20;
  Tail tail(dir.File("a.log"));
  EXPECT_EQ(tail.Look(4096), Numbered(0, 100));
  fs::resize_file(dir.File("a.log"), 0);
  const std::string more = Numbered(100, 200);
  ASSERT_EQ(pwrite(fd, more.data(), more.size(), at),
            static_cast<ssize_t>(more.size()));

  EXPECT_EQ(tail.Look(4096), more);
  EXPECT_EQ(tail.source().counts().zeros, static_cast<std::uint64_t>(at));
  tail.Restart();
  ASSERT_EQ(pwrite(fd, "end\n", 4, at + static_cast<off_t>(more.size())), 4);
  EXPECT_EQ(tail.Look(4096), "end\n");
  close(fd);
}

TEST(TailBugs, ZeroBytesBetweenLinesArePassedOverAndThoseInALineStay) {
  const TempDir dir;
  std::string text = "one\n";
  text.append(300, '\0').append("two").append(1, '\0').append("\n");
  Tail tail(dir.Write("a.log", text));

  EXPECT_EQ(tail.Look(), std::string("one\ntwo\0\n", 9));
  EXPECT_EQ(tail.source().counts().zeros, 300u);
}

TEST(VectorHarness, FileTruncate) {
  const TempDir dir;
  Tail tail(dir.Write("a.log", Numbered(0, 100)));
  std::string read = tail.Look(4096);
  fs::resize_file(dir.File("a.log"), 0);
  dir.Append("a.log", Numbered(100, 300));

  EXPECT_EQ(read + tail.Look(4096), Numbered(0, 300));
}

TEST(VectorHarness, FileRotateCreate) {
  const TempDir dir;
  Tail tail(dir.Write("a.log", Numbered(0, 100)));
  std::string read = tail.Look(4096);
  dir.Append("a.log", Numbered(100, 150));
  fs::rename(dir.File("a.log"), dir.File("a.log.1"));
  dir.Write("a.log", Numbered(150, 200));

  EXPECT_EQ(read + tail.Look(4096), Numbered(0, 200));
  EXPECT_EQ(tail.LookLater(), "");
}

TEST(VectorHarness, FileRotateTruncate) {
  const TempDir dir;
  Tail tail(dir.Write("a.log", Numbered(0, 100)));
  std::string read = tail.Look(4096);
  dir.Append("a.log", Numbered(100, 150));
  dir.Write("a.log.1", dir.Read("a.log"));
  fs::resize_file(dir.File("a.log"), 0);
  dir.Append("a.log", Numbered(150, 200));

  read += tail.Look(4096);
  EXPECT_EQ(read + tail.LookLater(), Numbered(0, 200));
}

TEST(VectorHarness, PersistenceOverARestart) {
  const TempDir dir;
  Tail tail(dir.Write("a.log", Numbered(0, 100)));
  std::string read = tail.Look(4096);
  const std::string position = tail.source().position();
  dir.Append("a.log", Numbered(100, 200));
  tail.Restart(position);

  EXPECT_EQ(read + tail.Look(4096), Numbered(0, 200));
}

}  // namespace
}  // namespace tocsin
