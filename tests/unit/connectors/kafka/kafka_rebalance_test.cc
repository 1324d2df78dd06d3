// Two members of one group at a real broker, one of which comes and goes.
#include "engine/base/clock.h"
#include "gmock/gmock.h"
#include "tests/unit/connectors/kafka/kafka_testing.h"

namespace tocsin {
namespace {

using testing::KafkaPeer;
using testing::SourcePlayer;
using testing::UniqueName;

// What both read, by number.
std::map<int, int> Both(const SourcePlayer& one,
                        const std::map<int, int>& others) {
  std::map<int, int> all = one.Numbers();
  for (const auto& [number, times] : others) all[number] += times;
  return all;
}

TEST(KafkaRebalanceTest, AMemberThatComesAndGoesLosesAndDoublesNothing) {
  constexpr int kRounds = 8;
  constexpr int kEach = 2'000;
  constexpr int kCount = kRounds * kEach;
  KafkaPeer peer(testing::KafkaEndpoint("plain"));
  const std::string topic = UniqueName("t");
  peer.CreateTopic(topic, 4);
  const KafkaOptions options =
      TestOptions(testing::KafkaEndpoint("plain"), topic);
  SourcePlayer one(Opens(options));
  one.CheckpointEvery(100);
  ASSERT_TRUE(one.Until(
      [&] { return MetricOf(*one.source(), "assigned_partitions") == 4; }));
  std::map<int, int> others;

  // Each round: the other joins in the middle of the stream, reads for a
  // while, covers what it has read, and leaves.
  for (int round = 0; round < kRounds; ++round) {
    SourcePlayer two(Opens(options));
    two.CheckpointEvery(100);
    peer.SendNumbers(topic, 4, kEach / 2, 200, round * kEach);
    ASSERT_TRUE(one.Until([&] {
      two.Step();
      return MetricOf(*two.source(), "assigned_partitions") == 2;
    })) << "round "
        << round;
    peer.SendNumbers(topic, 4, kEach / 2, 200, round * kEach + kEach / 2);
    ASSERT_TRUE(one.Until([&] {
      two.Step();
      return !two.lines().empty();
    }));
    two.Checkpoint();
    for (const auto& [number, times] : two.Numbers()) others[number] += times;
    two.Close();
  }
  ASSERT_TRUE(one.Until([&] { return Both(one, others).size() == kCount; }));

  int doubled = 0;
  for (const auto& [number, times] : Both(one, others)) {
    doubled += times > 1 ? 1 : 0;
  }
  EXPECT_EQ(doubled, 0);
  EXPECT_GE(MetricOf(*one.source(), "rebalances_total"), kRounds);
}

TEST(KafkaRebalanceTest, WhatADeadMemberDidNotCoverComesToTheOther) {
  constexpr int kCount = 4'000;
  KafkaPeer peer(testing::KafkaEndpoint("plain"));
  const std::string topic = UniqueName("t");
  peer.CreateTopic(topic, 2);
  const KafkaOptions options =
      TestOptions(testing::KafkaEndpoint("plain"), topic);
  SourcePlayer one(Opens(options));
  one.CheckpointEvery(50);
  SourcePlayer two(Opens(options));
  ASSERT_TRUE(one.Until([&] {
    two.Step();
    return MetricOf(*one.source(), "assigned_partitions") == 1 &&
           MetricOf(*two.source(), "assigned_partitions") == 1;
  }));
  peer.SendNumbers(topic, 2, kCount / 2);
  ASSERT_TRUE(two.UntilLines(kCount / 4));
  two.Checkpoint();
  peer.SendNumbers(topic, 2, kCount / 2, 200, kCount / 2);
  ASSERT_TRUE(two.UntilLines(kCount / 2));
  const std::map<int, int> first_half = [&] {
    std::map<int, int> numbers;
    for (const auto& [n, times] : two.Numbers()) {
      if (n < kCount / 2) numbers[n] = times;
    }
    return numbers;
  }();
  two.Crash();

  ASSERT_TRUE(
      one.Until([&] { return Both(one, first_half).size() == kCount; }));

  for (const auto& [number, times] : Both(one, first_half)) {
    ASSERT_EQ(times, 1) << number;
  }
}

TEST(KafkaRebalanceTest, WithoutCheckpointsAPartitionIsNotWaitedFor) {
  KafkaPeer peer(testing::KafkaEndpoint("plain"));
  const std::string topic = UniqueName("t");
  peer.CreateTopic(topic, 2);
  KafkaOptions options = TestOptions(testing::KafkaEndpoint("plain"), topic);
  options.drain_ms = 60'000;
  SourcePlayer one(Opens(options));
  peer.SendNumbers(topic, 2, 100);
  ASSERT_TRUE(one.UntilLines(100));
  SourcePlayer two(Opens(options));
  EXPECT_TRUE(one.Until(
      [&] {
        two.Step();
        return MetricOf(*two.source(), "assigned_partitions") == 1;
      },
      10));
}

}  // namespace
}  // namespace tocsin
