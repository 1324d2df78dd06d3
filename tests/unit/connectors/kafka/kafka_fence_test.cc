// A member that its brokers throw out, since somebody came with its instance
// name: librdkafka's mock brokers say so when they are told to.
#include "connectors/kafka/kafka_fence.h"

#include <chrono>
#include <thread>

#include "gmock/gmock.h"
#include "tests/unit/connectors/kafka/kafka_testing.h"

namespace tocsin {
namespace {

using ::testing::HasSubstr;
using testing::KafkaMock;
using testing::KafkaPeer;
using testing::SourcePlayer;

constexpr std::int16_t kJoinGroup = 11;
constexpr std::int16_t kHeartbeat = 12;
// The mock brokers let a member join after 3 s, but now and then after 30.
constexpr double kJoinSeconds = 100;

KafkaOptions MemberOptions(const KafkaMock& mock) {
  KafkaOptions options = TestOptions(mock.brokers(), "t");
  options.instance = "cp1";
  options.properties.emplace_back("reconnect.backoff.max.ms", "200");
  return options;
}

// The next request of this kind is answered so.
void Fence(std::int16_t request, KafkaMock* mock) {
  rd_kafka_mock_broker_push_request_error_rtts(
      mock->get(), 1, request, 1, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, 0);
}

bool WasAnswered(std::int16_t request, KafkaMock* mock) {
  std::size_t left = 0;
  rd_kafka_mock_broker_error_stack_cnt(mock->get(), 1, request, &left);
  return left == 0;
}

// It is in the group, after so many times.
bool HasRejoined(double times, SourcePlayer* player) {
  return player->Until(
      [&] {
        return MetricOf(*player->source(), "rejoins_total") == times &&
               MetricOf(*player->source(), "assigned_partitions") > 0;
      },
      kJoinSeconds);
}

TEST(KafkaFenceTest, WhoIsThrownOutTwiceSoonEnds) {
  constexpr std::int64_t kBegin = 1'000;
  constexpr std::int64_t kThen = kBegin + KafkaFence::kAgainMicros;
  KafkaFence at;
  EXPECT_TRUE(at.MayJoinAgain(kBegin, false));
  EXPECT_FALSE(at.MayJoinAgain(kThen, false));
  KafkaFence past;
  EXPECT_TRUE(past.MayJoinAgain(kBegin, false));
  EXPECT_TRUE(past.MayJoinAgain(kThen + 1, false));
  EXPECT_FALSE(past.MayJoinAgain(kThen + 2, false));
}

TEST(KafkaFenceTest, OutOfTouchItMayHaveBeenItself) {
  KafkaFence fence;
  EXPECT_TRUE(fence.MayJoinAgain(1, true));
  EXPECT_TRUE(fence.MayJoinAgain(2, true));
  EXPECT_TRUE(fence.MayJoinAgain(3, false));
  EXPECT_TRUE(fence.MayJoinAgain(4, true));
  EXPECT_FALSE(fence.MayJoinAgain(5, false));
}

TEST(KafkaFenceTest, ItJoinsAgainAndNothingIsLostOrDoubled) {
  KafkaMock mock;
  mock.CreateTopic("t", 2);
  KafkaPeer peer(mock.brokers());
  const KafkaOptions options = MemberOptions(mock);
  SourcePlayer player(Opens(options), 1'000);
  peer.SendNumbers("t", 2, 200, 1'500);
  ASSERT_TRUE(player.UntilLines(50, kJoinSeconds));
  player.Checkpoint();
  ASSERT_TRUE(player.UntilLines(75));
  ASSERT_TRUE(player.Step());  // Half a line.
  ::testing::internal::CaptureStderr();

  Fence(kHeartbeat, &mock);
  while (!WasAnswered(kHeartbeat, &mock)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }

  EXPECT_TRUE(HasRejoined(1, &player)) << player.status();
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("joining the group again"));
  peer.SendNumbers("t", 2, 200, 1'500, 200);
  ASSERT_TRUE(player.UntilLines(400));
  ExpectEachOnce(player, 400);
  player.Checkpoint();
  EXPECT_TRUE(player.Until(
      [&] { return peer.Committed(options.group, "t", 0) == 200; }));
}

TEST(KafkaFenceTest, ThrownOutAgainItEnds) {
  KafkaMock mock;
  mock.CreateTopic("t", 1);
  SourcePlayer player(Opens(MemberOptions(mock)));
  ASSERT_TRUE(HasRejoined(0, &player));
  Fence(kHeartbeat, &mock);
  ASSERT_TRUE(HasRejoined(1, &player)) << player.status();

  Fence(kHeartbeat, &mock);

  EXPECT_FALSE(player.Until([] { return false; }));
  EXPECT_THAT(std::string(Message(player.status())),
              HasSubstr("as instance `cp1`"));
}

TEST(KafkaFenceTest, OutOfTouchItJoinsAgainEachTime) {
  KafkaMock mock;
  mock.CreateTopic("t", 1);
  KafkaPeer peer(mock.brokers());
  SourcePlayer player(Opens(MemberOptions(mock)));
  peer.SendNumbers("t", 1, 10);
  ASSERT_TRUE(player.UntilLines(10, kJoinSeconds));

  for (int times = 1; times <= 2; ++times) {
    rd_kafka_mock_broker_set_down(mock.get(), 1);
    ASSERT_TRUE(player.Until([&] {
      return MetricOf(*player.source(), "assigned_partitions") == 0;
    }));
    Fence(kJoinGroup, &mock);
    rd_kafka_mock_broker_set_up(mock.get(), 1);
    ASSERT_TRUE(HasRejoined(times, &player)) << player.status();
  }

  peer.SendNumbers("t", 1, 10, 200, 10);
  ASSERT_TRUE(player.UntilLines(20));
  ExpectEachOnce(player, 20);
}

TEST(KafkaFenceTest, ItStopsAtOnceWhileItWaitsToJoinAgain) {
  KafkaMock mock;
  mock.CreateTopic("t", 1);
  SourcePlayer player(Opens(MemberOptions(mock)));
  ASSERT_TRUE(player.Until(
      [&] { return MetricOf(*player.source(), "assigned_partitions") == 1; }));
  Fence(kHeartbeat, &mock);
  ASSERT_TRUE(player.Until(
      [&] { return MetricOf(*player.source(), "rejoins_total") == 1; }));
  ::testing::internal::CaptureStderr();

  player.Close();

  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace tocsin
