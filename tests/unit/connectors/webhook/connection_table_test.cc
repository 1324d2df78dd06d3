#include "connectors/webhook/connection_table.h"

#include "gtest/gtest.h"

namespace tocsin::webhook {
namespace {

TEST(ConnectionTableTest, TheOldestUnprovenMakesRoom) {
  ConnectionTable table(3, 3, 0);
  std::vector<int> evicted;
  const auto enter = [&](const std::string& peer, int number) {
    return table.Enter(peer, [&, number] { evicted.push_back(number); });
  };
  const auto first = enter("a", 1);
  enter("b", 2);
  enter("c", 3);
  EXPECT_EQ(table.open(), 3u);
  table.Prove(first);
  EXPECT_NE(enter("d", 4), 0u);
  EXPECT_EQ(evicted, std::vector<int>{2});
  EXPECT_EQ(table.open(), 3u);
  EXPECT_EQ(table.evicted(), 1u);
  table.Leave(first);
  EXPECT_NE(enter("e", 5), 0u);
  EXPECT_EQ(evicted.size(), 1u);
}

TEST(ConnectionTableTest, APeerMakesRoomForItself) {
  ConnectionTable table(10, 2, 0);
  std::vector<int> evicted;
  const auto enter = [&](const std::string& peer, int number) {
    return table.Enter(peer, [&, number] { evicted.push_back(number); });
  };
  enter("other", 0);
  enter("a", 1);
  const auto second = enter("a", 2);
  enter("a", 3);
  EXPECT_EQ(evicted, std::vector<int>{1});
  table.Prove(second);
  enter("a", 4);
  EXPECT_EQ(evicted, (std::vector<int>{1, 3}));
}

TEST(ConnectionTableTest, WithoutAnyUnprovenThereIsNoRoom) {
  ConnectionTable table(2, 2, 0);
  table.Prove(table.Enter("a", [] {}));
  table.Prove(table.Enter("b", [] {}));
  EXPECT_EQ(table.Enter("c", [] {}), 0u);
  EXPECT_FALSE(table.EvictOne());
}

TEST(ConnectionTableTest, AnEvictedOneMayLeaveAgain) {
  ConnectionTable table(1, 1, 0);
  const auto first = table.Enter("a", [] {});
  const auto second = table.Enter("a", [] {});
  table.Leave(first);
  EXPECT_EQ(table.open(), 1u);
  table.Leave(second);
  table.Leave(second);
  EXPECT_EQ(table.open(), 0u);
}

TEST(ConnectionTableTest, APeerSendsSoManyRequestsASecond) {
  ConnectionTable table(10, 10, 2);
  constexpr std::int64_t kSecond = 1'000'000;
  EXPECT_TRUE(table.TakeRequest("a", 0));
  EXPECT_TRUE(table.TakeRequest("a", 0));
  EXPECT_FALSE(table.TakeRequest("a", 0));
  EXPECT_TRUE(table.TakeRequest("b", 0));
  EXPECT_TRUE(table.TakeRequest("a", kSecond / 2));
  EXPECT_FALSE(table.TakeRequest("a", kSecond / 2));
  // Connecting anew gives no new requests.
  table.Leave(table.Enter("a", [] {}));
  EXPECT_FALSE(table.TakeRequest("a", kSecond / 2));
}

}  // namespace
}  // namespace tocsin::webhook
