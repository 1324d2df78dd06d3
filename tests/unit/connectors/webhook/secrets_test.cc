// Tokens, certificates, compressed bodies.
#include <filesystem>

#include "connectors/webhook/bearer_tokens.h"
#include "connectors/webhook/inflate_body.h"
#include "connectors/webhook/make_certs.h"
#include "connectors/webhook/responses.h"
#include "connectors/webhook/tls_context.h"
#include "connectors/webhook/webhook_options.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/compress.h"
#include "tests/testing/temp_dir.h"

namespace tocsin::webhook {
namespace {

using ::testing::HasSubstr;
using testing::TempDir;

TEST(BearerTokensTest, EachLineIsAToken) {
  TempDir dir;
  const auto tokens = BearerTokens::Read(
      dir.Write("t", "  0123456789abcdef\r\n\nsecond-token-0123456\n"));
  ASSERT_TRUE(tokens.ok()) << tokens.status();
  EXPECT_TRUE(tokens->Allow("Bearer 0123456789abcdef"));
  EXPECT_TRUE(tokens->Allow("bearer  second-token-0123456"));
  EXPECT_FALSE(tokens->Allow("Bearer 0123456789abcdeg"));
  EXPECT_FALSE(tokens->Allow("Bearer 0123456789abcde"));
  EXPECT_FALSE(tokens->Allow("Basic 0123456789abcdef"));
  EXPECT_FALSE(tokens->Allow("Bearer "));
  EXPECT_FALSE(tokens->Allow(""));
}

TEST(BearerTokensTest, RefusesWhatIsNone) {
  TempDir dir;
  EXPECT_FALSE(BearerTokens::Read(dir.File("absent")).ok());
  EXPECT_FALSE(BearerTokens::Read(dir.Write("empty", "\n \n")).ok());
  EXPECT_FALSE(
      BearerTokens::Read(dir.Write("short", "0123456789abcde\n")).ok());
  EXPECT_TRUE(
      BearerTokens::Read(dir.Write("long enough", "0123456789abcdef")).ok());
  std::string many;
  for (std::size_t i = 0; i < limits::kTokens; ++i) {
    many += "0123456789abcdef\n";
  }
  EXPECT_TRUE(BearerTokens::Read(dir.Write("many", many)).ok());
  many += "0123456789abcdef\n";
  EXPECT_FALSE(BearerTokens::Read(dir.Write("too many", many)).ok());
}

TEST(InflateBodyTest, UpToItsLimitAndNoFurther) {
  const std::string text(200'000, 'x');
  const std::string gzip = testing::Gzip(text);
  const auto body = InflateBody(gzip, text.size());
  ASSERT_TRUE(body.ok()) << body.status();
  EXPECT_EQ(body->view(), text);
  EXPECT_TRUE(
      absl::IsResourceExhausted(InflateBody(gzip, text.size() - 1).status()));
  EXPECT_TRUE(absl::IsDataLoss(
      InflateBody(gzip.substr(0, gzip.size() - 9), text.size()).status()));
  EXPECT_TRUE(absl::IsDataLoss(InflateBody("plain", 100).status()));
  EXPECT_EQ(InflateBody(testing::Gzip(""), 100)->size, 0u);
}

TEST(MakeCertsTest, MakesWhatAServerCanUseAndOverwritesNothing) {
  TempDir dir;
  const MakeCertsOptions options{.folder = dir.File("pki"),
                                 .server_names = {"localhost", "127.0.0.1"}};
  ASSERT_TRUE(MakeCerts(options).ok());
  const TlsFiles files{.cert_file = dir.File("pki/server.crt"),
                       .key_file = dir.File("pki/server.key"),
                       .client_ca_file = dir.File("pki/ca.crt")};
  EXPECT_TRUE(MakeServerContext(files).ok());
  EXPECT_EQ(
      std::filesystem::status(files.key_file).permissions(),
      std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_TRUE(absl::IsAlreadyExists(MakeCerts(options)));
  std::filesystem::remove(dir.File("pki/ca.crt"));
  EXPECT_TRUE(absl::IsAlreadyExists(MakeCerts(options)));
  EXPECT_FALSE(std::filesystem::exists(dir.File("pki/ca.crt")));
}

TEST(TlsContextTest, SaysWhatIsWrongWithAFile) {
  TempDir dir;
  ASSERT_TRUE(MakeCerts({dir.File("pki"), {"localhost"}}).ok());
  TlsFiles files{.cert_file = dir.File("pki/server.crt"),
                 .key_file = dir.File("pki/client.key")};
  const auto fault = [&] {
    return std::string(MakeServerContext(files).status().message());
  };
  EXPECT_THAT(fault(), HasSubstr("client.key: no private key of that"));
  files.key_file = dir.File("absent");
  EXPECT_THAT(fault(), HasSubstr("absent: no private key"));
  files.cert_file = dir.Write("text", "hello");
  EXPECT_THAT(fault(), HasSubstr("text: no certificate"));
  files = {dir.File("pki/server.crt"), dir.File("pki/server.key"),
           dir.File("text")};
  EXPECT_THAT(fault(), HasSubstr("text: no certificates of a CA"));
}

TEST(ResponsesTest, OnlyWhoIsAskedToSaysWhenToTryAgain) {
  for (const int code :
       {200, 400, 401, 404, 405, 411, 413, 415, 417, 429, 431, 503, 505}) {
    const std::string text = ResponseText(code, false);
    EXPECT_EQ(text.find("Retry-After"), std::string::npos);
    EXPECT_THAT(text, ::testing::StartsWith("HTTP/1.1 "));
  }
  EXPECT_THAT(ResponseText(200, false), ::testing::EndsWith("\r\n\r\n{}"));
  EXPECT_THAT(ResponseText(429, false, true),
              ::testing::HasSubstr("\r\nRetry-After: 5\r\n"));
}

TEST(WebhookOptionsTest, SaysWhatDoesNotFit) {
  WebhookOptions good{.name = "hook", .listen = "127.0.0.1:0"};
  EXPECT_TRUE(CheckWebhookOptions(good).ok());
  const auto fault = [&](auto change) {
    WebhookOptions options = good;
    change(&options);
    return std::string(CheckWebhookOptions(options).message());
  };
  using Options = WebhookOptions*;
  EXPECT_THAT(fault([](Options o) { o->listen = "0.0.0.0:8443"; }),
              HasSubstr("insecure: true"));
  EXPECT_THAT(fault([](Options o) { o->listen = "nonsense"; }),
              HasSubstr("not an address"));
  EXPECT_THAT(fault([](Options o) { o->tls.cert_file = "x"; }),
              HasSubstr("both"));
  EXPECT_THAT(fault([](Options o) { o->tls.client_ca_file = "x"; }),
              HasSubstr("client_ca_file"));
  EXPECT_THAT(fault([](Options o) { o->client_allowed_sans = {"x"}; }),
              HasSubstr("client_allowed_sans"));
  EXPECT_THAT(fault([](Options o) { o->path = "audit"; }),
              HasSubstr("begins with a slash"));
  EXPECT_THAT(fault([](Options o) { o->journal_bytes = 100u << 20; }),
              HasSubstr("two bodies"));
  WebhookOptions other = good;
  EXPECT_THAT(std::string(CheckWebhookPair(good, other).message()),
              HasSubstr("already"));
  other.path = "/other";
  EXPECT_TRUE(CheckWebhookPair(good, other).ok());
  other.limits.connections = 7;
  EXPECT_THAT(std::string(CheckWebhookPair(good, other).message()),
              HasSubstr("are the same there"));
}

}  // namespace
}  // namespace tocsin::webhook
