// librdkafka's objects, each freed by its own function.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>

namespace tocsin {

struct KafkaFree {
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
  // Whoever joined a group has left it before: this does not wait for it.
  void operator()(rd_kafka_t* kafka) const {
    rd_kafka_destroy_flags(kafka, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  }
  void operator()(rd_kafka_message_t* message) const {
    rd_kafka_message_destroy(message);
  }
  void operator()(rd_kafka_queue_t* queue) const {
    rd_kafka_queue_destroy(queue);
  }
  void operator()(rd_kafka_event_t* event) const {
    rd_kafka_event_destroy(event);
  }
  void operator()(rd_kafka_topic_t* topic) const {
    rd_kafka_topic_destroy(topic);
  }
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
};

using KafkaConf = std::unique_ptr<rd_kafka_conf_t, KafkaFree>;
using KafkaHandle = std::unique_ptr<rd_kafka_t, KafkaFree>;
using KafkaMessage = std::unique_ptr<rd_kafka_message_t, KafkaFree>;
using KafkaQueue = std::unique_ptr<rd_kafka_queue_t, KafkaFree>;
using KafkaEvent = std::unique_ptr<rd_kafka_event_t, KafkaFree>;
using KafkaTopic = std::unique_ptr<rd_kafka_topic_t, KafkaFree>;
using KafkaList = std::unique_ptr<rd_kafka_topic_partition_list_t, KafkaFree>;

inline KafkaList NewKafkaList(int size = 0) {
  return KafkaList(rd_kafka_topic_partition_list_new(size));
}

}  // namespace tocsin
