#include "connectors/stdio/fd_reader.h"

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

// Everything a reader gives, `step` bytes at a time; its failure behind it.
std::string ReadAll(FdReader* reader, std::size_t step = 7) {
  std::string all;
  std::string piece(step, '\0');
  for (;;) {
    const auto got = reader->Read(piece.data(), piece.size());
    if (!got.ok()) return all + "!" + std::string(got.status().message());
    if (*got == 0) return all;
    all.append(piece, 0, *got);
  }
}

std::string ReadFile(const std::string& path, std::size_t step = 7) {
  auto reader = FdReader::Open(path);
  if (!reader.ok()) return "!" + std::string(reader.status().message());
  return ReadAll(reader->get(), step);
}

TEST(FdReaderTest, PlainBytesComeAsTheyAre) {
  const TempDir dir;

  EXPECT_EQ(ReadFile(dir.Write("a.log", "one\ntwo\nthree")), "one\ntwo\nthree");
  EXPECT_EQ(ReadFile(dir.Write("b.log", "")), "");
  EXPECT_EQ(ReadFile(dir.Write("c.log", "x")), "x");
}

TEST(FdReaderTest, GzipIsToldByContentAndReadThroughAllItsMembers) {
  const TempDir dir;
  const std::string text =
      Gzip("first\n") + Gzip("") + Gzip("second\n") + std::string(512, '\0');

  EXPECT_EQ(ReadFile(dir.Write("no-ending", text)), "first\nsecond\n");
}

TEST(FdReaderTest, ZstdIsReadThroughAllItsFrames) {
  const TempDir dir;
  const std::string skippable =
      std::string("\x50\x2a\x4d\x18\x03\x00\x00\x00", 8) + "abc";

  EXPECT_EQ(
      ReadFile(dir.Write("x", Zstd("first\n") + skippable + Zstd("second\n"))),
      "first\nsecond\n");
  EXPECT_EQ(ReadFile(dir.Write("y", skippable + Zstd("z"))), "z");
}

TEST(FdReaderTest, WhatExpandsMuchComesInManyReads) {
  const TempDir dir;
  const std::string text(3u << 20, 'a');

  EXPECT_EQ(ReadFile(dir.Write("a.gz", Gzip(text)), 100'000), text);
  EXPECT_EQ(ReadFile(dir.Write("a.zst", Zstd(text)), 100'000), text);
}

TEST(FdReaderTest, CompressedDataThatEndsEarlyGivesWhatThereIsThenFails) {
  const TempDir dir;
  std::string text;
  for (int i = 0; i < 5000; ++i) text += std::to_string(i * 7919) + "\n";
  const std::string gzip = Gzip(text);
  const std::string zstd = Zstd(text);

  const std::string from_gzip =
      ReadFile(dir.Write("a.gz", gzip.substr(0, gzip.size() / 2)));
  const std::string from_zstd =
      ReadFile(dir.Write("a.zst", zstd.substr(0, zstd.size() / 2)));

  EXPECT_THAT(from_gzip, HasSubstr("ends in the middle"));
  EXPECT_EQ(from_gzip.substr(0, 1000), text.substr(0, 1000));
  EXPECT_THAT(from_zstd, HasSubstr("ends in the middle"));
}

TEST(FdReaderTest, BrokenCompressedDataIsNamed) {
  const TempDir dir;
  std::string gzip = Gzip("some text that is long enough to be hurt");
  gzip[14] = static_cast<char>(gzip[14] ^ 0x55);
  gzip[15] = static_cast<char>(gzip[15] ^ 0x55);

  EXPECT_THAT(ReadFile(dir.Write("a.gz", gzip)), HasSubstr("broken gzip"));
  EXPECT_THAT(ReadFile(dir.Write("b.gz", Gzip("x") + "rubbish")),
              HasSubstr("not gzip behind the end"));
}

TEST(FdReaderTest, ADirectoryAndAMissingFileAreNamed) {
  const TempDir dir;

  EXPECT_THAT(ReadFile(dir.path()), HasSubstr("is a directory"));
  EXPECT_THAT(ReadFile(dir.File("none.log")),
              HasSubstr("none.log: No such file"));
}

TEST(FdReaderTest, SkipPassesOverBytesOfTheText) {
  const TempDir dir;
  auto reader = *FdReader::Open(dir.Write("a.gz", Gzip("0123456789")));

  ASSERT_TRUE(reader->Skip(4).ok());

  EXPECT_EQ(ReadAll(reader.get()), "456789");
  EXPECT_FALSE(reader->Skip(1).ok());
}

TEST(FdReaderTest, AFirstByteThatStartsNoCompressionIsNotHeldBack) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  FdReader reader(UniqueFd(ends[0]), "pipe");
  ASSERT_EQ(write(ends[1], "{", 1), 1);

  char byte = 0;
  const auto got = reader.Read(&byte, 1);

  ASSERT_TRUE(got.ok());
  EXPECT_EQ(byte, '{');
  EXPECT_FALSE(reader.Readable(0));
  close(ends[1]);
  EXPECT_TRUE(reader.Readable(0));
}

}  // namespace
}  // namespace tocsin
