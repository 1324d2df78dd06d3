#include "engine/state/state_store.h"

#include "engine/base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tocsin {
namespace {

constexpr Family kAny = Family::kState;

StoreBatch Puts(const std::vector<std::string>& keys, const char* value) {
  StoreBatch batch;
  for (const std::string& key : keys) batch.Put(kAny, key, value);
  return batch;
}

std::vector<std::string> Keys(StateStore* store, std::string_view prefix) {
  std::vector<std::string> keys;
  EXPECT_TRUE(store
                  ->ForEach(kAny, prefix,
                            [&keys](std::string_view key, std::string_view) {
                              keys.emplace_back(key);
                              return absl::OkStatus();
                            })
                  .ok());
  return keys;
}

TEST(MemoryStateStoreTest, SeesWhatIsNotSyncedAndLosesItInACrash) {
  MemoryStateStore store;
  ASSERT_TRUE(store.Write(Puts({"a"}, "1"), true).ok());
  ASSERT_TRUE(store.Write(Puts({"a"}, "2"), false).ok());
  EXPECT_EQ(*store.Get(kAny, "a"), "2");

  store.Crash();

  EXPECT_EQ(*store.Get(kAny, "a"), "1");
}

TEST(MemoryStateStoreTest, ACrashMayLeaveTheFirstOfThem) {
  MemoryStateStore store;
  for (const char* value : {"1", "2", "3"}) {
    ASSERT_TRUE(store.Write(Puts({"a", value}, value), false).ok());
  }

  store.Crash(2);

  EXPECT_EQ(*store.Get(kAny, "a"), "2");
  EXPECT_THAT(Keys(&store, ""), ::testing::ElementsAre("1", "2", "a"));
}

TEST(MemoryStateStoreTest, AFailedSyncIsThereWhollyOrNotAtAll) {
  for (const bool torn : {false, true}) {
    MemoryStateStore store;
    store.FailNextSync(torn);
    EXPECT_TRUE(IsStorageFailure(store.Write(Puts({"a", "b"}, "1"), true)));
    store.Crash();
    EXPECT_EQ(store.Get(kAny, "a").ok(), torn);
    EXPECT_EQ(store.Get(kAny, "b").ok(), torn);
  }
}

TEST(MemoryStateStoreTest, VisitsAPrefixOfAFamilyInOrder) {
  MemoryStateStore store;
  StoreBatch batch = Puts({"s/2", "s/1", "t", "s/3", "r"}, "x");
  batch.Put(Family::kOutbox, "s/0", "x");
  batch.Delete(kAny, "s/3");
  ASSERT_TRUE(store.Write(batch, false).ok());

  EXPECT_THAT(Keys(&store, "s/"), ::testing::ElementsAre("s/1", "s/2"));
}

TEST(MemoryStateStoreTest, AbsentIsNotFound) {
  MemoryStateStore store;

  EXPECT_TRUE(absl::IsNotFound(store.Get(kAny, "a").status()));
}

TEST(MemoryStateStoreTest, WithoutRoomNothingIsWritten) {
  MemoryStateStore store;
  store.Fill(true);
  EXPECT_TRUE(absl::IsResourceExhausted(store.Write(Puts({"a"}, "1"), true)));
  store.Fill(false);
  EXPECT_TRUE(absl::IsNotFound(store.Get(kAny, "a").status()));
  EXPECT_TRUE(store.Write(Puts({"a"}, "1"), true).ok());
}

}  // namespace
}  // namespace tocsin
