// The receiver over TLS: who is let in, and files that change under load.
#include <atomic>
#include <filesystem>
#include <thread>

#include "connectors/webhook/make_certs.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/connectors/webhook/hook_testing.h"

namespace tocsin {
namespace {

using testing::ClientTls;
using testing::Drain;
using testing::Figure;
using testing::HookClient;
using testing::HookOptions;
using testing::OpenHooks;
using testing::Post;
using testing::TempDir;

class WebhookTlsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(MakeCerts({.folder = dir_.File("pki"),
                           .server_names = {"localhost", "127.0.0.1"},
                           .client_name = "kube-apiserver"})
                    .ok());
    options_.tls = {.cert_file = Pki("server.crt"),
                    .key_file = Pki("server.key"),
                    .client_ca_file = Pki("ca.crt")};
    good_ = {.ca_file = Pki("ca.crt"),
             .cert_file = Pki("client.crt"),
             .key_file = Pki("client.key")};
  }
  std::string Pki(const std::string& name) const {
    return dir_.File("pki/" + name);
  }
  void Open() {
    hooks_ = OpenHooks({options_});
    port_ = testing::PortOf(hooks_);
    source_ = hooks_.sources[0].get();
  }
  // 0: no connection, or it ended without an answer.
  int CodeOf(const ClientTls& tls, const std::string& body) const {
    HookClient client(port_, &tls);
    // With TLS 1.3 a client learns of its refusal when it reads.
    if (!client.connected() || !client.Send(Post(body))) return 0;
    return client.Code();
  }
  // Certificates of another CA.
  ClientTls Foreign(const std::string& name, int days = 365,
                    const std::string& client = "kube-apiserver") const {
    EXPECT_TRUE(MakeCerts({.folder = dir_.File(name),
                           .server_names = {"localhost", "127.0.0.1"},
                           .client_name = client,
                           .days = days})
                    .ok());
    return {.ca_file = Pki("ca.crt"),
            .cert_file = dir_.File(name + "/client.crt"),
            .key_file = dir_.File(name + "/client.key")};
  }

  TempDir dir_;
  WebhookOptions options_ = HookOptions(dir_);
  ClientTls good_;
  Webhooks hooks_;
  std::uint16_t port_ = 0;
  WebhookSource* source_ = nullptr;
};

TEST_F(WebhookTlsTest, AClientWithItsCertificateIsLetIn) {
  options_.client_allowed_sans = {"other", "KUBE-apiserver"};
  Open();
  EXPECT_EQ(CodeOf(good_, "one"), 200);
  EXPECT_EQ(Drain(source_), "one\n");
}

TEST_F(WebhookTlsTest, OthersAreNot) {
  options_.client_allowed_sans = {"kube-apiserver"};
  Open();
  ClientTls none = good_;
  none.cert_file.clear();
  EXPECT_EQ(CodeOf(none, "none"), 0);
  EXPECT_EQ(CodeOf(Foreign("wrong_ca"), "wrong CA"), 0);
  // The server's certificate is none of a client.
  ClientTls server = good_;
  server.cert_file = Pki("server.crt");
  server.key_file = Pki("server.key");
  EXPECT_EQ(CodeOf(server, "wrong purpose"), 0);
  EXPECT_EQ(CodeOf(good_, "good"), 200);
  EXPECT_EQ(Drain(source_), "good\n");
  EXPECT_EQ(Figure(*source_, "connections_refused_total", "tls"), 3);
}

TEST_F(WebhookTlsTest, AnExpiredCertificateIsNot) {
  const ClientTls expired = Foreign("expired", -1);
  options_.tls.client_ca_file = dir_.File("expired/ca.crt");
  Open();
  EXPECT_EQ(CodeOf(expired, "expired"), 0);
  EXPECT_EQ(Drain(source_), "");
}

TEST_F(WebhookTlsTest, ACertificateOfAnotherNameIsNot) {
  options_.client_allowed_sans = {"someone-else", "127.0.0.1"};
  Open();
  EXPECT_EQ(CodeOf(good_, "other name"), 401);
  EXPECT_EQ(Figure(*source_, "requests_total", "401"), 1);
  EXPECT_EQ(Drain(source_), "");
}

TEST_F(WebhookTlsTest, BothCertificateAndTokenAreNeededWhenBothAreAskedFor) {
  options_.token_file = dir_.Write("tokens", "0123456789abcdef\n");
  Open();
  EXPECT_EQ(CodeOf(good_, "without"), 401);
  HookClient client(port_, &good_);
  client.Send(
      Post("with", "/audit", "Authorization: Bearer 0123456789abcdef\r\n"));
  EXPECT_EQ(client.Code(), 200);
}

TEST_F(WebhookTlsTest, Http2IsNotOffered) {
  Open();
  ClientTls both = good_;
  both.offers_http2 = true;
  HookClient client(port_, &both);
  ASSERT_TRUE(client.connected());
  EXPECT_EQ(client.protocol(), "http/1.1");
  client.Send(Post("one"));
  EXPECT_EQ(client.Code(), 200);
}

TEST_F(WebhookTlsTest, OldVersionsAreRefused) {
  options_.tls.client_ca_file.clear();
  Open();
  ClientTls tls = good_;
  tls.max_version = TLS1_1_VERSION;
  EXPECT_EQ(CodeOf(tls, "1.1"), 0);
  tls.max_version = TLS1_2_VERSION;
  EXPECT_EQ(CodeOf(tls, "1.2"), 200);
}

TEST_F(WebhookTlsTest, OnlyTheNewestWhenToldSo) {
  options_.tls.only_tls13 = true;
  Open();
  ClientTls tls = good_;
  tls.max_version = TLS1_2_VERSION;
  EXPECT_EQ(CodeOf(tls, "1.2"), 0);
  EXPECT_EQ(CodeOf(good_, "1.3"), 200);
}

TEST_F(WebhookTlsTest, PlainTextAndHalfAHandshakeAreEnded) {
  options_.limits.handshake_us = 200'000;
  Open();
  HookClient plain(port_);
  plain.Send(Post("plain"));
  EXPECT_TRUE(plain.IsClosed());
  HookClient half(port_);
  half.Send(std::string("\x16\x03\x01\x02\x00\x01\x00", 7));
  EXPECT_TRUE(half.IsClosed());
  HookClient silent(port_);
  EXPECT_TRUE(silent.IsClosed());
  EXPECT_EQ(CodeOf(good_, "good"), 200);
}

TEST_F(WebhookTlsTest, ALargeBodyOverTls) {
  Open();
  const std::string body(10u << 20, 'x');
  EXPECT_EQ(CodeOf(good_, body), 200);
  EXPECT_EQ(Drain(source_).size(), body.size() + 1);
}

// Certificate, key and CA are replaced while four clients post on connections
// that stay, and new ones come: no request fails.
TEST_F(WebhookTlsTest, CertificatesAreReplacedUnderLoad) {
  Foreign("next");
  // Both CAs while the certificates change.
  const std::string both = dir_.Read("pki/ca.crt") + dir_.Read("next/ca.crt");
  dir_.Write("pki/both.crt", both);
  options_.tls.client_ca_file = Pki("both.crt");
  Open();
  std::atomic<bool> stop{false};
  std::atomic<int> answered{0}, failed{0};
  std::vector<std::thread> clients;
  for (int c = 0; c < 4; ++c) {
    clients.emplace_back([&, c] {
      ClientTls tls = good_;
      tls.ca_file = Pki("both.crt");
      HookClient kept(port_, &tls);
      for (int i = 0; !stop; ++i) {
        const std::string body = std::to_string(c) + "/" + std::to_string(i);
        kept.Send(Post(body));
        if (kept.Code() != 200) ++failed;
        if (CodeOf(tls, body + " new") != 200) ++failed;
        ++answered;
      }
    });
  }
  const auto wait = [&](const auto& done) {
    for (int i = 0; i < 2'000 && !done(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    EXPECT_TRUE(done());
  };
  wait([&] { return answered > 20; });
  std::filesystem::rename(dir_.File("next/server.crt"), Pki("server.crt"));
  std::filesystem::rename(dir_.File("next/server.key"), Pki("server.key"));
  wait([&] { return Figure(*source_, "secret_reloads_total", "done") >= 1; });
  const int so_far = answered;
  wait([&] { return answered > so_far + 20; });
  stop = true;
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(failed, 0);
  // Who does not know the new CA notices.
  EXPECT_EQ(CodeOf(good_, "old CA"), 0);
  ClientTls next = good_;
  next.ca_file = dir_.File("next/ca.crt");
  EXPECT_EQ(CodeOf(next, "new CA"), 200);
}

}  // namespace
}  // namespace tocsin
