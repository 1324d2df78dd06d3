// A real topic that is cut or made anew under a source, and while it is away:
// what is lost is told, and what comes behind it comes.
#include <cstdlib>

#include "gmock/gmock.h"
#include "tests/unit/connectors/kafka/kafka_testing.h"

namespace tocsin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::KafkaPeer;
using testing::SourcePlayer;
using testing::UniqueName;

class KafkaCutTest : public ::testing::Test {
 protected:
  KafkaCutTest() { peer_.CreateTopic(topic_, 1); }

  // Another topic of this name, with so many numbers from `first` on.
  void MakeAnew(int count, int first) {
    peer_.DeleteTopic(topic_);
    KafkaPeer other(testing::KafkaEndpoint("plain"));
    other.CreateTopic(topic_, 1);
    other.SendNumbers(topic_, 1, count, 200, first);
  }
  void Send(int count, int first, std::size_t size = 200) {
    peer_.SendNumbers(topic_, 1, count, size, first);
  }
  std::string EndsNow(int was, int now) const {
    return "topic " + topic_ + " partition 0 offset " + std::to_string(was) +
           ": the log ends at " + std::to_string(now) +
           " now, it was cut or made anew; it is read from 0";
  }
  static void ExpectRange(const SourcePlayer& player, int first, int behind) {
    const std::map<int, int> numbers = player.Numbers();
    for (int n = first; n < behind; ++n) {
      ASSERT_TRUE(numbers.contains(n)) << n;
      EXPECT_EQ(numbers.at(n), 1) << n;
    }
  }

  std::string topic_ = UniqueName("t");
  KafkaPeer peer_{testing::KafkaEndpoint("plain")};
  KafkaOptions options_ = TestOptions(testing::KafkaEndpoint("plain"), topic_);
};

TEST_F(KafkaCutTest, ATopicThatWasMadeAnewWhileItWasAway) {
  SourcePlayer player(Opens(options_));
  Send(100, 0);
  ASSERT_TRUE(player.UntilLines(100));
  player.Checkpoint();
  player.Crash();
  MakeAnew(40, 1'000);

  ASSERT_TRUE(player.Recover()) << player.status();
  ASSERT_TRUE(player.UntilLines(140)) << player.status();

  ExpectRange(player, 1'000, 1'040);
  EXPECT_THAT(player.lost(), ElementsAre(EndsNow(100, 40)));
}

TEST_F(KafkaCutTest, ATopicThatIsMadeAnewUnderIt) {
  SourcePlayer player(Opens(options_));
  player.CheckpointEvery(100);
  Send(100, 0);
  ASSERT_TRUE(player.UntilLines(100));
  MakeAnew(40, 1'000);

  ASSERT_TRUE(player.UntilLines(140)) << player.status();

  ExpectRange(player, 1'000, 1'040);
  EXPECT_THAT(player.lost(),
              ElementsAre(HasSubstr("offset 100: the log ends at ")));
  // On with it, across a crash.
  player.Checkpoint();
  player.Crash();
  KafkaPeer(testing::KafkaEndpoint("plain"))
      .SendNumbers(topic_, 1, 100, 200, 1'040);
  ASSERT_TRUE(player.Recover()) << player.status();
  ASSERT_TRUE(player.UntilLines(240)) << player.status();
  ExpectRange(player, 1'000, 1'140);
  EXPECT_EQ(player.lost().size(), 1U);
}

// And it ends: freeing librdkafka's member would wait for ever.
TEST_F(KafkaCutTest, ATopicThatIsGoneForAWhile) {
  SourcePlayer player(Opens(options_));
  player.CheckpointEvery(100);
  Send(100, 0);
  ASSERT_TRUE(player.UntilLines(100));
  peer_.DeleteTopic(topic_);
  EXPECT_TRUE(player.Until(
      [&] { return MetricOf(*player.source(), "errors_total") >= 1; }));
  EXPECT_FALSE(player.Until([] { return false; }, 3));
  KafkaPeer other(testing::KafkaEndpoint("plain"));
  other.CreateTopic(topic_, 1);
  other.SendNumbers(topic_, 1, 40, 200, 1'000);

  ASSERT_TRUE(player.UntilLines(140)) << player.status();

  ExpectRange(player, 1'000, 1'040);
  EXPECT_EQ(player.lost().size(), 1U);
}

// It has fetched some of what is deleted then; the rest is the gap.
TEST_F(KafkaCutTest, RecordsThatAreDeletedUnderIt) {
  constexpr int kCount = 5'000;
  options_.properties.emplace_back("queued.max.messages.kbytes", "64");
  options_.properties.emplace_back("fetch.message.max.bytes", "65536");
  SourcePlayer player(Opens(options_));
  Send(100, 0);
  ASSERT_TRUE(player.UntilLines(100));
  player.Checkpoint();
  Send(kCount - 100, 100, 1'000);
  peer_.DeleteBefore(topic_, 0, 4'000);

  ASSERT_TRUE(player.Until([&] {
    return !player.lines().empty() &&
           player.lines().back().starts_with(
               "{\"n\":" + std::to_string(kCount - 1) + ",");
  })) << player.status();

  ASSERT_EQ(player.lost().size(), 1U);
  const std::string& lost = player.lost()[0];
  const std::string before = "topic " + topic_ + " partition 0 offsets ";
  ASSERT_THAT(lost, HasSubstr(" to 3999: deleted by the topic's retention"));
  ASSERT_TRUE(lost.starts_with(before));
  const int first = std::atoi(lost.c_str() + before.size());
  EXPECT_GE(first, 100);
  ExpectRange(player, 0, first);
  ExpectRange(player, 4'000, kCount);
  EXPECT_EQ(player.Numbers().size(),
            static_cast<std::size_t>(first + kCount - 4'000));
  EXPECT_EQ(MetricOf(*player.source(), "lost_total"), 4'000 - first);
}

TEST_F(KafkaCutTest, AllRecordsAreDeletedWhileItIsAway) {
  SourcePlayer player(Opens(options_));
  Send(100, 0);
  ASSERT_TRUE(player.UntilLines(100));
  player.Checkpoint();
  player.Crash();
  Send(100, 100);
  peer_.DeleteBefore(topic_, 0, 200);

  ASSERT_TRUE(player.Recover()) << player.status();
  ASSERT_TRUE(player.Until([&] { return !player.lost().empty(); }));
  Send(10, 200);
  ASSERT_TRUE(player.UntilLines(110)) << player.status();

  ExpectRange(player, 200, 210);
  EXPECT_THAT(player.lost(), ElementsAre(HasSubstr("offsets 100 to 199: ")));
}

}  // namespace
}  // namespace tocsin
