// TLS, client certificates and passwords, at a real broker.
#include "gmock/gmock.h"
#include "tests/testing/temp_dir.h"
#include "tests/unit/connectors/kafka/kafka_testing.h"

namespace tocsin {
namespace {

using ::testing::HasSubstr;
using testing::KafkaEndpoint;
using testing::KafkaPeer;
using testing::KafkaTlsFile;
using ::testing::Not;
using testing::SourcePlayer;
using testing::UniqueName;

class KafkaSecurityTest : public ::testing::Test {
 protected:
  KafkaSecurityTest() : peer_(KafkaEndpoint("plain")), topic_(UniqueName("t")) {
    peer_.CreateTopic(topic_, 1);
    peer_.SendNumbers(topic_, 1, 10);
  }

  KafkaOptions Options(const std::string& kind) {
    KafkaOptions options = TestOptions(KafkaEndpoint(kind), topic_);
    options.tls.on = true;
    options.tls.ca_file = KafkaTlsFile("ca.pem");
    return options;
  }
  KafkaOptions Password(const std::string& password) {
    KafkaOptions options = Options("sasl");
    options.sasl.mechanism = "PLAIN";
    options.sasl.username = "app";
    options.sasl.password_file = dir_.Write("password", password + "\n");
    return options;
  }
  static void ExpectReads(const KafkaOptions& options) {
    SourcePlayer player(Opens(options));
    EXPECT_TRUE(player.UntilLines(10));
    ExpectEachOnce(player, 10);
  }
  // What the log says of a source that reads nothing.
  static std::string Refused(const KafkaOptions& options) {
    ::testing::internal::CaptureStderr();
    SourcePlayer player(Opens(options));
    EXPECT_TRUE(player.Until(
        [&] { return MetricOf(*player.source(), "errors_total") >= 1; }));
    EXPECT_TRUE(player.status().ok()) << "it must not end the service";
    EXPECT_TRUE(player.lines().empty());
    player.Close();
    return ::testing::internal::GetCapturedStderr();
  }

  testing::TempDir dir_;
  KafkaPeer peer_;
  std::string topic_;
};

TEST_F(KafkaSecurityTest, ReadsOverTls) { ExpectReads(Options("tls")); }

TEST_F(KafkaSecurityTest, ABrokerThatNoCaVouchesForIsRefused) {
  KafkaOptions options = Options("tls");
  options.tls.ca_file = KafkaTlsFile("otherca.pem");
  const std::string log = Refused(options);
  EXPECT_THAT(log, HasSubstr("check the certificates of `tls`"));
  EXPECT_THAT(log, HasSubstr("certificate verify failed"));
}

TEST_F(KafkaSecurityTest, ReadsWithAClientCertificate) {
  KafkaOptions options = Options("mtls");
  options.tls.cert_file = KafkaTlsFile("client.pem");
  options.tls.key_file = KafkaTlsFile("client.key");
  ExpectReads(options);
}

TEST_F(KafkaSecurityTest, WithoutAClientCertificateOrWithAStrangersNothing) {
  EXPECT_THAT(Refused(Options("mtls")), HasSubstr("`tls`"));
  KafkaOptions options = Options("mtls");
  options.tls.cert_file = KafkaTlsFile("other.pem");
  options.tls.key_file = KafkaTlsFile("other.key");
  EXPECT_THAT(Refused(options), HasSubstr("`tls`"));
}

TEST_F(KafkaSecurityTest, ReadsWithAPassword) {
  ExpectReads(Password("apppw"));
}

TEST_F(KafkaSecurityTest, AWrongPasswordIsSaidClearlyAndNeverShown) {
  const std::string log = Refused(Password("wrong-secret"));
  EXPECT_THAT(log, HasSubstr("the user and the password, "
                             "or the token, of `sasl`"));
  EXPECT_THAT(log, Not(HasSubstr("wrong-secret")));
}

TEST_F(KafkaSecurityTest, ScramReadsWhereTheLibraryCan) {
  KafkaOptions options = Password("apppw");
  options.sasl.mechanism = "SCRAM-SHA-512";
  const auto opened = KafkaSource::Open(options);
  if (opened.ok()) {
    ExpectReads(options);
  } else {
    EXPECT_THAT(std::string(Message(opened.status())),
                HasSubstr("does not work with librdkafka"));
  }
}

}  // namespace
}  // namespace tocsin
