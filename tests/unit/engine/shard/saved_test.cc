// The records of a shard, one by one: cut anywhere they are damaged and no
// more, and those of an earlier version load.
#include "engine/shard/saved_record.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/engine/shard/hand_fed.h"

namespace tocsin {
namespace {

using testing::At;
using testing::CountRule;
using ::testing::ElementsAre;
using testing::HandFed;
using testing::kMinute;
using testing::Seconds;

HandFed TwoOfThree() {
  HandFed fed({CountRule("r", 3, kMinute)}, 0);
  EXPECT_THAT(Seconds(fed.Feed(At({1, 2}))), ElementsAre());
  return fed;
}

TEST(SavedRecordTest, EachSaysWhatItIsOf) {
  HandFed fed = TwoOfThree();
  const std::string records = fed.Records();

  std::vector<RecordKind> kinds;
  std::vector<Hash128> uids;
  std::string_view rest = records;
  SavedRecord record;
  while (!rest.empty()) {
    ASSERT_TRUE(TakeRecord(&rest, &record));
    kinds.push_back(record.kind);
    if (record.kind == RecordKind::kEntry) uids.push_back(record.uid);
  }

  EXPECT_THAT(uids, ElementsAre(fed.set().rules[0].uid));
  EXPECT_THAT(kinds, ElementsAre(RecordKind::kDuplicates, RecordKind::kSamples,
                                 RecordKind::kRule, RecordKind::kHeader,
                                 RecordKind::kRule, RecordKind::kEntry));
}

TEST(SavedRecordTest, AnEntryNeedsARule) {
  HandFed fed = TwoOfThree();
  const std::string records = fed.Records();
  std::string_view rest = records;
  SavedRecord record;
  while (record.kind != RecordKind::kRule) {
    ASSERT_TRUE(TakeRecord(&rest, &record));
  }

  SavedRecord other;
  EXPECT_FALSE(TakeRecord(&rest, &other));
}

TEST(SavedRecordTest, CutAnywhereItIsToldOrWhatIsThereIsWhole) {
  HandFed fed = TwoOfThree();
  const std::string records = fed.Records();
  for (std::size_t size = 0; size < records.size(); ++size) {
    std::string_view rest = std::string_view(records).substr(0, size);
    SavedRecord record;
    bool whole = true;
    while (whole && !rest.empty()) whole = TakeRecord(&rest, &record);
    HandFed other({CountRule("r", 3, kMinute)}, 0);
    EXPECT_EQ(other.Load(std::string_view(records).substr(0, size)), whole)
        << size;
  }
}

// Before there was a budget a header ended here.
TEST(SavedRecordTest, AHeaderWithoutABudgetHasNone) {
  HandFed fed = TwoOfThree();
  const std::string records = fed.Records();
  std::string older;
  std::string_view rest = records;
  SavedRecord record;
  while (!rest.empty()) {
    const std::string_view from = rest;
    ASSERT_TRUE(TakeRecord(&rest, &record));
    if (record.kind != RecordKind::kHeader) {
      older.append(from.substr(0, from.size() - rest.size()));
      continue;
    }
    PutNumber(RecordKind::kHeader, &older);
    record.bytes.remove_suffix(sizeof(std::uint64_t));
    PutBytes(record.bytes, &older);
  }
  ASSERT_LT(older.size(), records.size());

  HandFed other({CountRule("r", 3, kMinute)}, 0);
  ASSERT_TRUE(other.Load(older));

  EXPECT_EQ(other.shard().keys(0), 1u);
  EXPECT_EQ(other.Records(), records);
}

}  // namespace
}  // namespace tocsin
