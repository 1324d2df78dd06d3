// OAUTHBEARER at a real broker, with tokens in a file that expire. The broker
// lets a connection live for 3 s at most, so a token counts soon.
#include "absl/strings/escaping.h"
#include "engine/base/clock.h"
#include "gmock/gmock.h"
#include "tests/testing/temp_dir.h"
#include "tests/unit/connectors/kafka/kafka_testing.h"

namespace tocsin {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::KafkaEndpoint;
using testing::KafkaPeer;
using testing::SourcePlayer;
using testing::UniqueName;

// Unsigned, of `app`, for so many seconds from now on.
std::string Token(int seconds) {
  const std::int64_t now = RealClock()->WallMicros() / 1'000'000;
  std::string header, claims;
  absl::WebSafeBase64Escape(R"({"alg":"none"})", &header);
  absl::WebSafeBase64Escape(R"({"sub":"app","iat":)" +
                                std::to_string(now - 60) + R"(,"exp":)" +
                                std::to_string(now + seconds) + "}",
                            &claims);
  return header + "." + claims + ".";
}

class KafkaTokenAtBrokerTest : public ::testing::Test {
 protected:
  KafkaTokenAtBrokerTest() {
    peer_.CreateTopic(topic_, 1);
    options_.tls.on = true;
    options_.tls.ca_file = testing::KafkaTlsFile("ca.pem");
    options_.sasl.mechanism = "OAUTHBEARER";
  }
  void Write(const std::string& token) {
    options_.sasl.token_file = dir_.Write("token", token + "\n");
  }
  // While a new token comes each second, each good for `seconds`.
  bool UntilLines(SourcePlayer* player, std::size_t count, int seconds) {
    std::int64_t next_us = 0;
    return player->Until([&] {
      const std::int64_t now_us = RealClock()->SteadyMicros();
      if (now_us >= next_us) {
        Write(Token(seconds));
        next_us = now_us + 1'000'000;
      }
      return player->lines().size() >= count;
    });
  }
  std::string Refused() {
    ::testing::internal::CaptureStderr();
    SourcePlayer player(Opens(options_));
    EXPECT_TRUE(player.Until(
        [&] { return MetricOf(*player.source(), "errors_total") >= 1; }));
    EXPECT_TRUE(player.status().ok()) << "it must not end the service";
    EXPECT_THAT(player.lines(), IsEmpty());
    player.Close();
    return ::testing::internal::GetCapturedStderr();
  }

  testing::TempDir dir_;
  std::string topic_ = UniqueName("t");
  KafkaPeer peer_{KafkaEndpoint("plain")};
  KafkaOptions options_ = TestOptions(KafkaEndpoint("oauth"), topic_);
};

TEST_F(KafkaTokenAtBrokerTest, ATokenThatIsReplacedInTimeIsUsedUnderLoad) {
  constexpr int kRounds = 12;
  Write(Token(5));
  SourcePlayer player(Opens(options_));
  for (int round = 0; round < kRounds; ++round) {
    peer_.SendNumbers(topic_, 1, 100, 200, round * 100);
    ASSERT_TRUE(UntilLines(&player, 100U * (round + 1), 5)) << player.status();
    EXPECT_FALSE(player.Until([] { return false; }, 1));
  }
  ExpectEachOnce(player, kRounds * 100);
  EXPECT_THAT(player.lost(), IsEmpty());
}

TEST_F(KafkaTokenAtBrokerTest, ATokenThatIsReplacedTooLateStopsItForAWhile) {
  Write(Token(4));
  SourcePlayer player(Opens(options_));
  peer_.SendNumbers(topic_, 1, 100);
  ASSERT_TRUE(UntilLines(&player, 100, 4));
  EXPECT_TRUE(player.Until(
      [&] { return MetricOf(*player.source(), "errors_total") >= 1; }));
  EXPECT_TRUE(player.status().ok()) << player.status();
  Write(Token(60));
  peer_.SendNumbers(topic_, 1, 100, 200, 100);

  ASSERT_TRUE(player.UntilLines(200)) << player.status();
  ExpectEachOnce(player, 200);
}

TEST_F(KafkaTokenAtBrokerTest, AWrongTokenIsSaidClearlyAndNeverShown) {
  for (const std::string& token :
       {std::string("no-token-at-all"), std::string("")}) {
    Write(token);
    const std::string log = Refused();
    EXPECT_THAT(log, HasSubstr("`sasl`")) << token;
    EXPECT_THAT(log, ::testing::Not(HasSubstr("no-token-at-all")));
  }
}

}  // namespace
}  // namespace tocsin
