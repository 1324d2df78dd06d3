#include "engine/durable/merge_log.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tocsin {
namespace {

using Kind = MergeEntry::Kind;
using ::testing::SizeIs;

void Put(std::uint64_t first, const std::string& bytes, StateStore* store) {
  StoreBatch batch;
  batch.Put(Family::kMerge, MergeKey(first), bytes);
  ASSERT_TRUE(store->Write(batch, true).ok());
}

// Two stretches of two sources, three entries each.
void Fill(StateStore* store) {
  MergeWriter writer({"a", "b"});
  std::string bytes;
  writer.Chunk(0, 7, "seven", 100, false, CheckOf("x"), &bytes);
  writer.Chunk(1, 0, "", 200, true, 5, &bytes);
  writer.Timed(Kind::kShown, 1, -3, &bytes);
  Put(0, bytes, store);
  bytes.clear();
  writer.Chunk(0, 7, "asked once", 300, false, 6, &bytes);
  writer.Timed(Kind::kTick, 0, 99, &bytes);
  writer.Lost(1, "bytes 1 to 2", &bytes);
  Put(3, bytes, store);
}

TEST(MergeLogTest, IsReadAsItWasWritten) {
  MemoryStateStore store;
  Fill(&store);

  const auto log = ReadMergeLog(&store, 0);

  ASSERT_TRUE(log.ok()) << log.status();
  ASSERT_THAT(*log, SizeIs(6));
  EXPECT_EQ((*log)[0].stream, "seven");
  EXPECT_EQ((*log)[0].check, CheckOf("x"));
  EXPECT_EQ((*log)[1].source, "b");
  EXPECT_TRUE((*log)[1].truncated);
  EXPECT_EQ((*log)[2].time_us, -3);
  EXPECT_EQ((*log)[3].stream, "seven");
  EXPECT_EQ((*log)[3].bytes, 300u);
  EXPECT_EQ((*log)[4].kind, Kind::kTick);
  EXPECT_EQ((*log)[5].lost, "bytes 1 to 2");
  EXPECT_EQ((*log)[5].number, 5u);
}

TEST(MergeLogTest, WhatACheckpointCoversIsLeftOut) {
  MemoryStateStore store;
  Fill(&store);

  EXPECT_THAT(*ReadMergeLog(&store, 2), SizeIs(4));
  EXPECT_THAT(*ReadMergeLog(&store, 6), SizeIs(0));
}

TEST(MergeLogTest, AHoleIsDamage) {
  MemoryStateStore store;
  Fill(&store);
  StoreBatch batch;
  batch.Delete(Family::kMerge, MergeKey(0));
  ASSERT_TRUE(store.Write(batch, true).ok());

  EXPECT_TRUE(absl::IsDataLoss(ReadMergeLog(&store, 0).status()));
}

TEST(MergeLogTest, EveryCutAndEveryFlipIsDamageOrAnotherLog) {
  MemoryStateStore good;
  Fill(&good);
  const std::string bytes = *good.Get(Family::kMerge, MergeKey(0));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    MemoryStateStore store;
    Put(0, bytes.substr(0, i), &store);
    ReadMergeLog(&store, 0).IgnoreError();
    std::string flipped = bytes;
    flipped[i] ^= 0x41;
    Put(0, flipped, &store);
    ReadMergeLog(&store, 0).IgnoreError();
  }
}

TEST(MergeLogTest, ReadsWhatIsBehindARestartByItself) {
  MemoryStateStore store;
  MergeWriter writer({"a"});
  std::string bytes;
  writer.Chunk(0, 1, "one", 10, false, 0, &bytes);
  writer.Restart();
  EXPECT_TRUE(writer.IsNew(0, 1));
  bytes.clear();
  writer.Chunk(0, 1, "one", 20, false, 0, &bytes);
  Put(1, bytes, &store);

  const auto log = ReadMergeLog(&store, 1);

  ASSERT_TRUE(log.ok()) << log.status();
  EXPECT_EQ(log->front().stream, "one");
}

TEST(MergeLogTest, TheCheckIsOfBothEnds) {
  const std::string bytes(1'000, 'x');
  for (const std::size_t at : {0u, 63u, 940u, 999u}) {
    std::string other = bytes;
    other[at] = 'y';
    EXPECT_NE(CheckOf(bytes), CheckOf(other)) << at;
  }
  EXPECT_NE(CheckOf("ab"), CheckOf("ba"));
}

}  // namespace
}  // namespace tocsin
