#include "engine/state/state_store.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tocsin {
namespace {

std::vector<std::string> Keys(StateStore* store, std::string_view prefix) {
  std::vector<std::string> keys;
  EXPECT_TRUE(store
                  ->ForEach(prefix,
                            [&keys](std::string_view key, std::string_view) {
                              keys.emplace_back(key);
                              return absl::OkStatus();
                            })
                  .ok());
  return keys;
}

TEST(MemoryStateStoreTest, SeesWhatIsNotSyncedAndLosesItInACrash) {
  MemoryStateStore store;
  ASSERT_TRUE(store.Put("a", "1").ok());
  ASSERT_TRUE(store.Sync().ok());
  ASSERT_TRUE(store.Put("a", "2").ok());
  ASSERT_TRUE(store.Delete("b").ok());
  EXPECT_EQ(*store.Get("a"), "2");

  store.Crash();

  EXPECT_EQ(*store.Get("a"), "1");
}

TEST(MemoryStateStoreTest, AFailedSyncIsThereWhollyOrNotAtAll) {
  for (const bool torn : {false, true}) {
    MemoryStateStore store;
    store.FailNextSync(torn);
    ASSERT_TRUE(store.Put("a", "1").ok());
    ASSERT_TRUE(store.Put("b", "1").ok());
    EXPECT_TRUE(absl::IsUnavailable(store.Sync()));
    store.Crash();
    EXPECT_EQ(store.Get("a").ok(), torn);
    EXPECT_EQ(store.Get("b").ok(), torn);
  }
}

TEST(MemoryStateStoreTest, VisitsAPrefixInOrder) {
  MemoryStateStore store;
  for (const char* key : {"s/2", "s/1", "t", "s/3", "r"}) {
    ASSERT_TRUE(store.Put(key, "x").ok());
  }
  ASSERT_TRUE(store.Sync().ok());
  ASSERT_TRUE(store.Delete("s/3").ok());

  EXPECT_THAT(Keys(&store, "s/"), ::testing::ElementsAre("s/1", "s/2"));
}

TEST(MemoryStateStoreTest, AbsentIsNotFound) {
  MemoryStateStore store;

  EXPECT_TRUE(absl::IsNotFound(store.Get("a").status()));
}

}  // namespace
}  // namespace tocsin
