// The receiver over plain HTTP: what an apiserver sends, what else is HTTP/1.1,
// and what is not.
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/connectors/webhook/receiver_fixture.h"

namespace tocsin {
namespace {

using testing::Drain;
using testing::Figure;
using ::testing::HasSubstr;
using testing::HookClient;
using testing::HookOptions;
using ::testing::Not;
using testing::OpenHooks;
using testing::Post;
using testing::PostHead;

using WebhookReceiverTest = testing::ReceiverTest;

TEST_F(WebhookReceiverTest, AnswersWithEmptyJson) {
  Open();
  HookClient client(port_);
  client.Send(Post("one"));
  EXPECT_EQ(client.Answer(),
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            "Content-Length: 2\r\n\r\n{}");
  client.Send(Post("two"));
  EXPECT_EQ(client.Code(), 200);
  EXPECT_EQ(Drain(source_), "one\ntwo\n");
  EXPECT_EQ(Figure(*source_, "requests_total", "200"), 2);
  EXPECT_EQ(Figure(*source_, "received_bytes_total"), 6);
  EXPECT_EQ(Figure(*source_, "connections"), 1);
}

TEST_F(WebhookReceiverTest, ARetryIsCountedAndNotGivenAgain) {
  Open();
  EXPECT_EQ(CodeOf(Post("one")), 200);
  EXPECT_EQ(CodeOf(Post("one")), 200);
  EXPECT_EQ(Drain(source_), "one\n");
  EXPECT_EQ(Figure(*source_, "duplicate_batches_total"), 1);
}

TEST_F(WebhookReceiverTest, PipelinedRequestsAreAnsweredInTurn) {
  Open();
  HookClient client(port_);
  client.Send(Post("one") + Post("two") + Post("x", "/elsewhere") +
              Post("three"));
  EXPECT_EQ(client.Code(), 200);
  EXPECT_EQ(client.Code(), 200);
  EXPECT_EQ(client.Code(), 404);  // Its body ends the connection.
  EXPECT_TRUE(client.IsClosed());
  EXPECT_EQ(Drain(source_), "one\ntwo\n");
}

TEST_F(WebhookReceiverTest, HundredPipelinedByteByByte) {
  Open();
  HookClient client(port_);
  std::string expected;
  std::thread sender([&] {
    std::string all;
    for (int i = 0; i < 100; ++i) all += Post("body " + std::to_string(i));
    for (std::size_t at = 0; at < all.size(); at += 13) {
      client.Send(std::string_view(all).substr(at, 13));
    }
  });
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(client.Code(), 200) << i;
    expected += "body " + std::to_string(i) + "\n";
  }
  sender.join();
  EXPECT_EQ(Drain(source_), expected);
}

TEST_F(WebhookReceiverTest, ChunkedIsTaken) {
  Open();
  HookClient client(port_);
  client.Send(
      "POST /audit HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\none\r\n5;ext=1\r\n, two\r\n0\r\nTrailer: x\r\n\r\n" +
      Post("three"));
  EXPECT_EQ(client.Code(), 200);
  EXPECT_EQ(client.Code(), 200);
  EXPECT_EQ(Drain(source_), "one, two\nthree\n");
}

TEST_F(WebhookReceiverTest, LargeChunkedAndLargePlainBodiesAreTheSame) {
  Open();
  const std::string body(5u << 20, 'x');
  HookClient client(port_);
  client.Send(Post(body));
  EXPECT_EQ(client.Code(), 200);
  client.Send(
      "POST /audit HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 80; ++i) {
    client.Send("10000\r\n" + std::string(1u << 16, 'x') + "\r\n");
  }
  client.Send("0\r\n\r\n");
  EXPECT_EQ(client.Code(), 200);
  EXPECT_EQ(Figure(*source_, "duplicate_batches_total"), 1);
  EXPECT_EQ(Drain(source_).size(), body.size() + 1);
}

TEST_F(WebhookReceiverTest, ExpectIsAnsweredBeforeTheBody) {
  Open();
  HookClient client(port_);
  client.Send(PostHead(3, "/audit", "Expect: 100-continue\r\n"));
  EXPECT_EQ(client.Answer(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("one");
  EXPECT_EQ(client.Code(), 200);
  EXPECT_EQ(CodeOf(PostHead(3, "/audit", "Expect: a-miracle\r\n")), 417);
  // What is refused is refused before the body comes.
  EXPECT_EQ(CodeOf(PostHead(1u << 30, "/audit", "Expect: 100-continue\r\n")),
            413);
  EXPECT_EQ(Drain(source_), "one\n");
}

TEST_F(WebhookReceiverTest, WrongPathsAndMethods) {
  Open();
  EXPECT_EQ(CodeOf(Post("x", "/")), 404);
  EXPECT_EQ(CodeOf(Post("x", "/audit/")), 404);
  EXPECT_EQ(CodeOf(Post("x", "/AUDIT")), 404);
  HookClient client(port_);
  for (const char* const method : {"GET", "PUT", "DELETE", "HEAD", "BREW"}) {
    client.Send(std::string(method) + " /audit HTTP/1.1\r\nHost: x\r\n\r\n");
    const std::string answer = client.Answer();
    EXPECT_THAT(answer, HasSubstr("405"));
    EXPECT_THAT(answer, HasSubstr("Allow: POST"));
    EXPECT_THAT(answer, Not(HasSubstr("Location")));
  }
  client.Send("POST /audit HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.Code(), 411);
  EXPECT_EQ(Figure(*source_, "requests_total", "404"), 3);
  EXPECT_EQ(Figure(*source_, "requests_total", "405"), 5);
}

TEST_F(WebhookReceiverTest, WhatIsNoHttp1IsRefused) {
  Open();
  EXPECT_EQ(CodeOf("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505);
  EXPECT_EQ(CodeOf("hello\r\n\r\n"), 400);
  EXPECT_EQ(CodeOf(std::string("\x16\x03\x01\x02\x00\x01", 6) +
                   std::string(600, 'x') + "\r\n\r\n"),
            400);
  EXPECT_EQ(CodeOf("POST /audit HTTP/1.1\r\nHost: x\r\nContent-Length: 1x\r\n"
                   "\r\n"),
            400);
  EXPECT_EQ(CodeOf("POST /audit HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n"
                   "Content-Length: 2\r\n\r\nab"),
            400);
  EXPECT_EQ(CodeOf("POST /audit HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
                   "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            400);
  EXPECT_EQ(CodeOf("POST /audit HTTP/1.1\r\nHost: x\r\n"
                   "Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
            400);
  EXPECT_EQ(CodeOf(Post("still there")), 200);
}

TEST_F(WebhookReceiverTest, AMalformedBodyIsKept) {
  Open();
  EXPECT_EQ(CodeOf(Post("{\"kind\":\"EventList\",\"items\":[{\"a\"")), 200);
  EXPECT_EQ(CodeOf(Post("")), 200);
  EXPECT_THAT(Drain(source_), HasSubstr("\"a\""));
}

TEST_F(WebhookReceiverTest, AHalfClosedConnectionGetsItsAnswer) {
  Open();
  HookClient client(port_);
  client.Send(Post("one"));
  client.StopSending();
  EXPECT_EQ(client.Code(), 200);
  EXPECT_TRUE(client.IsClosed());
  HookClient cut(port_);
  cut.Send(PostHead(100) + "not all of it");
  cut.StopSending();
  EXPECT_TRUE(cut.IsClosed());
  EXPECT_EQ(Drain(source_), "one\n");
}

TEST_F(WebhookReceiverTest, ClosesWhenToldTo) {
  Open();
  HookClient client(port_);
  client.Send(Post("one", "/audit", "Connection: close\r\n"));
  EXPECT_THAT(client.Answer(), HasSubstr("Connection: close"));
  EXPECT_TRUE(client.IsClosed());
  HookClient old(port_);
  old.Send("POST /audit HTTP/1.0\r\nContent-Length: 3\r\n\r\ntwo");
  EXPECT_EQ(old.Code(), 200);
  EXPECT_TRUE(old.IsClosed());
}

TEST_F(WebhookReceiverTest, TokensAreNeededAndRotated) {
  options_.token_file = dir_.Write("tokens", "first-token-012345\n");
  Open();
  const auto with = [&](const std::string& token) {
    return CodeOf(
        Post("x" + token, "/audit", "Authorization: Bearer " + token + "\r\n"));
  };
  HookClient client(port_);
  client.Send(Post("x"));
  EXPECT_EQ(client.Answer(),
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\n"
            "Content-Length: 0\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(with("wrong-token-012345"), 401);
  EXPECT_EQ(with("first-token-012345"), 200);
  const auto reloads = [&](const char* outcome) {
    return Figure(*source_, "secret_reloads_total", outcome);
  };
  const auto wait_for = [&](const char* outcome, double count) {
    for (int i = 0; i < 1'000 && reloads(outcome) < count; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_EQ(reloads(outcome), count);
  };
  dir_.Write("tokens", "first-token-012345\nsecond-token-012345\n");
  wait_for("done", 1);
  EXPECT_EQ(with("first-token-012345"), 200);
  EXPECT_EQ(with("second-token-012345"), 200);
  dir_.Write("tokens", "");  // While it is being written, say.
  wait_for("failed", 1);
  EXPECT_EQ(with("second-token-012345"), 200);
  dir_.Write("tokens", "second-token-012345\n");
  wait_for("done", 2);
  EXPECT_EQ(with("first-token-012345"), 401);
  EXPECT_EQ(with("second-token-012345"), 200);
  EXPECT_EQ(Figure(*source_, "requests_total", "401"), 3);
}

TEST_F(WebhookReceiverTest, SourcesShareAnAddress) {
  WebhookOptions other = HookOptions(dir_, "other");
  other.path = "/other";
  hooks_ = OpenHooks({options_, other});
  port_ = testing::PortOf(hooks_);
  EXPECT_EQ(CodeOf(Post("one")), 200);
  EXPECT_EQ(CodeOf(Post("two", "/other")), 200);
  EXPECT_EQ(CodeOf(Post("three", "/third")), 404);
  EXPECT_EQ(Drain(hooks_.sources[0].get()), "one\n");
  EXPECT_EQ(Drain(hooks_.sources[1].get()), "two\n");
  EXPECT_EQ(Figure(*hooks_.sources[0], "requests_total", "404"), 1);
  EXPECT_EQ(Figure(*hooks_.sources[1], "requests_total", "404"), 0);
}

TEST_F(WebhookReceiverTest, ATakenAddressIsAnError) {
  Open();
  WebhookOptions other = HookOptions(dir_, "other");
  other.listen = "127.0.0.1:" + std::to_string(port_);
  EXPECT_TRUE(absl::IsUnavailable(OpenWebhooks({other}).status()));
}

}  // namespace
}  // namespace tocsin
