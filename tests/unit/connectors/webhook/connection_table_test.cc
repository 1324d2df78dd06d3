#include "connectors/webhook/connection_table.h"

#include "gtest/gtest.h"

namespace tocsin::webhook {
namespace {

// Connections by number, and which of them had to go.
class ConnectionTableTest : public ::testing::Test {
 protected:
  ConnectionTable::Id Enter(const std::string& peer, int number) {
    return table_.Enter(peer, [this, number] { evicted_.push_back(number); });
  }
  void Serve(ConnectionTable::Id id) {
    table_.Hold(id);
    table_.Answered(id);
  }

  ConnectionTable table_{4, 3, 0};
  std::vector<int> evicted_;
};

TEST_F(ConnectionTableTest, TheStrangerThatHasNotGotOnMakesRoom) {
  const auto first = Enter("a", 1);
  Enter("a", 2);
  Enter("b", 3);
  const auto fourth = Enter("b", 4);
  table_.Progress(first);
  EXPECT_NE(Enter("c", 5), 0u);
  EXPECT_EQ(evicted_, std::vector<int>{2});
  EXPECT_EQ(table_.open(), 4u);
  EXPECT_EQ(table_.evicted(), 1u);
  table_.Leave(fourth);
  EXPECT_NE(Enter("c", 6), 0u);
  EXPECT_EQ(evicted_.size(), 1u);
}

TEST_F(ConnectionTableTest, APeerMakesRoomForItself) {
  Enter("other", 0);
  Enter("a", 1);
  Serve(Enter("a", 2));
  Enter("a", 3);
  Enter("a", 4);
  EXPECT_EQ(evicted_, std::vector<int>{1});
  Enter("a", 5);
  EXPECT_EQ(evicted_, (std::vector<int>{1, 3}));
}

// One small request each does not keep others out for good.
TEST_F(ConnectionTableTest, WhoWasAnsweredLongAgoMakesRoom) {
  const auto first = Enter("a", 1);
  Serve(first);
  Serve(Enter("b", 2));
  Serve(Enter("c", 3));
  Serve(first);
  const auto fourth = Enter("d", 4);
  EXPECT_NE(Enter("e", 5), 0u);
  EXPECT_EQ(evicted_, std::vector<int>{2});
  table_.Progress(fourth);
  // Two strangers of four: one of them, from now on.
  EXPECT_NE(Enter("f", 6), 0u);
  EXPECT_EQ(evicted_, (std::vector<int>{2, 5}));
}

TEST_F(ConnectionTableTest, WhatIsBeingAnsweredStays) {
  std::vector<ConnectionTable::Id> held;
  for (const char* const peer : {"a", "b", "c", "d"}) {
    held.push_back(Enter(peer, 0));
    table_.Hold(held.back());
  }
  EXPECT_EQ(Enter("e", 1), 0u);
  EXPECT_FALSE(table_.EvictOne());
  table_.Progress(held[0]);
  EXPECT_FALSE(table_.EvictOne());
  table_.Leave(held[1]);
  table_.Answered(held[0]);
  EXPECT_TRUE(table_.EvictOne());
  EXPECT_EQ(evicted_, std::vector<int>{0});
}

TEST(ConnectionTablePeerTest, AnEvictedOneMayLeaveAgain) {
  ConnectionTable table(1, 1, 0);
  const auto first = table.Enter("a", [] {});
  const auto second = table.Enter("a", [] {});
  table.Leave(first);
  EXPECT_EQ(table.open(), 1u);
  table.Leave(second);
  table.Leave(second);
  EXPECT_EQ(table.open(), 0u);
}

TEST(ConnectionTablePeerTest, APeerSendsSoManyRequestsASecond) {
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
