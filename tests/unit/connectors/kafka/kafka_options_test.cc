#include "connectors/kafka/kafka_options.h"

#include "connectors/kafka/check_kafka.h"
#include "connectors/kafka/kafka_position.h"
#include "connectors/kafka/kafka_settings.h"
#include "connectors/kafka/kafka_source.h"
#include "connectors/kafka/kafka_token.h"
#include "engine/base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/temp_dir.h"

namespace tocsin {
namespace {

using ::testing::HasSubstr;

KafkaOptions Minimal() {
  KafkaOptions options;
  options.name = "k";
  options.brokers = {"127.0.0.1:9092"};
  options.topics = {"audit"};
  options.group = "tocsin";
  return options;
}

std::string Wrong(const KafkaOptions& options) {
  return std::string(Message(CheckKafka(options)));
}

TEST(KafkaStartTest, EveryFormIsReadAndPrinted) {
  for (const char* text :
       {"resume", "beginning", "end", "time:2026-11-20T00:00:00.250Z",
        "offset:1000", "offset:audit/0=1000,audit/12=2500"}) {
    KafkaStart start;
    ASSERT_TRUE(ParseKafkaStart(text, &start).ok()) << text;
    KafkaStart again;
    ASSERT_TRUE(ParseKafkaStart(PrintKafkaStart(start), &again).ok()) << text;
    EXPECT_EQ(PrintKafkaStart(again), PrintKafkaStart(start));
  }
  KafkaStart start;
  ASSERT_TRUE(ParseKafkaStart("time:1970-01-01T00:00:01Z", &start).ok());
  EXPECT_EQ(start.time_ms, 1'000);
  ASSERT_TRUE(ParseKafkaStart("offset:a/b/7=3", &start).ok());
  EXPECT_EQ(start.offsets.at("a/b/7"), 3);
}

TEST(KafkaStartTest, WhatIsNoneIsRefused) {
  for (const char* text :
       {"", "begin", "time:yesterday", "offset:", "offset:-1", "offset:a=1",
        "offset:/0=1", "offset:a/0=x", "offset:a/x=1",
        "offset:a/0=1,"
        "b"}) {
    KafkaStart start;
    EXPECT_FALSE(ParseKafkaStart(text, &start).ok()) << text;
  }
}

TEST(KafkaPositionTest, ComesBackFromItsText) {
  KafkaPosition position{
      "0123456789abcdef",
      {{"audit", 3, 100, 250, 17, true, 7}, {"other.topic", 0, 0, 0, 0, false}},
      9};

  const auto again = ParseKafkaPosition(PrintKafkaPosition(position));

  ASSERT_TRUE(again.ok());
  EXPECT_EQ(PrintKafkaPosition(*again), PrintKafkaPosition(position));
  EXPECT_EQ(again->places[0].given, 17U);
  EXPECT_FALSE(again->places[1].metadata);
  EXPECT_EQ(again->places[0].stream, 7U);
  EXPECT_EQ(again->places[1].stream, KafkaPlace::kUnnamed);
  EXPECT_EQ(again->ids, 9U);
  for (const char* text : {"", "17 18 0", "kafka 3 a 0\n", "kafka 1 a\n1 2 x",
                           "kafka 2 a\n", "kafka 2 a 0\n1 2 3 1 0 audit"}) {
    EXPECT_FALSE(ParseKafkaPosition(text).ok()) << text;
  }
}

TEST(KafkaPositionTest, AnEarlierOneHasNoIds) {
  const auto earlier = ParseKafkaPosition("kafka 1 a\n100 250 17 1 3 audit\n");
  ASSERT_TRUE(earlier.ok());
  EXPECT_EQ(earlier->places[0].next, 250);
  EXPECT_EQ(earlier->places[0].topic, "audit");
  EXPECT_EQ(earlier->places[0].stream, KafkaPlace::kUnnamed);
}

TEST(KafkaPositionTest, AStretchIsNamedByItsFirstOffset) {
  const KafkaPlace place{"au@d/it", 3, 100, 250, 17, false};
  EXPECT_EQ(KafkaStretchName(place), "au@d/it/3@100:bare");
  KafkaPlace again;
  ASSERT_TRUE(ParseKafkaStretchName("au@d/it/3@100:bare", &again));
  EXPECT_EQ(KafkaStretchName(again), KafkaStretchName(place));
  EXPECT_EQ(again.next, 100);
  for (const char* text : {"", "audit", "audit/3", "audit@3", "audit/x@3"}) {
    EXPECT_FALSE(ParseKafkaStretchName(text, &again)) << text;
  }
}

TEST(KafkaCheckTest, WhatIsMissingIsNamed) {
  EXPECT_EQ(Wrong(Minimal()), "");
  KafkaOptions options = Minimal();
  options.brokers.clear();
  EXPECT_THAT(Wrong(options), HasSubstr("`brokers` is missing"));
  options = Minimal();
  options.topics.clear();
  EXPECT_THAT(Wrong(options), HasSubstr("`topics` is missing"));
  options = Minimal();
  options.group.clear();
  EXPECT_THAT(Wrong(options), HasSubstr("`group` is missing"));
  options = Minimal();
  options.tls = {true, "", "cert.pem", ""};
  EXPECT_THAT(Wrong(options), HasSubstr("belong together"));
}

TEST(KafkaCheckTest, APropertyThatWouldBreakAPromiseIsRefused) {
  for (const char* name :
       {"enable.auto.commit", "enable.auto.offset.store", "auto.offset.reset",
        "group.id", "sasl.password", "ssl.key.pem", "plugin.library.paths"}) {
    KafkaOptions options = Minimal();
    options.properties = {{name, "true"}};
    EXPECT_THAT(Wrong(options), HasSubstr("is not yours to set")) << name;
  }
  KafkaOptions options = Minimal();
  options.properties = {
      {"partition.assignment.strategy", "cooperative-sticky"}};
  EXPECT_THAT(Wrong(options), HasSubstr("range or roundrobin"));
  options.properties = {{"session.timeout.ms", "10000"}};
  EXPECT_EQ(Wrong(options), "");
  options.properties = {{"no.such.thing", "1"}};
  EXPECT_THAT(Wrong(options), HasSubstr("no.such.thing"));
}

TEST(KafkaCheckTest, ScramNeedsALibraryThatCan) {
  KafkaOptions options = Minimal();
  options.tls.on = true;
  options.sasl.mechanism = "SCRAM-SHA-512";
  options.sasl.username = "app";
  options.sasl.password_file = "pw";

  const std::string old(Message(CheckKafkaFor(options, 0x020002ff)));

  EXPECT_THAT(old, HasSubstr("librdkafka 2.0.2"));
  EXPECT_THAT(old, HasSubstr("PLAIN over TLS"));
  EXPECT_THAT(old, HasSubstr("TOCSIN_RDKAFKA_ROOT"));
  EXPECT_TRUE(CheckKafkaFor(options, kKafkaScramVersion).ok());
  EXPECT_FALSE(CheckKafkaFor(options, kKafkaScramVersion - 0x100).ok());
}

TEST(KafkaCheckTest, ScramIsRefusedBeforeTheSourceIsOpen) {
  if (rd_kafka_version() >= kKafkaScramVersion) {
    return;  // Built against a library that can.
  }
  KafkaOptions options = Minimal();
  options.tls.on = true;
  options.sasl = {"SCRAM-SHA-256", "app", "pw"};
  EXPECT_THAT(Wrong(options), HasSubstr("SCRAM-SHA-256 does not work"));
  EXPECT_FALSE(KafkaSource::Open(options).ok());
}

TEST(KafkaCheckTest, SecretsComeFromFilesAndNeedTls) {
  const testing::TempDir dir;
  KafkaOptions options = Minimal();
  options.sasl.mechanism = "PLAIN";
  EXPECT_THAT(Wrong(options), HasSubstr("anybody can read"));
  options.tls.on = true;
  EXPECT_THAT(Wrong(options), HasSubstr("username and password_file"));
  options.sasl.username = "app";
  options.sasl.password_file = dir.File("absent");
  EXPECT_EQ(Wrong(options), "");
  EXPECT_THAT(std::string(Message(KafkaSource::Open(options).status())),
              HasSubstr("absent"));
  options.sasl.password_file = dir.Write("pw", "secret\r\n");
  EXPECT_TRUE(KafkaSource::Open(options).ok());
  options.sasl.mechanism = "OAUTHBEARER";
  EXPECT_THAT(Wrong(options), HasSubstr("token_url"));
  options.sasl = {"OAUTHBEARER", "", "", dir.File("token")};
  EXPECT_EQ(Wrong(options), "");
  options.sasl = {"OAUTHBEARER",
                  "",
                  "",
                  "",
                  "id",
                  dir.File("pw"),
                  "https://127.0.0.1:1/token",
                  "scope"};
  // Debian's librdkafka is built without OpenID Connect, and says so.
  EXPECT_THAT(Wrong(options),
              ::testing::AnyOf("", HasSubstr("OIDC depends on libcurl")));
}

TEST(KafkaTokenTest, SaysWhoseItIsAndHowLong) {
  // {"alg":"none"} . {"sub":"a\"b","exp":1700000000}
  const KafkaToken token = ReadKafkaToken(
      "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhXCJiIiwiZXhwIjoxNzAwMDAwMDAwfQ.", 5);
  EXPECT_EQ(token.subject, "a\"b");
  EXPECT_EQ(token.expires_ms, 1'700'000'000'000);
  for (const char* text : {"opaque", "a.b", "a..c", "a.!!.c", "a.e30.c"}) {
    EXPECT_EQ(ReadKafkaToken(text, 5).expires_ms, 300'005) << text;
    EXPECT_EQ(ReadKafkaToken(text, 5).subject, "tocsin") << text;
  }
}

TEST(KafkaCheckTest, ACertificateThatIsNotThereIsNamedAtTheStart) {
  KafkaOptions options = Minimal();
  options.tls = {true, "absent-ca.pem", "", ""};
  const auto opened = KafkaSource::Open(options);
  ASSERT_FALSE(opened.ok());
  EXPECT_THAT(std::string(Message(opened.status())), HasSubstr("ca.location"));
}

}  // namespace
}  // namespace tocsin
