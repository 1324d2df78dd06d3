#include "engine/durable/checkpoints.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tocsin {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

std::vector<std::string> Values(Checkpoints* checkpoints) {
  std::vector<std::string> values;
  const absl::Status status =
      checkpoints->ForEachValue([&](std::string_view records) {
        values.emplace_back(records);
        return absl::OkStatus();
      });
  EXPECT_TRUE(status.ok()) << status;
  return values;
}

// One checkpoint with records of some groups.
absl::Status Make(
    const std::vector<std::pair<std::size_t, std::string>>& records, bool whole,
    Checkpoints* checkpoints, std::uint64_t cut = 0) {
  std::uint16_t groups = 0;
  CheckpointHead head;
  head.number = checkpoints->Begin(whole, &groups);
  head.cut = cut;
  head.sequence = "clock";
  head.positions["a"] = "here " + std::to_string(cut);
  head.rules = {{1, 2}};
  for (const auto& [group, bytes] : records) checkpoints->Add(group, bytes);
  checkpoints->EndAdding();
  for (;;) {
    const absl::StatusOr<bool> all = checkpoints->WriteSome();
    if (!all.ok()) return all.status();
    if (*all) break;
  }
  return checkpoints->Commit(head, {});
}

TEST(CheckpointsTest, WhatWasAddedIsReadInItsOrder) {
  MemoryStateStore store;
  Checkpoints first(&store);
  EXPECT_FALSE((*first.Load()).has_value());
  ASSERT_TRUE(Make({{3, "three"}, {1, "one"}}, false, &first, 5).ok());
  ASSERT_TRUE(Make({{1, "more of one"}}, false, &first, 9).ok());
  store.Crash();

  Checkpoints again(&store);
  const auto head = again.Load();

  ASSERT_TRUE(head.ok() && head->has_value()) << head.status();
  EXPECT_EQ((*head)->cut, 9u);
  EXPECT_EQ((*head)->positions.at("a"), "here 9");
  EXPECT_THAT((*head)->rules, ElementsAre(Hash128{1, 2}));
  EXPECT_THAT(Values(&again), ElementsAre("one", "more of one", "three"));
}

TEST(CheckpointsTest, AGroupThatIsWrittenWholeReplacesWhatWasThere) {
  MemoryStateStore store;
  Checkpoints checkpoints(&store);
  ASSERT_TRUE(Make({{1, "old"}, {2, "old too"}}, false, &checkpoints).ok());
  ASSERT_TRUE(Make({{1, "new"}}, true, &checkpoints).ok());
  store.Crash();

  Checkpoints again(&store);
  ASSERT_TRUE(again.Load().ok());
  EXPECT_THAT(Values(&again), ElementsAre("new"));
}

TEST(CheckpointsTest, OneThatDidNotBecomeValidIsAsIfItHadNotBeen) {
  for (const std::size_t kept : {0u, 1u, 2u}) {
    MemoryStateStore store;
    Checkpoints checkpoints(&store);
    ASSERT_TRUE(Make({{1, "valid"}}, false, &checkpoints, 1).ok());
    std::uint16_t groups = 0;
    checkpoints.Begin(true, &groups);
    checkpoints.Add(1, "ahead");
    checkpoints.EndAdding();
    ASSERT_TRUE(*checkpoints.WriteSome());
    store.Crash(kept);

    Checkpoints again(&store);
    EXPECT_EQ((*again.Load())->cut, 1u);
    EXPECT_THAT(Values(&again), ElementsAre("valid"));
    ASSERT_TRUE(Make({{1, "later"}}, false, &again, 2).ok());
    EXPECT_THAT(Values(&again), ElementsAre("valid", "later"));
  }
}

TEST(CheckpointsTest, ValuesAreCutAndWrittenInPieces) {
  MemoryStateStore store;
  Checkpoints checkpoints(&store);
  const std::string record(limits::kStateValueBytes / 2, 'x');
  std::vector<std::pair<std::size_t, std::string>> records(40, {0, record});
  ASSERT_TRUE(Make(records, false, &checkpoints).ok());

  EXPECT_THAT(Values(&checkpoints), SizeIs(20));
}

// However long it goes on, what has to be read stays a small multiple.
TEST(CheckpointsTest, OldChangesGo) {
  MemoryStateStore store;
  Checkpoints checkpoints(&store);
  std::vector<std::pair<std::size_t, std::string>> all;
  for (std::size_t group = 0; group < kStateGroups; ++group) {
    all.emplace_back(group, std::string(1'000, 'x'));
  }
  ASSERT_TRUE(Make(all, true, &checkpoints).ok());
  for (int i = 0; i < 200; ++i) {
    std::uint16_t whole = 0;
    CheckpointHead head;
    head.number = checkpoints.Begin(false, &whole);
    for (std::size_t group = 0; group < kStateGroups; ++group) {
      const bool is_whole = (whole >> group & 1) != 0;
      checkpoints.Add(group, std::string(is_whole ? 1'000 : 200, 'y'));
    }
    checkpoints.EndAdding();
    while (!*checkpoints.WriteSome()) {
    }
    ASSERT_TRUE(checkpoints.Commit(head, {}).ok());
  }
  EXPECT_LT(checkpoints.bytes(), 4u * 16 * 1'000);
}

TEST(CheckpointsTest, DamageIsToldAndNamed) {
  MemoryStateStore good;
  Checkpoints checkpoints(&good);
  ASSERT_TRUE(Make({{1, "one"}, {2, "two"}}, false, &checkpoints).ok());
  std::vector<std::pair<Family, std::string>> keys{
      {Family::kMeta, "checkpoint"}};
  ASSERT_TRUE(good.ForEach(Family::kState, "",
                           [&](std::string_view key, std::string_view) {
                             keys.emplace_back(Family::kState, key);
                             return absl::OkStatus();
                           })
                  .ok());
  for (const auto& [family, key] : keys) {
    const std::string value = *good.Get(family, key);
    for (std::size_t i = 0; i <= value.size(); ++i) {
      MemoryStateStore store;
      StoreBatch batch;
      for (const auto& [other, name] : keys) {
        batch.Put(other, name, *good.Get(other, name));
      }
      batch.Put(Family::kPositions, "a", "here");
      std::string flipped = value;
      if (i < value.size()) {
        flipped[i] ^= 1;
        batch.Put(family, key, flipped);
      } else {
        batch.Delete(family, key);
      }
      ASSERT_TRUE(store.Write(batch, true).ok());
      Checkpoints damaged(&store);
      const auto head = damaged.Load();
      if (!head.ok()) {
        EXPECT_TRUE(absl::IsDataLoss(head.status())) << head.status();
        continue;
      }
      if (!head->has_value()) continue;  // The head is gone as a whole.
      EXPECT_TRUE(absl::IsDataLoss(damaged.ForEachValue(
          [](std::string_view) { return absl::OkStatus(); })));
    }
  }
}

class OtherVersionTest : public ::testing::TestWithParam<char> {};

// There is one so far: what is newer is refused, and so is what none wrote.
TEST_P(OtherVersionTest, IsRefused) {
  MemoryStateStore store;
  Checkpoints checkpoints(&store);
  ASSERT_TRUE(Make({}, false, &checkpoints).ok());
  std::string head = *store.Get(Family::kMeta, "checkpoint");
  head = head.substr(0, head.size() - 8);
  head[0] = GetParam();
  std::uint64_t sum = Hash64(head);
  head.append(reinterpret_cast<const char*>(&sum), sizeof(sum));
  StoreBatch batch;
  batch.Put(Family::kMeta, "checkpoint", head);
  ASSERT_TRUE(store.Write(batch, true).ok());

  Checkpoints again(&store);
  const auto loaded = again.Load();

  EXPECT_TRUE(absl::IsFailedPrecondition(loaded.status())) << loaded.status();
  EXPECT_THAT(std::string(loaded.status().message()),
              ::testing::HasSubstr("run the version that wrote it"));
}

INSTANTIATE_TEST_SUITE_P(Versions, OtherVersionTest, ::testing::Values(0, 2));

}  // namespace
}  // namespace tocsin
