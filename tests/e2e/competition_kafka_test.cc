// The rows of the competition's table that it does not have at all, through the
// binary: a topic of Kafka and a log that is followed, each under kill -9.
#include <csignal>
#include <functional>
#include <memory>

#include "tests/e2e/e2e.h"
#include "tests/testing/kafka_peer.h"

namespace tocsin::e2e {
namespace {

using testing::KafkaPeer;
using testing::WaitForFile;

class CompetitionKafka : public ::testing::Test {
 protected:
  std::unique_ptr<BackgroundProcess> Run(const std::string& source) {
    const std::string yaml =
        "rules: [r.rules]\ndata_dir: data\nsources: [" + source +
        "]\nsinks: [{name: out, file: {path: alerts.ndjson}}]\n"
        "web: {listen: none}\n";
    return std::make_unique<BackgroundProcess>(
        std::vector<std::string>{kBinary, "run", "--config",
                                 dir_.Write("c.yaml", yaml)},
        dir_.File("out"), dir_.File("err" + std::to_string(runs_++)));
  }
  // Two of three events, kill -9, the third: the window is there, each event is
  // told once.
  void ExpectNothingLost(
      const std::string& source,
      const std::function<void(const std::string& event)>& give) {
    dir_.Write("r.rules", std::string(kBurstRule) + kEachRule);
    const std::string told = dir_.File("alerts.ndjson");
    give(Failure(0));
    give(Failure(1));
    {
      const auto service = Run(source);
      ASSERT_TRUE(WaitForFile(told, "each_401", 2)) << service->err();
      service->Signal(SIGKILL);
      service->WaitForEnd();
    }
    give(Failure(2));
    const auto service = Run(source);
    ASSERT_TRUE(WaitForFile(told, "\"rule\":\"burst\"")) << service->err();
    service->Signal(SIGTERM);
    EXPECT_EQ(service->WaitForEnd(), 0) << service->err();
    EXPECT_EQ(CountOf(dir_.Read("alerts.ndjson"), "each_401"), 3);
    EXPECT_EQ(CountOf(dir_.Read("alerts.ndjson"), "\"rule\":\"burst\""), 1);
  }

  TempDir dir_;
  int runs_ = 0;
};

TEST_F(CompetitionKafka, ATopicIsReadAndNothingIsLostUnderKill9) {
  const std::string brokers = testing::KafkaEndpoint("plain");
  const std::string topic = testing::UniqueName("t");
  KafkaPeer peer(brokers);
  peer.CreateTopic(topic, 1);
  ExpectNothingLost("{name: bus, kafka: {brokers: [\"" + brokers +
                        "\"], topics: [" + topic + "], group: " + topic +
                        ", instance: one}}",
                    [&](const std::string& event) {
                      peer.Send({topic, 0, event});
                      peer.Flush();
                    });
}

TEST_F(CompetitionKafka, AnAlertShowsWhereItsEventsStood) {
  const std::string brokers = testing::KafkaEndpoint("plain");
  const std::string topic = testing::UniqueName("t");
  KafkaPeer peer(brokers);
  peer.CreateTopic(topic, 2);
  peer.Send({topic, 1, Failure(0), false, "blue"});
  std::string event = Failure(1);
  event.pop_back();
  peer.Send({topic, 1,
             R"({"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[)" +
                 event + "," + Failure(2) + "]}",
             false, "green"});
  peer.Flush();
  dir_.Write("r.rules", kBurstRule);

  const auto service =
      Run("{name: bus, kafka: {brokers: [\"" + brokers + "\"], topics: [" +
          topic + "], group: " + topic + "}}");
  ASSERT_TRUE(WaitForFile(dir_.File("alerts.ndjson"), "burst"))
      << service->err();
  service->Signal(SIGTERM);
  EXPECT_EQ(service->WaitForEnd(), 0) << service->err();

  const std::string alert = dir_.Read("alerts.ndjson");
  const std::string place =
      "\"kafka\":{\"topic\":\"" + topic + "\",\"partition\":1,\"offset\":";
  EXPECT_EQ(CountOf(alert, place + R"(0,"key":"blue"})"), 1) << alert;
  EXPECT_EQ(CountOf(alert, place + R"(1,"key":"green"})"), 2) << alert;
}

TEST_F(CompetitionKafka, ALogIsFollowedAndNothingIsLostUnderKill9) {
  dir_.Write("audit.log", "");
  ExpectNothingLost(
      "{name: log, file: {path: audit.log, start: resume}}",
      [&](const std::string& event) { dir_.Append("audit.log", event); });
}

}  // namespace
}  // namespace tocsin::e2e
