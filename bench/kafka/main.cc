// tocsin_bench_kafka fill BROKERS TOPIC PARTITIONS COUNT BYTES
// tocsin_bench_kafka bare BROKERS TOPIC COUNT
// tocsin_bench_kafka source BROKERS TOPIC COUNT plain|metadata
//
// `fill` makes the topic. `bare` counts messages with librdkafka's consumer and
// nothing else; `source` takes lines from the Kafka source, as the engine's
// reading thread does. Both begin with their first message, end with the last,
// and print one line of JSON: what, messages, bytes, seconds.
#include <librdkafka/rdkafka.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "connectors/kafka/kafka_source.h"

namespace {

using Clock = std::chrono::steady_clock;

// From the first message to the last.
struct Run {
  long messages = 0;
  double bytes = 0;
  Clock::time_point begin = {}, end = {};

  void Add(long more, double more_bytes) {
    if (more == 0) return;
    end = Clock::now();
    if (messages == 0) begin = end;
    messages += more;
    bytes += more_bytes;
  }
  void Print(const char* what) const {
    std::printf(
        "{\"what\":\"%s\",\"messages\":%ld,\"bytes\":%.0f,\"seconds\":%.4f}\n",
        what, messages, bytes,
        std::chrono::duration<double>(end - begin).count());
  }
};

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "tocsin_bench_kafka: %s\n", why.c_str());
  std::exit(2);
}

rd_kafka_t* Handle(
    rd_kafka_type_t type,
    const std::vector<std::pair<std::string, std::string>>& set) {
  char why[512];
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  for (const auto& [name, value] : set) {
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why, sizeof why) !=
        RD_KAFKA_CONF_OK) {
      Die(why);
    }
  }
  rd_kafka_t* const kafka = rd_kafka_new(type, conf, why, sizeof why);
  if (kafka == nullptr) Die(why);
  return kafka;
}

std::string Group() {
  return "bench-" + std::to_string(Clock::now().time_since_epoch().count());
}

void CreateTopic(rd_kafka_t* kafka, const char* topic, int partitions) {
  char why[512];
  rd_kafka_NewTopic_t* made =
      rd_kafka_NewTopic_new(topic, partitions, 1, why, sizeof why);
  if (made == nullptr) Die(why);
  rd_kafka_queue_t* const answers = rd_kafka_queue_new(kafka);
  rd_kafka_CreateTopics(kafka, &made, 1, nullptr, answers);
  rd_kafka_event_t* const answer = rd_kafka_queue_poll(answers, 30'000);
  if (answer == nullptr || rd_kafka_event_error(answer) != 0) Die("no topic");
  rd_kafka_event_destroy(answer);
  rd_kafka_queue_destroy(answers);
  rd_kafka_NewTopic_destroy(made);
}

int Fill(const std::string& brokers, const char* topic, int partitions,
         long count, std::size_t size) {
  rd_kafka_t* const kafka =
      Handle(RD_KAFKA_PRODUCER, {{"bootstrap.servers", brokers},
                                 {"linger.ms", "20"},
                                 {"queue.buffering.max.messages", "500000"}});
  CreateTopic(kafka, topic, partitions);
  std::string value = "{\"pad\":\"";
  for (std::size_t i = 0; value.size() + 2 < size; ++i) {
    value += "abcdefghijklmnopqrstuvwxyz0123456789{}:,"[i * 7 % 40];
  }
  value += "\"}";
  for (long i = 0; i < count; ++i) {
    const auto partition = static_cast<std::int32_t>(i % partitions);
    if (rd_kafka_producev(
            kafka, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
            RD_KAFKA_V_VALUE(value.data(), value.size()),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_BLOCK),
            RD_KAFKA_V_END) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      Die("a message was not taken");
    }
    if (i % 1'024 == 0) rd_kafka_poll(kafka, 0);
  }
  rd_kafka_flush(kafka, 120'000);
  rd_kafka_destroy(kafka);
  return 0;
}

int Bare(const std::string& brokers, const char* topic, long count) {
  rd_kafka_t* const kafka =
      Handle(RD_KAFKA_CONSUMER, {{"bootstrap.servers", brokers},
                                 {"group.id", Group()},
                                 {"auto.offset.reset", "earliest"},
                                 {"enable.auto.commit", "false"}});
  rd_kafka_poll_set_consumer(kafka);
  rd_kafka_topic_partition_list_t* const topics =
      rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(topics, topic, RD_KAFKA_PARTITION_UA);
  rd_kafka_subscribe(kafka, topics);
  rd_kafka_topic_partition_list_destroy(topics);
  Run run;
  while (run.messages < count) {
    rd_kafka_message_t* const message = rd_kafka_consumer_poll(kafka, 1'000);
    if (message == nullptr) continue;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      run.Add(1, static_cast<double>(message->len));
    }
    rd_kafka_message_destroy(message);
  }
  run.Print("bare");
  rd_kafka_consumer_close(kafka);
  rd_kafka_destroy(kafka);
  return 0;
}

int Read(const std::string& brokers, const char* topic, long count,
         bool metadata) {
  tocsin::KafkaOptions options;
  options.name = "bench";
  options.brokers = {brokers};
  options.topics = {topic};
  options.group = Group();
  options.metadata = metadata;
  auto source = tocsin::KafkaSource::Open(options);
  if (!source.ok()) Die(source.status().ToString());
  std::vector<char> chunk(256 << 10);
  Run run;
  while (run.messages < count) {
    const auto outcome = (*source)->Read(chunk.data(), chunk.size());
    if (!outcome.ok()) Die(outcome.status().ToString());
    if (outcome->kind == tocsin::ReadKind::kNothing) {
      (*source)->Wait(100);
      continue;
    }
    long lines = 0;
    const std::string_view bytes(chunk.data(), outcome->size);
    for (std::size_t at = 0;
         (at = bytes.find('\n', at)) != std::string_view::npos; ++at) {
      ++lines;
    }
    run.Add(lines, static_cast<double>(outcome->size));
  }
  run.Print(metadata ? "source_metadata" : "source");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 6 && words[0] == "fill") {
    return Fill(words[1], words[2].c_str(), std::stoi(words[3]),
                std::stol(words[4]), std::stoul(words[5]));
  }
  if (words.size() == 4 && words[0] == "bare") {
    return Bare(words[1], words[2].c_str(), std::stol(words[3]));
  }
  if (words.size() == 5 && words[0] == "source") {
    return Read(words[1], words[2].c_str(), std::stol(words[3]),
                words[4] == "metadata");
  }
  Die("fill|bare|source: see bench/README.md");
}
