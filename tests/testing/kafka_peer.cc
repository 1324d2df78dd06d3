#include "tests/testing/kafka_peer.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <functional>

#include "engine/base/clock.h"
#include "gtest/gtest.h"
#include "tests/testing/paths.h"

namespace tocsin::testing {
namespace {

constexpr int kWaitMs = 30'000;

std::string PeersDir() {
  return std::string(TOCSIN_BINARY_DIR) + "/peers/kafka";
}

rd_kafka_t* NewHandle(rd_kafka_type_t type, const std::string& brokers,
                      const std::map<std::string, std::string>& properties) {
  char why[512];
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  EXPECT_EQ(rd_kafka_conf_set(conf, "bootstrap.servers", brokers.c_str(), why,
                              sizeof why),
            RD_KAFKA_CONF_OK);
  for (const auto& [name, value] : properties) {
    EXPECT_EQ(
        rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why, sizeof why),
        RD_KAFKA_CONF_OK)
        << why;
  }
  rd_kafka_conf_set_log_cb(
      conf, [](const rd_kafka_t*, int, const char*, const char*) {});
  rd_kafka_conf_set_dr_msg_cb(
      conf, [](rd_kafka_t*, const rd_kafka_message_t* message, void*) {
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
          ++*static_cast<int*>(message->_private);
        }
      });
  rd_kafka_t* const kafka = rd_kafka_new(type, conf, why, sizeof why);
  EXPECT_NE(kafka, nullptr) << why;
  return kafka;
}

// Runs one request of the admin API and waits for its answer.
void Admin(rd_kafka_t* kafka,
           const std::function<void(rd_kafka_queue_t*)>& request) {
  rd_kafka_queue_t* const answers = rd_kafka_queue_new(kafka);
  request(answers);
  rd_kafka_event_t* const answer = rd_kafka_queue_poll(answers, kWaitMs);
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(rd_kafka_event_error(answer), RD_KAFKA_RESP_ERR_NO_ERROR)
      << rd_kafka_event_error_string(answer);
  rd_kafka_event_destroy(answer);
  rd_kafka_queue_destroy(answers);
}

}  // namespace

std::string KafkaEndpoint(const std::string& kind) {
  std::ifstream in(PeersDir() + "/endpoints");
  std::string line;
  while (std::getline(in, line)) {
    if (line.starts_with(kind + "=")) return line.substr(kind.size() + 1);
  }
  ADD_FAILURE() << "no brokers: run this through ctest, which starts them";
  return "127.0.0.1:1";
}

std::string KafkaTlsFile(const std::string& name) {
  return PeersDir() + "/tls/" + name;
}

std::string UniqueName(const std::string& what) {
  static std::atomic<int> count{0};
  return what + "-" + std::to_string(getpid()) + "-" +
         std::to_string(RealClock()->WallMicros()) + "-" +
         std::to_string(++count);
}

KafkaPeer::KafkaPeer(const std::string& brokers)
    : brokers_(brokers),
      producer_(NewHandle(RD_KAFKA_PRODUCER, brokers,
                          {{"enable.idempotence", "true"},
                           {"linger.ms", "2"},
                           {"message.max.bytes", "67108864"},
                           {"queue.buffering.max.messages", "1000000"}})) {}

KafkaPeer::~KafkaPeer() { rd_kafka_destroy(producer_); }

void KafkaPeer::CreateTopic(const std::string& topic, int partitions,
                            int copies, int most_bytes) {
  char why[512];
  rd_kafka_NewTopic_t* made =
      rd_kafka_NewTopic_new(topic.c_str(), partitions, copies, why, sizeof why);
  ASSERT_NE(made, nullptr) << why;
  if (most_bytes > 0) {
    rd_kafka_NewTopic_set_config(made, "max.message.bytes",
                                 std::to_string(most_bytes).c_str());
  }
  Admin(producer_, [&](rd_kafka_queue_t* answers) {
    rd_kafka_CreateTopics(producer_, &made, 1, nullptr, answers);
  });
  rd_kafka_NewTopic_destroy(made);
}

void KafkaPeer::DeleteTopic(const std::string& topic) {
  rd_kafka_DeleteTopic_t* gone = rd_kafka_DeleteTopic_new(topic.c_str());
  Admin(producer_, [&](rd_kafka_queue_t* answers) {
    rd_kafka_DeleteTopics(producer_, &gone, 1, nullptr, answers);
  });
  rd_kafka_DeleteTopic_destroy(gone);
}

void KafkaPeer::DeleteBefore(const std::string& topic, int partition,
                             std::int64_t offset) {
  rd_kafka_topic_partition_list_t* const list =
      rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic.c_str(), partition)->offset =
      offset;
  rd_kafka_DeleteRecords_t* records = rd_kafka_DeleteRecords_new(list);
  Admin(producer_, [&](rd_kafka_queue_t* answers) {
    rd_kafka_DeleteRecords(producer_, &records, 1, nullptr, answers);
  });
  rd_kafka_DeleteRecords_destroy(records);
  rd_kafka_topic_partition_list_destroy(list);
}

void KafkaPeer::Send(const KafkaTestMessage& message) {
  rd_kafka_headers_t* const headers =
      rd_kafka_headers_new(message.headers.size());
  for (const auto& [name, value] : message.headers) {
    rd_kafka_header_add(headers, name.c_str(), -1, value.data(),
                        static_cast<ssize_t>(value.size()));
  }
  void* const value =
      message.null ? nullptr : const_cast<char*>(message.value.data());
  const rd_kafka_resp_err_t error = rd_kafka_producev(
      producer_, RD_KAFKA_V_TOPIC(message.topic.c_str()),
      RD_KAFKA_V_PARTITION(message.partition),
      RD_KAFKA_V_VALUE(value, message.null ? 0 : message.value.size()),
      RD_KAFKA_V_KEY(message.key.empty() ? nullptr : message.key.data(),
                     message.key.size()),
      RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_TIMESTAMP(message.timestamp_ms),
      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_BLOCK),
      RD_KAFKA_V_OPAQUE(&failed_), RD_KAFKA_V_END);
  ASSERT_EQ(error, RD_KAFKA_RESP_ERR_NO_ERROR) << rd_kafka_err2str(error);
  rd_kafka_poll(producer_, 0);
}

void KafkaPeer::SendNumbers(const std::string& topic, int partitions, int count,
                            std::size_t size, int first) {
  for (int n = first; n < first + count; ++n) {
    std::string value = "{\"n\":" + std::to_string(n) + ",\"pad\":\"";
    value.resize(std::max(value.size(), size - 2), 'x');
    Send({topic, n % partitions, value + "\"}"});
  }
  Flush();
}

void KafkaPeer::Flush() {
  EXPECT_EQ(rd_kafka_flush(producer_, 2 * kWaitMs), RD_KAFKA_RESP_ERR_NO_ERROR);
}

std::int64_t KafkaPeer::Committed(const std::string& group,
                                  const std::string& topic, int partition) {
  rd_kafka_t* const member =
      NewHandle(RD_KAFKA_CONSUMER, brokers_, {{"group.id", group}});
  rd_kafka_topic_partition_list_t* const list =
      rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_t* const one =
      rd_kafka_topic_partition_list_add(list, topic.c_str(), partition);
  EXPECT_EQ(rd_kafka_committed(member, list, kWaitMs),
            RD_KAFKA_RESP_ERR_NO_ERROR);
  const std::int64_t offset = one->offset;
  rd_kafka_topic_partition_list_destroy(list);
  rd_kafka_destroy(member);
  return offset < 0 ? -1 : offset;
}

void KafkaPeer::Commit(const std::string& group, const std::string& topic,
                       int partition, std::int64_t offset) {
  rd_kafka_t* const member =
      NewHandle(RD_KAFKA_CONSUMER, brokers_, {{"group.id", group}});
  rd_kafka_topic_partition_list_t* const list =
      rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic.c_str(), partition)->offset =
      offset;
  EXPECT_EQ(rd_kafka_commit(member, list, 0), RD_KAFKA_RESP_ERR_NO_ERROR);
  rd_kafka_topic_partition_list_destroy(list);
  rd_kafka_destroy(member);
}

std::int64_t KafkaPeer::End(const std::string& topic, int partition) {
  std::int64_t low = 0;
  std::int64_t high = -1;
  EXPECT_EQ(rd_kafka_query_watermark_offsets(producer_, topic.c_str(),
                                             partition, &low, &high, kWaitMs),
            RD_KAFKA_RESP_ERR_NO_ERROR);
  return high;
}

KafkaMock::KafkaMock(int brokers)
    : owner_(NewHandle(RD_KAFKA_PRODUCER, "127.0.0.1:1", {})),
      cluster_(rd_kafka_mock_cluster_new(owner_, brokers)) {}

KafkaMock::~KafkaMock() {
  rd_kafka_mock_cluster_destroy(cluster_);
  rd_kafka_destroy(owner_);
}

std::string KafkaMock::brokers() const {
  return rd_kafka_mock_cluster_bootstraps(cluster_);
}

void KafkaMock::CreateTopic(const std::string& topic, int partitions) {
  ASSERT_EQ(rd_kafka_mock_topic_create(cluster_, topic.c_str(), partitions, 1),
            RD_KAFKA_RESP_ERR_NO_ERROR);
}

}  // namespace tocsin::testing
