// The other side of a Kafka source: topics, messages and offsets, at real
// brokers or at librdkafka's mock cluster.
#pragma once

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tocsin::testing {

// Of the brokers that tests/peers/kafka_up.sh started for all tests (plain,
// tls, mtls, sasl); fails the test when there are none.
std::string KafkaEndpoint(const std::string& kind);
// A file of their certificates.
std::string KafkaTlsFile(const std::string& name);
// A name that no other test uses.
std::string UniqueName(const std::string& what);

struct KafkaTestMessage {
  std::string topic;
  int partition = 0;
  std::string value;
  bool null = false;
  std::string key = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::int64_t timestamp_ms = 0;  // 0: now.
};

class KafkaPeer {
 public:
  explicit KafkaPeer(const std::string& brokers);
  ~KafkaPeer();

  // `most_bytes`: of a message; 0 leaves the broker's limit.
  void CreateTopic(const std::string& topic, int partitions, int copies = 1,
                   int most_bytes = 0);
  // Deletes what stands before `offset`, as retention does.
  void DeleteBefore(const std::string& topic, int partition,
                    std::int64_t offset);
  void DeleteTopic(const std::string& topic);
  void Send(const KafkaTestMessage& message);
  // {"n":0} to {"n":count-1}, padded, in turn over the partitions; waits until
  // all are acknowledged.
  void SendNumbers(const std::string& topic, int partitions, int count,
                   std::size_t size = 200, int first = 0);
  void Flush();
  // -1: nothing is committed.
  std::int64_t Committed(const std::string& group, const std::string& topic,
                         int partition);
  void Commit(const std::string& group, const std::string& topic, int partition,
              std::int64_t offset);
  std::int64_t End(const std::string& topic, int partition);
  int failed() const { return failed_; }

 private:
  std::string brokers_;
  rd_kafka_t* producer_ = nullptr;
  int failed_ = 0;
};

// librdkafka's own brokers, in this process. They keep about 5 MB a partition:
// never for what asks whether something is lost.
class KafkaMock {
 public:
  explicit KafkaMock(int brokers = 1);
  ~KafkaMock();
  KafkaMock(const KafkaMock&) = delete;
  KafkaMock& operator=(const KafkaMock&) = delete;

  std::string brokers() const;
  void CreateTopic(const std::string& topic, int partitions);
  rd_kafka_mock_cluster_t* get() { return cluster_; }

 private:
  rd_kafka_t* owner_ = nullptr;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
};

}  // namespace tocsin::testing
