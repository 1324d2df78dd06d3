// Which rule has the state, of records as checkpoints have them.
#include "app/state_rules.h"

#include "engine/base/coding.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tocsin {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr Hash128 kBig{1, 1};
constexpr Hash128 kSmall{2, 2};

// Records of one value, as a shard writes them.
class Value {
 public:
  Value& Shard(std::uint16_t shard) {
    PutNumber(RecordKind::kShard, &bytes_);
    PutNumber(shard, &bytes_);
    return *this;
  }
  Value& Rule(const Hash128& uid) {
    PutNumber(RecordKind::kRule, &bytes_);
    PutNumber(uid.high, &bytes_);
    PutNumber(uid.low, &bytes_);
    return *this;
  }
  Value& Entry(EntryKind kind, std::uint64_t key, std::size_t size) {
    PutNumber(RecordKind::kEntry, &bytes_);
    PutNumber(kind, &bytes_);
    PutNumber(key, &bytes_);
    PutBytes(std::string(size, 'x'), &bytes_);
    return *this;
  }
  Value& Gone(EntryKind kind, std::uint64_t key) {
    PutNumber(RecordKind::kGone, &bytes_);
    PutNumber(kind, &bytes_);
    PutNumber(key, &bytes_);
    return *this;
  }
  Value& Samples(std::size_t size) {
    PutNumber(RecordKind::kSamples, &bytes_);
    PutNumber(std::uint8_t{0}, &bytes_);
    PutBytes(std::string(size, 'x'), &bytes_);
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

TEST(StateByRuleTest, WhatCameLaterCountsAndTheLargestIsFirst) {
  StateByRule by_rule;
  ASSERT_TRUE(by_rule.Add(Value()
                              .Shard(3)
                              .Samples(50)
                              .Rule(kSmall)
                              .Entry(EntryKind::kKey, 1, 10)
                              .Rule(kBig)
                              .Entry(EntryKind::kKey, 1, 100)
                              .Entry(EntryKind::kKey, 2, 100)
                              .Entry(EntryKind::kIncident, 1, 300)
                              .bytes()));
  ASSERT_TRUE(by_rule.Add(Value()
                              .Shard(3)
                              .Rule(kBig)
                              .Entry(EntryKind::kKey, 1, 40)
                              .Gone(EntryKind::kKey, 2)
                              .Gone(EntryKind::kKey, 7)
                              .Entry(EntryKind::kCollected, 1, 5)
                              .Entry(EntryKind::kSeen, 9, 6)
                              .bytes()));
  // Of another group: the same key is another's.
  ASSERT_TRUE(by_rule.Add(
      Value().Shard(900).Rule(kBig).Entry(EntryKind::kKey, 1, 1).bytes()));

  const std::vector<RuleKept> all = by_rule.Take({{kBig, "burst"}});

  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0].name, "burst");
  EXPECT_EQ(all[0].keys, 3u);
  EXPECT_EQ(all[0].holds, 1u);
  EXPECT_EQ(all[0].collected, 1u);
  EXPECT_EQ(all[0].bytes, 40u + 300 + 5 + 6 + 1 + 5 * sizeof(std::uint64_t));
  EXPECT_EQ(all[1].name, ToHex(kSmall));
  EXPECT_EQ(all[1].keys, 1u);
  EXPECT_EQ(by_rule.shared_bytes(), 50u);
}

TEST(StateByRuleTest, DamageIsTold) {
  const std::string records =
      Value().Shard(3).Rule(kBig).Entry(EntryKind::kKey, 1, 10).bytes();
  StateByRule by_rule;
  EXPECT_FALSE(by_rule.Add(records.substr(0, records.size() - 1)));
  EXPECT_FALSE(by_rule.Add("?"));
}

TEST(RuleNamesTest, AreReadAgain) {
  MemoryStateStore store;
  EXPECT_THAT(*ReadRuleNames(&store), IsEmpty());
  ASSERT_TRUE(WriteRuleNames({{"a", kSmall}, {"b", kBig}}, &store).ok());
  EXPECT_THAT(*ReadRuleNames(&store),
              ElementsAre(std::pair(kBig, "b"), std::pair(kSmall, "a")));
  ASSERT_TRUE(WriteRuleNames({{"c", kBig}}, &store).ok());
  EXPECT_THAT(*ReadRuleNames(&store), ElementsAre(std::pair(kBig, "c")));

  StoreBatch batch;
  batch.Put(Family::kMeta, "rules", "no names");
  ASSERT_TRUE(store.Write(batch, true).ok());
  EXPECT_TRUE(absl::IsDataLoss(ReadRuleNames(&store).status()));
}

}  // namespace
}  // namespace tocsin
