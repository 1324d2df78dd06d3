// What tests of the Kafka source begin with.
#pragma once

#include <memory>
#include <string>

#include "connectors/kafka/kafka_source.h"
#include "engine/base/status.h"
#include "gtest/gtest.h"
#include "tests/testing/kafka_peer.h"
#include "tests/testing/source_player.h"

namespace tocsin {

inline KafkaOptions TestOptions(const std::string& brokers,
                                const std::string& topic) {
  KafkaOptions options;
  options.name = "k";
  options.brokers = {brokers};
  options.topics = {topic};
  options.group = testing::UniqueName("group");
  options.metadata = false;
  // Topics are looked at often, but never as a join is answered, which mock
  // brokers do after 3 and 5 s to the millisecond: librdkafka 2.0.2 joins anew
  // when both come together, and with 500 ms here did so for half a minute.
  options.properties = {{"heartbeat.interval.ms", "200"},
                        {"session.timeout.ms", "6000"},
                        {"topic.metadata.refresh.interval.ms", "730"}};
  return options;
}

inline testing::SourcePlayer::Open Opens(const KafkaOptions& options) {
  return [options]() -> std::unique_ptr<Source> {
    auto opened = KafkaSource::Open(options);
    EXPECT_TRUE(opened.ok()) << opened.status();
    return *std::move(opened);
  };
}

// The value of a family of Metrics(), over all its samples.
inline double MetricOf(const Source& source, const std::string& name) {
  double sum = 0;
  for (const MetricFamily& family : source.Metrics()) {
    if (family.name != "tocsin_source_kafka_" + name) continue;
    for (const MetricSample& sample : family.samples) sum += sample.value;
  }
  return sum;
}

// Every number from 0 on exactly once.
inline void ExpectEachOnce(const testing::SourcePlayer& player, int count) {
  const std::map<int, int> numbers = player.Numbers();
  int lost = 0;
  int doubled = 0;
  for (int n = 0; n < count; ++n) {
    const auto found = numbers.find(n);
    lost += found == numbers.end() ? 1 : 0;
    doubled += found != numbers.end() && found->second > 1 ? 1 : 0;
  }
  EXPECT_EQ(lost, 0);
  EXPECT_EQ(doubled, 0);
  EXPECT_EQ(numbers.size(), static_cast<std::size_t>(count));
}

}  // namespace tocsin
