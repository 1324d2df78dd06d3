// How messages become lines; through a source, for librdkafka's messages cannot
// be made by hand.
#include "connectors/kafka/kafka_line.h"

#include "engine/base/limits.h"
#include "gmock/gmock.h"
#include "tests/unit/connectors/kafka/kafka_testing.h"

namespace tocsin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::KafkaMock;
using testing::KafkaPeer;
using testing::SourcePlayer;

class KafkaLineTest : public ::testing::Test {
 protected:
  KafkaLineTest() : peer_(mock_.brokers()) { mock_.CreateTopic("t", 1); }

  // As a replay reads them: without waiting for a group.
  std::vector<std::string> Lines(std::size_t count, bool metadata,
                                 std::size_t chunk = 256 << 10) {
    peer_.Flush();
    KafkaOptions options = TestOptions(mock_.brokers(), "t");
    SourcePlayer player(Opens(options), chunk);
    const std::string stream = metadata ? "t/0@0" : "t/0@0:bare";
    EXPECT_TRUE(player.source()->Replay({stream, 1 << 30}).ok());
    EXPECT_TRUE(player.UntilLines(count));
    poison_ = MetricOf(*player.source(), "poison_total");
    headers_cut_ = MetricOf(*player.source(), "headers_cut_total");
    return player.lines();
  }

  KafkaMock mock_;
  KafkaPeer peer_;
  double poison_ = 0;
  double headers_cut_ = 0;
};

TEST_F(KafkaLineTest, AnObjectIsOneLineWithItsPlaceAtTheEnd) {
  peer_.Send({"t",
              0,
              "{\"a\":1,\n \"b\":2} \n",
              false,
              "ke\"y",
              {{"h", "v"}, {"zone", "b"}},
              1'700'000'000'000});
  peer_.Send({"t", 0, "{ }", false, "", {}, 1'700'000'000'001});

  EXPECT_THAT(
      Lines(2, true),
      ElementsAre(
          "{\"a\":1,  \"b\":2,\"kafka\":{\"topic\":\"t\",\"partition\":0,"
          "\"offset\":0,\"timestamp_ms\":1700000000000,\"key\":\"ke\\\"y\","
          "\"headers\":{\"h\":\"v\",\"zone\":\"b\"}}}",
          "{ \"kafka\":{\"topic\":\"t\",\"partition\":0,\"offset\":1,"
          "\"timestamp_ms\":1700000000001}}"));
  EXPECT_EQ(poison_, 0);
}

TEST_F(KafkaLineTest, EveryEventOfAnEventListHasThePlace) {
  peer_.Send({"t",
              0,
              R"({"kind":"EventList","items":[{"a":1}, { },{"b":{"c":[]}} ]})",
              false,
              "",
              {},
              7});
  peer_.Send({"t",
              0,
              R"({"items":[{"a":1},2],"kind":"EventList"})",
              false,
              "",
              {},
              7});
  peer_.Send({"t", 0, R"({"kind":"List","items":[{}]})", false, "", {}, 7});
  peer_.Send({"t", 0, R"({"kind":"EventList","items":[]})", false, "", {}, 7});
  peer_.Send({"t", 0, R"({"kind":"EventList","items":[{])", false, "", {}, 7});

  const auto place = [](int offset) {
    return R"("kafka":{"topic":"t","partition":0,"offset":)" +
           std::to_string(offset) + R"(,"timestamp_ms":7})";
  };
  EXPECT_THAT(Lines(5, true),
              ElementsAre(R"({"kind":"EventList","items":[{"a":1,)" + place(0) +
                              "}, { " + place(0) + R"(},{"b":{"c":[]},)" +
                              place(0) + "} ]," + place(0) + "}",
                          R"({"items":[{"a":1,)" + place(1) +
                              R"(},2],"kind":"EventList",)" + place(1) + "}",
                          R"({"kind":"List","items":[{}],)" + place(2) + "}",
                          R"({"kind":"EventList","items":[],)" + place(3) + "}",
                          R"(kafka t/0@4: {"kind":"EventList","items":[{])"));
}

TEST_F(KafkaLineTest, AnEventListTooLongForALineWithAllItsPlacesHasOne) {
  std::string list = R"({"kind":"EventList","items":[{"a":0})";
  for (int i = 1; i < 2'000; ++i) list += R"(,{"a":1})";
  peer_.Send({"t", 0, list + "]}", false, std::string(10'000, 'k'), {}, 7});
  peer_.Send({"t", 0, "{}", false, "", {}, 7});

  const std::vector<std::string> lines = Lines(2, true);

  EXPECT_LT(lines[0].size(), 40'000u);
  EXPECT_TRUE(lines[0].starts_with(list + "],\"kafka\":{")) << lines[0];
}

TEST_F(KafkaLineTest, WithoutMetadataAnObjectIsAsItCame) {
  peer_.Send({"t", 0, " {\"a\":\n1}\n", false, "key", {{"h", "v"}}});

  EXPECT_THAT(Lines(1, false), ElementsAre("{\"a\": 1}"));
}

TEST_F(KafkaLineTest, WhatIsNoObjectGoesOnBehindItsPlace) {
  peer_.Send({"t", 0, "no\nJSON"});
  peer_.Send({"t", 0, "", true});
  peer_.Send({"t", 0, ""});
  peer_.Send({"t", 0, "[1,2]"});
  peer_.Send({"t", 0, "}"});

  EXPECT_THAT(
      Lines(5, false),
      ElementsAre("kafka t/0@0: no JSON", "kafka t/0@1: null",
                  "kafka t/0@2: ", "kafka t/0@3: [1,2]", "kafka t/0@4: }"));
  EXPECT_EQ(poison_, 5);
}

TEST_F(KafkaLineTest, BytesThatAreNoTextAreInBase64) {
  peer_.Send({"t", 0, "{}", false, "\xff\xfe", {{"bin", "\xff"}}, 1});

  const std::vector<std::string> lines = Lines(1, true);

  EXPECT_THAT(lines[0], HasSubstr("\"key_base64\":\"//4=\""));
  EXPECT_THAT(lines[0], HasSubstr("\"headers\":{\"bin_base64\":\"/w==\"}"));
}

TEST_F(KafkaLineTest, HeadersAreKeptUpToTheLimitAndNotPast) {
  // topic, partition, offset, time: what stands before the headers.
  const std::size_t before =
      std::string(
          "{\"kafka\":{\"topic\":\"t\",\"partition\":0,\"offset\":0,"
          "\"timestamp_ms\":1,\"headers\":{")
          .size() -
      1;
  const std::string fits(limits::kKafkaPlaceBytes - before - 1, 'v');
  peer_.Send({"t", 0, "{}", false, "", {{"h", fits}}, 1});
  peer_.Send({"t", 0, "{}", false, "", {{"h", fits + "v"}}, 1});
  peer_.Send(
      {"t", 0, "{}", false, std::string(limits::kKafkaPlaceBytes, 'k'), {}, 1});

  const std::vector<std::string> lines = Lines(3, true);

  EXPECT_THAT(lines[0], HasSubstr(fits));
  EXPECT_THAT(lines[0], ::testing::Not(HasSubstr("\"cut\"")));
  EXPECT_THAT(lines[1], HasSubstr("\"headers\":{},\"cut\":true}"));
  EXPECT_THAT(lines[2], HasSubstr(",\"cut\":true}"));
  EXPECT_EQ(headers_cut_, 2);
}

TEST_F(KafkaLineTest, ALineThatDoesNotFitComesInPieces) {
  const std::string big = "{\"pad\":\"" + std::string(5'000, 'x') + "\"}";
  peer_.Send({"t", 0, "{\"a\":1}"});
  peer_.Send({"t", 0, big});
  peer_.Send({"t", 0, "{\"a\":2}"});

  EXPECT_THAT(Lines(3, false, 100), ElementsAre("{\"a\":1}", big, "{\"a\":2}"));
}

}  // namespace
}  // namespace tocsin
