// Where following goes on when the log was rotated meanwhile.
#include <filesystem>

#include "connectors/file/tail_source.h"
#include "engine/base/hash.h"
#include "gtest/gtest.h"
#include "tests/testing/compress.h"
#include "tests/testing/rotating_log.h"
#include "tests/testing/tail.h"
#include "tests/testing/temp_dir.h"

namespace tocsin {
namespace {

namespace fs = std::filesystem;
using testing::RotatingLog;
using testing::Tail;
using testing::TempDir;
using ::testing::Values;

// The log of a test: read up to some place, then rotated while nobody reads.
class Rotated {
 public:
  Rotated() : log_(Options()) {}
  testing::RotatingLogOptions Options() {
    testing::RotatingLogOptions options;
    options.path = path();
    options.now_ms = [this] { return now_ms_ += 1000; };
    return options;
  }
  std::string path() const { return dir_.File("audit.log"); }
  RotatingLog& log() { return log_; }
  const TempDir& dir() const { return dir_; }
  // The newest backup.
  std::string Newest() const { return log_.Backups().front(); }

 private:
  TempDir dir_;
  std::int64_t now_ms_ = 1'780'000'000'000;
  RotatingLog log_;
};

constexpr std::string_view kFirst = "one\ntwo\nthree\n";

class TailResumeAt : public ::testing::TestWithParam<std::size_t> {};

// At the start, in the middle, before the last line and at the exact end; the
// log rotated once to four times, and compressed.
TEST_P(TailResumeAt, NothingIsLostAndNothingDoubled) {
  for (const bool compress : {false, true}) {
    for (int rotations = 1; rotations <= 4; ++rotations) {
      Rotated rotated;
      rotated.log().Write("");
      Tail tail(rotated.path());
      std::string expected(kFirst);
      if (GetParam() > 0) {
        rotated.log().Write(kFirst.substr(0, GetParam()));
        EXPECT_EQ(tail.Look(), kFirst.substr(0, GetParam()));
        expected = kFirst.substr(GetParam());
      } else {
        EXPECT_EQ(tail.Look(), "");
      }
      const std::string position = tail.source().position();
      rotated.log().Write(expected);
      for (int i = 0; i < rotations; ++i) {
        rotated.log().Rotate();
        if (compress) rotated.log().Compress(rotated.Newest());
        const std::string line = "after " + std::to_string(i) + "\n";
        rotated.log().Write(line);
        expected += line;
      }

      tail.Restart(position);

      EXPECT_EQ(tail.Look(), expected) << compress << " " << rotations;
      EXPECT_EQ(tail.LookLater(), "");
      EXPECT_TRUE(tail.lost().empty());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Everywhere, TailResumeAt, Values(0, 4, 8, 14));

TEST(TailResumeTest, ZstdIsReadOnAsWell) {
  Rotated rotated;
  rotated.log().Write(kFirst);
  Tail tail(rotated.path());
  EXPECT_EQ(tail.Look(), kFirst);
  const std::string position = tail.source().position();
  rotated.log().Write("four\n");
  rotated.log().Rotate();
  const std::string backup = fs::path(rotated.Newest()).filename();
  rotated.dir().Write(backup + ".zst",
                      testing::Zstd(rotated.dir().Read(backup)));
  fs::remove(rotated.dir().File(backup));

  tail.Restart(position);

  EXPECT_EQ(tail.Look(), "four\n");
}

TEST(TailResumeTest, WhatWasPrunedIsToldWithItsPlaceAndTheRestGoesOn) {
  Rotated rotated;
  rotated.log().Write("one\n");
  Tail tail(rotated.path());
  EXPECT_EQ(tail.Look(), "one\n");
  const std::string position = tail.source().position();
  rotated.log().Write("never read\n");
  for (const char* line : {"two\n", "three\n"}) {
    rotated.log().Rotate();
    rotated.log().Write(line);
  }
  rotated.log().Prune(1);

  tail.Restart(position);

  EXPECT_EQ(tail.Look(), "two\nthree\n");
  ASSERT_EQ(tail.lost().size(), 1u);
  EXPECT_TRUE(tail.lost()[0].starts_with(rotated.path() + " from byte 4 (20"))
      << tail.lost()[0];
  EXPECT_TRUE(tail.lost()[0].ends_with("): its rotated file is gone"));
  EXPECT_EQ(tail.source().counts().lost, 1u);
  // Told once: it is in no later position.
  tail.Restart();
  EXPECT_EQ(tail.Look(), "");
  EXPECT_EQ(tail.lost().size(), 1u);
}

TEST(TailResumeTest, WhatWasLostIsInThePositionUntilItIsTold) {
  Rotated rotated;
  rotated.log().Write("one\n");
  Tail tail(rotated.path());
  tail.Look();
  const std::string position = tail.source().position();
  rotated.log().Rotate();
  rotated.log().Prune(0);
  tail.Restart(position);
  tail.source().StreamName(1);

  tail.Restart(tail.source().position());
  tail.Look();

  EXPECT_EQ(tail.lost().size(), 1u);
}

TEST(TailResumeTest, AFileThatWasReadToItsEndAndPrunedIsNoLoss) {
  Rotated rotated;
  rotated.log().Write("one\n");
  Tail tail(rotated.path());
  tail.Look();
  rotated.log().Rotate();
  rotated.log().Write("two\n");
  EXPECT_EQ(tail.Look(), "two\n");
  const std::string position = tail.source().position();
  rotated.log().Prune(0);

  tail.Restart(position);

  EXPECT_EQ(tail.LookLater(), "");
  EXPECT_TRUE(tail.lost().empty());
}

// Between two looks the log was rotated three times, and so many of its backups
// are left. The file that was written before is read from where it is open.
TEST(TailResumeTest, WhatMayHaveBeenPrunedUnseenIsTold) {
  const struct {
    int left;
    std::string expected;
    bool told;
  } cases[] = {{3, "two\nthree\nfour\nfive\n", false},
               {2, "two\nthree\nfour\nfive\n", true},
               {1, "two\nfour\nfive\n", true}};
  for (const auto& one : cases) {
    for (const bool compress : {false, true}) {
      SCOPED_TRACE(one.expected + (compress ? "gz" : ""));
      Rotated rotated;
      RotatingLog& log = rotated.log();
      log.Write("one\n");
      Tail tail(rotated.path());
      EXPECT_EQ(tail.Look(), "one\n");
      for (const char* line : {"two\n", "three\n", "four\n"}) {
        log.Write(line);
        log.Rotate();
        if (compress) log.Compress(rotated.Newest());
      }
      log.Prune(one.left);
      log.Write("five\n");

      EXPECT_EQ(tail.Look(), one.expected);

      ASSERT_EQ(tail.lost().size(), one.told ? 1u : 0u);
      if (!one.told) continue;
      EXPECT_TRUE(tail.lost()[0].starts_with(rotated.path() + " from byte 8 ("))
          << tail.lost()[0];
    }
  }
}

TEST(TailResumeTest, APartialGzBesideItsPlainTwinIsIgnored) {
  Rotated rotated;
  rotated.log().Write("one\n");
  Tail tail(rotated.path());
  tail.Look();
  const std::string position = tail.source().position();
  rotated.log().Write("two\n");
  rotated.log().Rotate();
  rotated.log().Compress(rotated.Newest(), 0.5);
  rotated.log().Write("three\n");

  tail.Restart(position);

  EXPECT_EQ(tail.Look(), "two\nthree\n");
  EXPECT_TRUE(tail.lost().empty());
}

TEST(TailResumeTest, OfABrokenGzWithoutATwinIsGivenWhatCanBeHad) {
  Rotated rotated;
  rotated.log().Write("one\n");
  Tail tail(rotated.path());
  tail.Look();
  const std::string position = tail.source().position();
  std::string rest;
  for (int i = 0; i < 20'000; ++i) rest += std::to_string(i * 7919) + "\n";
  rotated.log().Write(rest);
  rotated.log().Rotate();
  const std::string backup = rotated.Newest();
  rotated.log().Compress(backup, 0.5);
  fs::remove(backup);
  rotated.log().Write("three\n");

  tail.Restart(position);
  const std::string read = tail.Look(1 << 16);

  const std::size_t end = read.find('|');
  ASSERT_NE(end, std::string::npos);
  EXPECT_GT(end, rest.size() / 4);
  EXPECT_EQ(read.substr(0, end), rest.substr(0, end));
  EXPECT_EQ(read.substr(end), "|three\n");
  ASSERT_EQ(tail.lost().size(), 1u);
  EXPECT_TRUE(tail.lost()[0].starts_with(backup + ".gz from byte " +
                                         std::to_string(4 + end)))
      << tail.lost()[0];
}

TEST(TailResumeTest, AFileThatWasCopiedAndTruncatedIsReadOnInItsCopy) {
  const TempDir dir;
  dir.Write("audit.log", "one\ntwo\n");
  Tail tail(dir.File("audit.log"));
  EXPECT_EQ(tail.Look(), "one\ntwo\n");
  const std::string position = tail.source().position();
  dir.Append("audit.log", "three\n");
  dir.Write("audit.log.1", dir.Read("audit.log"));
  fs::resize_file(dir.File("audit.log"), 0);
  dir.Append("audit.log", "four\n");

  tail.Restart(position);

  EXPECT_EQ(tail.Look(), "three\nfour\n");
  EXPECT_TRUE(tail.lost().empty());
}

TEST(TailResumeTest, AtAFirstStartBackupsThatThePatternDoesNotNameAreLeft) {
  Rotated rotated;
  rotated.log().Write("old\n");
  rotated.log().Rotate();
  rotated.log().Write("new\n");

  Tail path(rotated.path());
  Tail glob(rotated.dir().File("audit*"));
  Tail end(rotated.dir().File("audit*"), TailStart::kEnd);

  EXPECT_EQ(path.Look(), "new\n");
  EXPECT_EQ(glob.Look(), "old\nnew\n");
  EXPECT_EQ(end.Look(), "");
  EXPECT_EQ(path.LookLater() + glob.LookLater() + end.LookLater(), "");
  rotated.log().Compress(rotated.Newest());
  EXPECT_EQ(path.LookLater() + glob.LookLater() + end.LookLater(), "");
}

TEST(TailResumeTest, ACompressedBackupThatThePatternNamesIsAStream) {
  Rotated rotated;
  rotated.log().Write("old\n");
  rotated.log().Rotate();
  rotated.log().Write("new\n");
  rotated.log().Compress(rotated.Newest());

  Tail glob(rotated.dir().File("audit*"));

  EXPECT_EQ(glob.Look(), "old\nnew\n");
  EXPECT_EQ(glob.streams(), (std::vector<std::uint32_t>{1, 2}));
}

TEST(TailResumeTest, AMovedAndACopiedFileAreKnownByTheirText) {
  const TempDir dir;
  dir.Write("audit.log", "one\n");
  Tail tail(dir.File("audit.log"));
  tail.Look();
  const std::string position = tail.source().position();
  dir.Write("other", "one\ntwo\n");
  fs::rename(dir.File("other"), dir.File("audit.log"));  // Another inode.

  tail.Restart(position);

  EXPECT_EQ(tail.Look(), "two\n");
}

TEST(TailResumeTest, APositionOfTheFormWithoutAVersionGoesOn) {
  Rotated rotated;
  rotated.log().Write("older\n");
  rotated.log().Rotate();
  rotated.log().Write("one\ntwo\n");
  struct stat status;
  ASSERT_EQ(stat(rotated.path().c_str(), &status), 0);
  const std::string position =
      std::to_string(status.st_dev) + " " + std::to_string(status.st_ino) +
      " 4 " + std::to_string(Hash64("one\n")) + " " + rotated.path() + "\n";
  rotated.log().Rotate();
  rotated.log().Write("three\n");
  rotated.log().Rotate();
  rotated.log().Write("four\n");

  Tail tail(rotated.path());
  tail.Restart(position);

  EXPECT_EQ(tail.Look(), "two\nthree\nfour\n");
}

TEST(TailResumeTest, IdsOfStreamsAreNotUsedAgain) {
  Rotated rotated;
  rotated.log().Write("one\n");
  Tail tail(rotated.path());
  tail.Look();
  rotated.log().Rotate();
  rotated.log().Write("two\n");
  EXPECT_EQ(tail.LookLater(), "two\n");
  tail.Restart();
  rotated.log().Rotate();
  rotated.log().Write("three\n");

  EXPECT_EQ(tail.Look(), "three\n");

  EXPECT_EQ(tail.streams(), (std::vector<std::uint32_t>{1, 2, 3}));
}

}  // namespace
}  // namespace tocsin
