// Brokers of our own that are killed: one of three in the middle of the stream,
// and the only one, which comes back.
#include <signal.h>

#include <cstdlib>
#include <thread>

#include "gmock/gmock.h"
#include "tests/testing/paths.h"
#include "tests/testing/subprocess.h"
#include "tests/testing/temp_dir.h"
#include "tests/unit/connectors/kafka/kafka_testing.h"

namespace tocsin {
namespace {

using ::testing::IsEmpty;
using testing::KafkaPeer;
using testing::SourcePlayer;
using testing::UniqueName;

class Cluster {
 public:
  explicit Cluster(int nodes) : nodes_(nodes), path_(dir_.File("kafka")) {
    Start({});
    const std::string endpoints = dir_.Read("kafka/endpoints");
    brokers_ = endpoints.substr(6, endpoints.find('\n') - 6);
  }
  ~Cluster() { testing::RunProcess({Script("kafka_down.sh"), path_}); }
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  const std::string& brokers() const { return brokers_; }
  void Start(const std::vector<std::string>& nodes) {
    std::vector<std::string> words = {Script("kafka_up.sh"), path_};
    words.insert(words.end(), nodes.begin(), nodes.end());
    testing::ProcessOptions options;
    options.env = {{"NODES", std::to_string(nodes_)}, {"HEAP", "256m"}};
    const testing::ProcessResult result = testing::RunProcess(words, options);
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }
  void Kill(const std::string& node) { Signal(node, SIGKILL); }
  void Signal(const std::string& node, int signal) {
    ASSERT_EQ(
        kill(std::atoi(dir_.Read("kafka/n" + node + "/pid").c_str()), signal),
        0);
  }

 private:
  static std::string Script(const std::string& name) {
    return std::string(TOCSIN_SOURCE_DIR) + "/tests/peers/" + name;
  }

  testing::TempDir dir_;
  int nodes_;
  std::string path_, brokers_;
};

TEST(KafkaFaultsTest, OneOfThreeBrokersDiesInTheMiddleOfTheStream) {
  constexpr int kCount = 60'000;
  Cluster cluster(3);
  KafkaPeer peer(cluster.brokers());
  const std::string topic = UniqueName("t");
  peer.CreateTopic(topic, 6, 3);
  SourcePlayer player(Opens(TestOptions(cluster.brokers(), topic)));
  player.CheckpointEvery(200);
  std::thread writer([&] { peer.SendNumbers(topic, 6, kCount, 500); });
  EXPECT_TRUE(player.UntilLines(kCount / 10));

  cluster.Kill("2");

  EXPECT_TRUE(player.UntilLines(kCount, 60));
  writer.join();
  EXPECT_EQ(peer.failed(), 0);
  ExpectEachOnce(player, kCount);
  EXPECT_THAT(player.lost(), IsEmpty());
}

TEST(KafkaFaultsTest, TheOnlyBrokerDiesAndComesBack) {
  constexpr int kCount = 5'000;
  Cluster cluster(1);
  const std::string topic = UniqueName("t");
  KafkaPeer peer(cluster.brokers());
  peer.CreateTopic(topic, 2);
  KafkaOptions options = TestOptions(cluster.brokers(), topic);
  SourcePlayer player(Opens(options));
  player.CheckpointEvery(200);
  peer.SendNumbers(topic, 2, kCount);
  ASSERT_TRUE(player.UntilLines(kCount / 2));

  cluster.Kill("1");
  EXPECT_TRUE(player.Until(
      [&] { return MetricOf(*player.source(), "errors_total") >= 1; }));
  // We die, too, and come back before the broker does.
  player.Crash();
  std::thread starter([&] { cluster.Start({"1"}); });
  EXPECT_TRUE(player.Recover()) << player.status();
  starter.join();
  peer.SendNumbers(topic, 2, kCount, 200, kCount);

  EXPECT_TRUE(player.UntilLines(2 * kCount, 60));
  ExpectEachOnce(player, 2 * kCount);
  EXPECT_THAT(player.lost(), IsEmpty());
}

// Then librdkafka forgets its member's id, and the broker may take it for
// another process (kafka_fence.h).
TEST(KafkaFaultsTest, AMemberOutlivesTheSessionThatABrokerIsSilentFor) {
  constexpr int kCount = 2'000;
  Cluster cluster(1);
  const std::string topic = UniqueName("t");
  KafkaPeer peer(cluster.brokers());
  peer.CreateTopic(topic, 4);
  KafkaOptions options = TestOptions(cluster.brokers(), topic);
  options.instance = "one";
  SourcePlayer player(Opens(options));
  player.CheckpointEvery(100);

  for (int times = 0; times < 3; ++times) {
    peer.SendNumbers(topic, 4, kCount, 200, times * kCount);
    // What is read then is not committed yet.
    ASSERT_TRUE(player.UntilLines(times * kCount + kCount / 2, 60))
        << player.status();
    cluster.Signal("1", SIGSTOP);
    EXPECT_FALSE(player.Until([] { return false; }, 6.5));
    EXPECT_TRUE(player.status().ok()) << player.status();
    cluster.Signal("1", SIGCONT);
  }
  EXPECT_TRUE(player.UntilLines(3 * kCount, 60)) << player.status();

  ExpectEachOnce(player, 3 * kCount);
  EXPECT_THAT(player.lost(), IsEmpty());
}

}  // namespace
}  // namespace tocsin
