// The group's edge cases, with librdkafka's mock brokers.
#include "engine/base/clock.h"
#include "gmock/gmock.h"
#include "tests/unit/connectors/kafka/kafka_testing.h"

namespace tocsin {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::KafkaMock;
using testing::KafkaPeer;
using testing::SourcePlayer;

TEST(KafkaGroupTest, EveryMessageComesOnce) {
  KafkaMock mock;
  mock.CreateTopic("t", 4);
  KafkaPeer peer(mock.brokers());
  peer.SendNumbers("t", 4, 10'000);
  SourcePlayer player(Opens(TestOptions(mock.brokers(), "t")));

  ASSERT_TRUE(player.UntilLines(10'000));

  ExpectEachOnce(player, 10'000);
  EXPECT_EQ(MetricOf(*player.source(), "messages_total"), 10'000);
  EXPECT_EQ(MetricOf(*player.source(), "assigned_partitions"), 4);
  EXPECT_EQ(MetricOf(*player.source(), "lag"), 0);
  EXPECT_THAT(player.lost(), IsEmpty());
}

TEST(KafkaGroupTest, WaitComesBackAtOnceWhenThereIsAMessage) {
  KafkaMock mock;
  mock.CreateTopic("t", 1);
  KafkaPeer peer(mock.brokers());
  peer.SendNumbers("t", 1, 1);
  SourcePlayer player(Opens(TestOptions(mock.brokers(), "t")));
  ASSERT_TRUE(player.UntilLines(1));
  peer.SendNumbers("t", 1, 1, 200, 1);
  player.source()->Wait(60'000);
  ASSERT_TRUE(player.UntilLines(2, 1));
}

TEST(KafkaGroupTest, AnotherCoordinatorTakesTheCommits) {
  KafkaMock mock(3);
  mock.CreateTopic("t", 2);
  KafkaPeer peer(mock.brokers());
  const KafkaOptions options = TestOptions(mock.brokers(), "t");
  rd_kafka_mock_coordinator_set(mock.get(), "group", options.group.c_str(), 1);
  SourcePlayer player(Opens(options));
  peer.SendNumbers("t", 2, 100);
  ASSERT_TRUE(player.UntilLines(100));
  player.Checkpoint();

  rd_kafka_mock_coordinator_set(mock.get(), "group", options.group.c_str(), 2);
  peer.SendNumbers("t", 2, 100, 200, 100);

  ASSERT_TRUE(player.UntilLines(200));
  EXPECT_TRUE(player.Until([&] {
    player.Checkpoint();
    return peer.Committed(options.group, "t", 0) == 100;
  }));
  ExpectEachOnce(player, 200);
}

TEST(KafkaGroupTest, ACommitThatFailsIsCountedAndTriedAgain) {
  KafkaMock mock;
  mock.CreateTopic("t", 1);
  KafkaPeer peer(mock.brokers());
  const KafkaOptions options = TestOptions(mock.brokers(), "t");
  SourcePlayer player(Opens(options));
  peer.SendNumbers("t", 1, 10);
  ASSERT_TRUE(player.UntilLines(10));
  constexpr std::int16_t kOffsetCommit = 8;
  rd_kafka_mock_push_request_errors(
      mock.get(), kOffsetCommit, 1,
      RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED);

  player.Checkpoint();
  ASSERT_TRUE(player.Until([&] {
    return MetricOf(*player.source(), "commit_failures_total") == 1;
  }));
  player.Checkpoint();

  EXPECT_TRUE(player.Until(
      [&] { return peer.Committed(options.group, "t", 0) == 10; }));
}

TEST(KafkaGroupTest, NothingIsCommittedBeforeACheckpointCoversIt) {
  KafkaMock mock;
  mock.CreateTopic("t", 1);
  KafkaPeer peer(mock.brokers());
  const KafkaOptions options = TestOptions(mock.brokers(), "t");
  SourcePlayer player(Opens(options));
  peer.SendNumbers("t", 1, 10);
  ASSERT_TRUE(player.UntilLines(10));

  player.Crash();

  EXPECT_EQ(peer.Committed(options.group, "t", 0), -1);
}

TEST(KafkaGroupTest, BrokersThatAreDownEndNothing) {
  KafkaMock mock;
  mock.CreateTopic("t", 1);
  KafkaPeer peer(mock.brokers());
  KafkaOptions options = TestOptions(mock.brokers(), "t");
  options.properties.emplace_back("reconnect.backoff.max.ms", "200");
  rd_kafka_mock_broker_set_down(mock.get(), 1);
  ::testing::internal::CaptureStderr();
  SourcePlayer player(Opens(options));
  ASSERT_TRUE(player.Until(
      [&] { return MetricOf(*player.source(), "errors_total") >= 2; }));
  const std::string log = ::testing::internal::GetCapturedStderr();

  rd_kafka_mock_broker_set_up(mock.get(), 1);
  peer.SendNumbers("t", 1, 10);

  EXPECT_TRUE(player.UntilLines(10));
  EXPECT_THAT(log, HasSubstr("no Kafka broker can be reached"));
  const std::string once = "a Kafka broker cannot be reached";
  EXPECT_EQ(log.find(once), log.rfind(once)) << log;
}

TEST(KafkaGroupTest, BrokersThatAreDownHoldNobodyUpWhoLeaves) {
  KafkaMock mock;
  mock.CreateTopic("t", 1);
  KafkaPeer peer(mock.brokers());
  auto player =
      std::make_unique<SourcePlayer>(Opens(TestOptions(mock.brokers(), "t")));
  peer.SendNumbers("t", 1, 10);
  ASSERT_TRUE(player->UntilLines(10));
  rd_kafka_mock_broker_set_down(mock.get(), 1);
  player->Checkpoint();
  const std::int64_t begin = RealClock()->SteadyMicros();

  player.reset();

  EXPECT_LT(RealClock()->SteadyMicros() - begin, 12'000'000);
}

}  // namespace
}  // namespace tocsin
