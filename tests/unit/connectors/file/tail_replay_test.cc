// Streams that are given again as a log has them.
#include <filesystem>

#include "connectors/file/tail_source.h"
#include "engine/base/limits.h"
#include "gtest/gtest.h"
#include "tests/testing/rotating_log.h"
#include "tests/testing/tail.h"
#include "tests/testing/temp_dir.h"

namespace tocsin {
namespace {

namespace fs = std::filesystem;
using testing::Tail;
using testing::TempDir;

// What the source gives while it replays.
std::string Again(Tail* tail, const std::string& name, std::uint64_t bytes) {
  const absl::Status status = tail->source().Replay({name, bytes});
  if (!status.ok()) return absl::IsNotFound(status) ? "gone" : "?";
  return tail->Look(5);
}

TEST(TailReplayTest, AStreamGivesExactlyTheBytesThatAreAskedFor) {
  const TempDir dir;
  dir.Write("a.log", "a1\na2\na3\n");
  dir.Write("b.log", "b1\nb2\n");
  Tail tail(dir.File("*.log"));
  const std::string position = tail.source().position();
  tail.Look(3);
  const std::string a = tail.source().StreamName(1);
  const std::string b = tail.source().StreamName(2);
  tail.Restart(position);

  EXPECT_EQ(Again(&tail, b, 3), "b1\n");
  EXPECT_EQ(Again(&tail, a, 6), "a1\na2\n");
  EXPECT_EQ(Again(&tail, b, 3), "b2\n");
  dir.Append("b.log", "b3\n");
  EXPECT_EQ(tail.Look(), "");  // Not before the log is through.
  tail.source().ReplayEnd();
  EXPECT_EQ(tail.Look(), "a3\nb3\n");
}

TEST(TailReplayTest, AFileThatAppearedLaterIsFoundWhateverBecameOfIt) {
  for (const char* became : {"renamed", "compressed", "deleted"}) {
    const TempDir dir;
    Tail tail(dir.File("audit.log"));
    tail.Look();
    const std::string position = tail.source().position();
    testing::RotatingLog log({dir.File("audit.log"), 1 << 20, 0, true, {}});
    log.Write("one\ntwo\n");
    EXPECT_EQ(tail.Look(4), "one\ntwo\n");
    const std::string name = tail.source().StreamName(1);
    log.Write("three\n");
    log.Rotate();
    log.Write("four\n");
    const std::string backup = log.Backups().front();
    if (became == std::string("compressed")) log.Compress(backup);
    if (became == std::string("deleted")) fs::remove(backup);

    tail.Restart(position);
    const std::string again = Again(&tail, name, 8);
    tail.source().ReplayEnd();
    const std::string rest = tail.Look();

    const bool deleted = became == std::string("deleted");
    EXPECT_EQ(again, deleted ? "gone" : "one\ntwo\n") << became;
    EXPECT_EQ(rest, deleted ? "four\n" : "three\nfour\n") << became;
  }
}

TEST(TailReplayTest, WhatStartedAtTheEndStartsThereAgain) {
  const TempDir dir;
  dir.Write("a.log", "old\n");
  Tail tail(dir.File("a.log"), TailStart::kEnd);
  tail.Look();
  const std::string position = tail.source().position();
  dir.Append("a.log", "new\n");
  EXPECT_EQ(tail.Look(), "new\n");
  const std::string name = tail.source().StreamName(1);

  tail.Restart(position);
  EXPECT_EQ(Again(&tail, name, 4), "new\n");

  // Also when no position has it.
  Tail other(dir.File("a.log"), TailStart::kEnd);
  EXPECT_EQ(Again(&other, name, 4), "new\n");
}

TEST(TailReplayTest, ALastLineWithoutLineFeedEndsAtTheSamePlace) {
  const TempDir dir;
  dir.Write("audit.log", "one\nhalf");
  Tail tail(dir.File("audit.log"));
  EXPECT_EQ(tail.Look(), "one\n");
  const std::string first = tail.source().StreamName(1);
  const std::string position = tail.source().position();
  fs::rename(dir.File("audit.log"), dir.File("audit.log.1"));
  dir.Write("audit.log", "two\nthree\n");
  EXPECT_EQ(tail.Look(4), "two\nthree\n");
  const std::string second = tail.source().StreamName(2);
  EXPECT_EQ(tail.LookLater(), "half|");

  // Between two stretches, and behind the last.
  tail.Restart(position);
  EXPECT_EQ(Again(&tail, second, 4), "two\n");
  EXPECT_EQ(Again(&tail, first, 4), "half|");
  EXPECT_EQ(Again(&tail, second, 6), "three\n");
  tail.source().ReplayEnd();
  EXPECT_EQ(tail.LookLater(), "");
}

TEST(TailReplayTest, ALineThatIsTooLongIsCutAtTheSamePlace) {
  const TempDir dir;
  std::string text(limits::kLineBytes + 100, 'x');
  dir.Write("a.log", text + "\nnext\n");
  Tail tail(dir.File("a.log"));
  const std::string position = tail.source().position();
  const std::string read = tail.Look(1 << 20);
  ASSERT_EQ(read.size(), limits::kLineBytes + 1 + 1 + 5);
  const std::string name = tail.source().StreamName(1);

  tail.Restart(position);
  ASSERT_TRUE(tail.source().Replay({name, limits::kLineBytes + 1 + 5}).ok());
  EXPECT_EQ(tail.Look(1 << 18), read);

  // And from a position in its middle.
  tail.Restart(position);
  std::string piece(1 << 20, '\0');
  tail.clock().Advance(600'000);
  ASSERT_EQ(tail.source().Read(piece.data(), piece.size())->size, 1u << 20);
  tail.Restart();
  EXPECT_EQ(tail.Look(1 << 19), read.substr(1 << 20));
}

TEST(TailReplayTest, ALineOfExactlyTheLimitIsWhole) {
  const TempDir dir;
  const std::string line(limits::kLineBytes, 'x');
  dir.Write("a.log", line + "\nnext\n");
  Tail tail(dir.File("a.log"));

  EXPECT_EQ(tail.Look(1 << 20), line + "\nnext\n");
}

TEST(TailReplayTest, BytesThatAreGoneAreNotFound) {
  const TempDir dir;
  dir.Write("a.log", "one\ntwo\n");
  Tail tail(dir.File("a.log"));
  const std::string position = tail.source().position();
  tail.Look();
  const std::string name = tail.source().StreamName(1);
  fs::resize_file(dir.File("a.log"), 4);

  tail.Restart(position);
  ASSERT_TRUE(tail.source().Replay({name, 8}).ok() ||
              absl::IsNotFound(tail.source().Replay({name, 8})));
  EXPECT_TRUE(absl::IsDataLoss(tail.source().Replay({"rubbish", 8})));
}

}  // namespace
}  // namespace tocsin
