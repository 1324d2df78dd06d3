#include "app/config.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/app/read_config.h"

namespace tocsin {
namespace {

using ::testing::HasSubstr;
using testing::Issues;
using testing::Read;

TEST(KafkaConfigTest, EveryKeyIsReadAndPrinted) {
  const Config config = Read(R"(
data_dir: data
sources:
  - name: bus
    kafka:
      brokers: ["10.0.0.1:9093", "10.0.0.2:9093"]
      topics: [audit, ^audit-.*]
      group: tocsin
      instance: cp1
      start: "time:2026-11-20T00:00:00Z"
      metadata: false
      tls: {ca_file: ca.pem, cert_file: c.pem, key_file: c.key}
      sasl: {mechanism: PLAIN, username: app, password_file: pw}
      properties: {session.timeout.ms: 10000}
  - name: simple
    kafka: {brokers: [b:9092], topics: [t], group: g, start: end, tls: {}}
)",
                             "/etc");
  const KafkaOptions& kafka = config.sources[0].kafka;
  EXPECT_EQ(kafka.brokers[1], "10.0.0.2:9093");
  EXPECT_EQ(kafka.topics[1], "^audit-.*");
  EXPECT_EQ(kafka.instance, "cp1");
  EXPECT_FALSE(kafka.metadata);
  EXPECT_EQ(kafka.tls.key_file, "/etc/c.key");
  EXPECT_EQ(kafka.sasl.password_file, "/etc/pw");
  EXPECT_EQ(kafka.properties[0].second, "10000");
  EXPECT_EQ(PrintConfig(Read(PrintConfig(config))), PrintConfig(config));
}

TEST(KafkaConfigTest, WhatWouldBreakAPromiseIsRefusedWhereItStands) {
  const auto wrong = [](const std::string& keys) {
    return Issues(
        "sources:\n  - name: bus\n    kafka: {brokers: [b], topics: "
        "[t], group: g, " +
        keys + "}\n");
  };
  EXPECT_EQ(wrong("start: end"), "");
  EXPECT_THAT(wrong("properties: {enable.auto.commit: true}"),
              HasSubstr("3:12 kafka: properties: `enable.auto.commit` is not "
                        "yours to set"));
  EXPECT_THAT(wrong("start: now"), HasSubstr("`now` is not one of resume"));
  EXPECT_THAT(wrong("sasl: {mechanism: GSSAPI}"),
              HasSubstr("not one of PLAIN"));
  EXPECT_THAT(wrong("sasl: {password: x}"),
              HasSubstr("unknown key `password`"));
  EXPECT_THAT(wrong("offset: 3"), HasSubstr("unknown key `offset`"));
}

TEST(KafkaConfigTest, WithoutADataFolderTheStartHasToBeSaid) {
  const std::string kafka =
      "sources: [{name: bus, kafka: {brokers: [b], topics: [t], group: g";
  EXPECT_THAT(CheckConfig(Read(kafka + "}}]\n")),
              ::testing::Contains(HasSubstr("Kafka needs `data_dir`")));
  for (const std::string& text : std::vector<std::string>{
           kafka + ", start: end}}]\n", kafka + "}}]\ndata_dir: d\n"}) {
    EXPECT_THAT(CheckConfig(Read(text)),
                ::testing::Not(::testing::Contains(HasSubstr("Kafka"))));
  }
}

}  // namespace
}  // namespace tocsin
