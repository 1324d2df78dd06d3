#include "connectors/http/web_server.h"

#include <atomic>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/http_get.h"

namespace tocsin {
namespace {

using ::testing::HasSubstr;
using testing::HttpGet;
using testing::HttpRequest;
using ::testing::StartsWith;

class WebServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WebHandlers handlers;
    handlers.metrics = [] { return std::string("answer 42\n"); };
    handlers.ready = [this] { return ready_.load(); };
    handlers.reload = [this] {
      ++reloads_;
      return reload_works_ ? absl::OkStatus()
                           : absl::InvalidArgumentError("2 errors");
    };
    auto started = WebServer::Start("127.0.0.1:0", std::move(handlers));
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
  }

  std::atomic<bool> ready_{true}, reload_works_{true};
  std::atomic<int> reloads_{0};
  std::unique_ptr<WebServer> server_;
};

TEST_F(WebServerTest, MetricsComeInPrometheusTextForm) {
  const std::string answer = HttpGet(server_->port(), "/metrics");

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer, HasSubstr("text/plain; version=0.0.4"));
  EXPECT_THAT(answer, HasSubstr("\r\n\r\nanswer 42\n"));
}

TEST_F(WebServerTest, HealthyIsWhoAnswersAndReadyIsWhoReads) {
  ready_ = false;

  EXPECT_THAT(HttpGet(server_->port(), "/-/healthy"),
              StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(HttpGet(server_->port(), "/-/ready"), StartsWith("HTTP/1.1 503"));
  ready_ = true;
  EXPECT_THAT(HttpGet(server_->port(), "/-/ready?x=1"),
              StartsWith("HTTP/1.1 200"));
}

TEST_F(WebServerTest, ReloadIsAPostAndSaysWhyItFailed) {
  EXPECT_THAT(HttpGet(server_->port(), "/-/reload"),
              StartsWith("HTTP/1.1 405"));
  EXPECT_EQ(reloads_, 0);
  EXPECT_THAT(HttpRequest(server_->port(), "POST", "/-/reload"),
              StartsWith("HTTP/1.1 200"));
  reload_works_ = false;
  EXPECT_THAT(HttpRequest(server_->port(), "POST", "/-/reload"),
              HasSubstr("not reloaded: 2 errors"));
  EXPECT_EQ(reloads_, 2);
}

TEST_F(WebServerTest, WhatIsNotThereIsNotFound) {
  EXPECT_THAT(HttpGet(server_->port(), "/etc/passwd"),
              StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(HttpRequest(server_->port(), "DELETE", "/metrics"),
              StartsWith("HTTP/1.1 405"));
}

TEST_F(WebServerTest, AHeaderPastTheLimitAndRubbishHurtNobody) {
  const std::string huge(20'000, 'a');
  testing::SendHttp(server_->port(),
                    "GET /metrics HTTP/1.1\r\nX: " + huge + "\r\n\r\n");
  testing::SendHttp(server_->port(), "rubbish\r\n\r\n");

  EXPECT_THAT(HttpGet(server_->port(), "/metrics"), StartsWith("HTTP/1.1 200"));
}

TEST_F(WebServerTest, StopMayBeCalledTwice) {
  server_->Stop();
  server_->Stop();

  EXPECT_EQ(HttpGet(server_->port(), "/metrics"), "");
}

TEST(WebServerAddressTest, OnlyLoopbackAddressesAreTaken) {
  EXPECT_TRUE(CheckListenAddress("127.0.0.1:9464").ok());
  EXPECT_TRUE(CheckListenAddress("localhost:0").ok());
  EXPECT_TRUE(CheckListenAddress("[::1]:9464").ok());
  for (const char* wrong :
       {"0.0.0.0:9464", "10.0.0.1:80", "9464", "", "127.0.0.1",
        "127.0.0.1:99999", "host:80", "127.0.0.1:80x"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(CheckListenAddress(wrong))) << wrong;
  }
}

TEST(WebServerAddressTest, APortThatIsTakenIsAStatus) {
  auto first = WebServer::Start("127.0.0.1:0", {});
  ASSERT_TRUE(first.ok());

  const auto second =
      WebServer::Start("127.0.0.1:" + std::to_string((*first)->port()), {});

  EXPECT_TRUE(absl::IsUnavailable(second.status()));
}

}  // namespace
}  // namespace tocsin
