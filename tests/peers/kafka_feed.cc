// kafka_feed BROKERS TOPIC PARTITIONS COPIES: makes the topic, then sends each
// line of standard input, PARTITION KEY VALUE with a tab between. Ends when the
// brokers have them all; exit status 1: they do not.
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>

#include "gtest/gtest.h"
#include "tests/testing/kafka_peer.h"

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const std::string topic = argv[2];
  tocsin::testing::KafkaPeer peer(argv[1]);
  peer.CreateTopic(topic, std::atoi(argv[3]), std::atoi(argv[4]));
  std::puts("made");
  std::fflush(stdout);
  std::string line;
  while (std::getline(std::cin, line)) {
    const std::size_t key = line.find('\t') + 1;
    const std::size_t value = line.find('\t', key) + 1;
    tocsin::testing::KafkaTestMessage message;
    message.topic = topic;
    message.partition = std::atoi(line.c_str());
    message.key = line.substr(key, value - 1 - key);
    message.value = line.substr(value);
    peer.Send(message);
  }
  peer.Flush();
  const auto* const test = ::testing::UnitTest::GetInstance();
  return peer.failed() == 0 && test->ad_hoc_test_result().Passed() ? 0 : 1;
}
