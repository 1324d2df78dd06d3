// A source and a real broker: what is read, resumed, replayed and lost.
#include "engine/base/limits.h"
#include "gmock/gmock.h"
#include "tests/unit/connectors/kafka/kafka_testing.h"

namespace tocsin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::KafkaPeer;
using testing::SourcePlayer;
using testing::UniqueName;

class KafkaBrokerTest : public ::testing::Test {
 protected:
  KafkaBrokerTest()
      : peer_(testing::KafkaEndpoint("plain")),
        topic_(UniqueName("t")),
        options_(TestOptions(testing::KafkaEndpoint("plain"), topic_)) {}

  void Create(int partitions) { peer_.CreateTopic(topic_, partitions); }
  std::int64_t Committed(int partition) {
    return peer_.Committed(options_.group, topic_, partition);
  }
  bool CommittedIs(SourcePlayer* player, int partition, std::int64_t offset) {
    return player->Until([&] { return Committed(partition) == offset; });
  }
  std::vector<std::string> StartedFrom(const std::string& start) {
    KafkaOptions options = options_;
    options.group = UniqueName("group");
    EXPECT_TRUE(ParseKafkaStart(start, &options.start).ok());
    SourcePlayer player(Opens(options));
    peer_.SendNumbers(topic_, 1, 1, 100, ++last_);
    const std::string last = "{\"n\":" + std::to_string(last_) + ",";
    EXPECT_TRUE(player.Until([&] {
      return MetricOf(*player.source(), "assigned_partitions") == 1;
    }));
    // At the end there may be nothing until the next message.
    peer_.SendNumbers(topic_, 1, 1, 100, ++last_);
    EXPECT_TRUE(player.Until([&] {
      return !player.lines().empty() &&
             player.lines().back().starts_with(
                 "{\"n\":" + std::to_string(last_) + ",");
    }));
    return player.lines();
  }

  KafkaPeer peer_;
  std::string topic_;
  KafkaOptions options_;
  int last_ = 999;
};

TEST_F(KafkaBrokerTest, EverySequenceNumberComesOnce) {
  Create(8);
  SourcePlayer player(Opens(options_));
  peer_.SendNumbers(topic_, 8, 100'000, 500);

  ASSERT_TRUE(player.UntilLines(100'000));

  ExpectEachOnce(player, 100'000);
  EXPECT_THAT(player.lost(), IsEmpty());
}

TEST_F(KafkaBrokerTest, WhatACheckpointCoversIsCommittedAndNotReadAgain) {
  Create(2);
  SourcePlayer player(Opens(options_));
  peer_.SendNumbers(topic_, 2, 1'000);
  ASSERT_TRUE(player.UntilLines(1'000));
  player.Checkpoint();
  ASSERT_TRUE(CommittedIs(&player, 0, 500));
  player.Crash();
  peer_.SendNumbers(topic_, 2, 1'000, 200, 1'000);

  ASSERT_TRUE(player.Recover()) << player.status();
  ASSERT_TRUE(player.UntilLines(2'000));

  ExpectEachOnce(player, 2'000);
}

TEST_F(KafkaBrokerTest, OurPositionCountsWhenOurOwnCommitIsFurther) {
  // As after data_dir was restored from a copy.
  Create(1);
  SourcePlayer player(Opens(options_));
  peer_.SendNumbers(topic_, 1, 500);
  ASSERT_TRUE(player.UntilLines(500));
  player.Checkpoint();
  const SourcePosition copy = player.source()->position();
  peer_.SendNumbers(topic_, 1, 500, 200, 500);
  ASSERT_TRUE(player.UntilLines(1'000));
  player.Checkpoint();
  ASSERT_TRUE(CommittedIs(&player, 0, 1'000));
  player.Close();

  SourcePlayer restored(Opens(options_));
  ASSERT_TRUE(restored.source()->Resume(copy).ok());
  ASSERT_TRUE(restored.UntilLines(500));

  EXPECT_EQ(restored.Numbers().begin()->first, 500);
  EXPECT_EQ(restored.lines().size(), 500U);
}

TEST_F(KafkaBrokerTest, OurPositionCountsWhenTheCommitIsBehind) {
  Create(1);
  SourcePlayer player(Opens(options_));
  peer_.SendNumbers(topic_, 1, 1'000);
  ASSERT_TRUE(player.UntilLines(1'000));
  player.Checkpoint();
  ASSERT_TRUE(CommittedIs(&player, 0, 1'000));
  player.Crash();
  peer_.Commit(options_.group, topic_, 0, 100);

  ASSERT_TRUE(player.Recover()) << player.status();
  peer_.SendNumbers(topic_, 1, 10, 200, 1'000);
  ASSERT_TRUE(player.UntilLines(1'010));

  ExpectEachOnce(player, 1'010);
}

TEST_F(KafkaBrokerTest, WhatAnotherMemberCoveredIsNotReadAgain) {
  Create(1);
  SourcePlayer player(Opens(options_));
  peer_.SendNumbers(topic_, 1, 100);
  ASSERT_TRUE(player.UntilLines(100));
  player.Checkpoint();
  ASSERT_TRUE(CommittedIs(&player, 0, 100));
  player.Crash();
  SourcePlayer other(Opens(options_));
  peer_.SendNumbers(topic_, 1, 100, 200, 100);
  ASSERT_TRUE(other.UntilLines(100));
  other.Checkpoint();
  ASSERT_TRUE(CommittedIs(&other, 0, 200));
  other.Close();
  peer_.SendNumbers(topic_, 1, 100, 200, 200);

  ASSERT_TRUE(player.Recover()) << player.status();
  ASSERT_TRUE(player.UntilLines(200));

  EXPECT_EQ(player.Numbers().count(150), 0U);
  EXPECT_EQ(player.Numbers().at(200), 1);
  EXPECT_THAT(player.log_streams().back(), HasSubstr("/0@200"));
}

TEST_F(KafkaBrokerTest, TwoPartitionsAreReplayedInTheLoggedOrder) {
  Create(2);
  // Chunks that are no whole number of messages, so that lines are cut.
  SourcePlayer player(Opens(options_), 1'000);
  peer_.SendNumbers(topic_, 2, 2'000, 333);
  ASSERT_TRUE(player.UntilLines(700));
  player.Checkpoint();
  ASSERT_TRUE(player.UntilLines(2'000));
  for (int round = 0; round < 5; ++round) {
    peer_.SendNumbers(topic_, 2, 20, 333, 2'000 + 20 * round);
    ASSERT_TRUE(player.UntilLines(2'020 + 20U * round));
  }
  EXPECT_GT(player.log_streams().size(), 3U) << player.LogText();
  const std::vector<std::string> before = player.lines();
  player.Crash();

  ASSERT_TRUE(player.Recover()) << player.status();

  EXPECT_EQ(player.lines(), before);
  peer_.SendNumbers(topic_, 2, 100, 333, 2'100);
  ASSERT_TRUE(player.UntilLines(2'200));
  ExpectEachOnce(player, 2'200);
}

TEST_F(KafkaBrokerTest, ACrashInTheMiddleOfALineLosesNoByteOfIt) {
  Create(1);
  SourcePlayer player(Opens(options_), 1'000);
  const std::string big =
      "{\"n\":0,\"pad\":\"" + std::string(9'000, 'x') + "\"}";
  peer_.Send({topic_, 0, big});
  peer_.SendNumbers(topic_, 1, 10, 200, 1);
  ASSERT_TRUE(player.Until([&] {
    return player.source()->position().find(" 0 0 ") != std::string::npos &&
           !player.log_streams().empty();
  }));
  player.Checkpoint();  // 1,000 bytes of the line are given.
  player.Crash();

  player.Restart();
  ASSERT_TRUE(player.UntilLines(11));

  EXPECT_EQ(player.lines()[0], big);
  ExpectEachOnce(player, 11);
}

TEST_F(KafkaBrokerTest, OtherSettingsDoNotChangeWhatIsReplayed) {
  Create(1);
  KafkaOptions options = options_;
  SourcePlayer player(
      [&]() -> std::unique_ptr<Source> { return *KafkaSource::Open(options); });
  peer_.SendNumbers(topic_, 1, 100);
  ASSERT_TRUE(player.UntilLines(100));
  const std::vector<std::string> before = player.lines();
  player.Crash();
  options.metadata = true;

  ASSERT_TRUE(player.Recover()) << player.status();
  EXPECT_EQ(player.lines(), before);
  peer_.SendNumbers(topic_, 1, 1, 200, 100);
  ASSERT_TRUE(player.UntilLines(101));
  EXPECT_THAT(player.lines().back(), HasSubstr("\"offset\":100"));
}

TEST_F(KafkaBrokerTest, WhatRetentionTookIsToldWithItsRange) {
  Create(1);
  SourcePlayer player(Opens(options_));
  peer_.SendNumbers(topic_, 1, 100);
  ASSERT_TRUE(player.UntilLines(100));
  player.Checkpoint();
  player.Crash();
  peer_.SendNumbers(topic_, 1, 200, 200, 100);
  peer_.DeleteBefore(topic_, 0, 251);

  ASSERT_TRUE(player.Recover()) << player.status();
  ASSERT_TRUE(player.UntilLines(149));

  EXPECT_THAT(player.lost(),
              ElementsAre(HasSubstr("topic " + topic_ +
                                    " partition 0 offsets 100 to 250: ")));
  EXPECT_EQ(MetricOf(*player.source(), "lost_total"), 151);
  EXPECT_EQ(player.Numbers().count(250), 0U);
  EXPECT_EQ(player.Numbers().at(251), 1);
  EXPECT_THAT(player.log_streams().back(), HasSubstr("/0@251"));
}

TEST_F(KafkaBrokerTest, AReplayThatRetentionTookIsNotFoundWithItsRange) {
  Create(1);
  SourcePlayer player(Opens(options_));
  peer_.SendNumbers(topic_, 1, 100);
  ASSERT_TRUE(player.UntilLines(100));
  player.Crash();
  peer_.DeleteBefore(topic_, 0, 60);

  EXPECT_FALSE(player.Recover());

  EXPECT_TRUE(absl::IsNotFound(player.status())) << player.status();
  EXPECT_THAT(std::string(Message(player.status())),
              HasSubstr("partition 0 offsets 0 to 59"));
  // What is left comes, and the gap is told.
  player.source()->ReplayEnd();
  ASSERT_TRUE(player.UntilLines(40));
  EXPECT_THAT(player.lost(), ElementsAre(HasSubstr("offsets 0 to 59: ")));
}

TEST_F(KafkaBrokerTest, AReplayOfATopicThatIsGoneIsNotFound) {
  Create(1);
  SourcePlayer player(Opens(options_));
  peer_.SendNumbers(topic_, 1, 10);
  ASSERT_TRUE(player.UntilLines(10));
  player.Crash();
  peer_.DeleteTopic(topic_);

  EXPECT_FALSE(player.Recover());

  EXPECT_TRUE(absl::IsNotFound(player.status())) << player.status();
}

TEST_F(KafkaBrokerTest, PoisonGoesOnWithItsPlaceAndStopsNothing) {
  Create(1);
  options_.metadata = true;
  SourcePlayer player(Opens(options_));
  peer_.SendNumbers(topic_, 1, 1);
  peer_.Send({topic_, 0, "no JSON"});
  peer_.Send({topic_, 0, "", true, "key"});
  peer_.Send({topic_, 0, "{\"cut\": tru}"});
  peer_.SendNumbers(topic_, 1, 1, 200, 1);

  ASSERT_TRUE(player.UntilLines(5));

  EXPECT_EQ(player.lines()[1], "kafka " + topic_ + "/0@1: no JSON");
  EXPECT_EQ(player.lines()[2], "kafka " + topic_ + "/0@2: null");
  EXPECT_THAT(player.lines()[3],
              HasSubstr("tru,\"kafka\":{\"topic\":\"" + topic_ +
                        "\",\"partition\":0,\"offset\":3"));
  EXPECT_EQ(MetricOf(*player.source(), "poison_total"), 2);
}

TEST_F(KafkaBrokerTest, WhatIsTooLongForALineHasItsPlaceInFront) {
  // Where a line is cut its end is not seen; room for the place is 1 KiB.
  constexpr std::size_t kMost = limits::kLineBytes - 1'024;
  peer_.CreateTopic(topic_, 1, 1, 64 << 20);
  options_.metadata = true;
  const std::string begin = "{\"pad\":\"";
  std::string fits = begin + std::string(kMost - begin.size() - 2, 'x') + "\"}";
  SourcePlayer player(Opens(options_));
  peer_.Send({topic_, 0, fits});
  peer_.Send({topic_, 0, fits + " "});
  peer_.SendNumbers(topic_, 1, 1);

  ASSERT_TRUE(player.UntilLines(3, 60));

  EXPECT_TRUE(player.lines()[0].starts_with(begin));
  EXPECT_TRUE(player.lines()[0].ends_with("}}"));
  EXPECT_TRUE(player.lines()[1].starts_with("{\"kafka\":{\"topic\":"));
  EXPECT_TRUE(player.lines()[1].ends_with("x\"}"));
  EXPECT_EQ(player.Numbers().at(0), 1);
}

TEST_F(KafkaBrokerTest, StartsWhereItIsTold) {
  Create(1);
  for (int n = 0; n < 10; ++n) {
    peer_.Send({topic_,
                0,
                "{\"n\":" + std::to_string(n) + "}",
                false,
                "",
                {},
                1'700'000'000'000 + n * 1'000});
  }
  peer_.Flush();

  EXPECT_EQ(StartedFrom("resume").size(), 12U);
  EXPECT_EQ(StartedFrom("beginning").size(), 14U);
  EXPECT_EQ(StartedFrom("offset:7")[0], "{\"n\":7}");
  EXPECT_EQ(StartedFrom("offset:" + topic_ + "/0=3")[0], "{\"n\":3}");
  EXPECT_EQ(StartedFrom("time:2023-11-14T22:13:24.5Z")[0], "{\"n\":5}");
  EXPECT_LE(StartedFrom("end").size(), 2U);
}

TEST_F(KafkaBrokerTest, StartIsForAFreshStoreOnly) {
  Create(1);
  options_.start.kind = KafkaStart::Kind::kBeginning;
  SourcePlayer player(Opens(options_));
  peer_.SendNumbers(topic_, 1, 10);
  ASSERT_TRUE(player.UntilLines(10));
  player.Checkpoint();
  player.Crash();
  peer_.SendNumbers(topic_, 1, 10, 200, 10);

  ASSERT_TRUE(player.Recover());
  ASSERT_TRUE(player.UntilLines(20));
  ExpectEachOnce(player, 20);
}

TEST_F(KafkaBrokerTest, ASecondProcessUnderOurNameEndsTheFirst) {
  Create(1);
  options_.instance = "cp1";
  SourcePlayer player(Opens(options_));
  peer_.SendNumbers(topic_, 1, 10);
  ASSERT_TRUE(player.UntilLines(10));
  SourcePlayer other(Opens(options_));
  ASSERT_TRUE(other.UntilLines(10));

  // Each joins again once: who is thrown out twice is the first.
  EXPECT_FALSE(player.Until([&] { return !other.Step(); }));

  EXPECT_THAT(std::string(Message(player.status())),
              HasSubstr("as instance `cp1`"));
  EXPECT_EQ(MetricOf(*player.source(), "rejoins_total"), 1);
  peer_.SendNumbers(topic_, 1, 10, 200, 10);
  EXPECT_TRUE(other.UntilLines(20)) << other.status();
  ExpectEachOnce(other, 20);
}

}  // namespace
}  // namespace tocsin
