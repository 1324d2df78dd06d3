// What a hostile client does: each limit of the receiver, at it and one past
// it.
#include <thread>

#include "gtest/gtest.h"
#include "tests/testing/compress.h"
#include "tests/unit/connectors/webhook/receiver_fixture.h"

namespace tocsin {
namespace {

using testing::Drain;
using testing::Figure;
using testing::HookClient;
using testing::Post;
using testing::PostHead;

using WebhookLimitsTest = testing::ReceiverTest;

TEST_F(WebhookLimitsTest, HeadersUpToTheLimitAndNoFurther) {
  Open();
  const std::size_t plain = Post("", "/audit", "X: \r\n").size();
  const std::size_t most = options_.limits.header_bytes;
  const auto sized = [&](std::size_t size) {
    return Post("x", "/audit", "X: " + std::string(size - plain, 'x') + "\r\n");
  };
  EXPECT_EQ(CodeOf(sized(most)), 200);
  EXPECT_EQ(CodeOf(sized(most + 1)), 431);
  EXPECT_EQ(CodeOf(sized(1u << 20)), 431);
}

TEST_F(WebhookLimitsTest, BodiesUpToTheLimitAndNoFurther) {
  options_.limits.body_bytes = 1'000;
  Open();
  EXPECT_EQ(CodeOf(Post(std::string(1'000, 'x'))), 200);
  EXPECT_EQ(CodeOf(Post(std::string(1'001, 'x'))), 413);
  EXPECT_EQ(CodeOf(Post(std::string(3u << 20, 'x'))), 413);
  EXPECT_EQ(CodeOf(PostHead(~0ull / 2)), 413);
  EXPECT_EQ(CodeOf("POST /audit HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
                   "chunked\r\n\r\n3e9\r\n" +
                   std::string(1'001, 'x') + "\r\n0\r\n\r\n"),
            413);
  EXPECT_EQ(CodeOf("POST /audit HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
                   "chunked\r\n\r\nfffffffffffff\r\n" +
                   std::string(100'000, 'x')),
            413);
  EXPECT_EQ(Drain(source_).size(), 1'001u);
}

TEST_F(WebhookLimitsTest, GzipIsInflatedUpToTheLimit) {
  options_.limits.body_bytes = 1u << 20;
  Open();
  const std::string gzip = "Content-Encoding: gzip\r\n";
  EXPECT_EQ(CodeOf(Post(testing::Gzip("packed"), "/audit", gzip)), 200);
  EXPECT_EQ(
      CodeOf(Post(testing::Gzip(std::string(200u << 20, 'x')), "/audit", gzip)),
      413);
  EXPECT_EQ(CodeOf(Post("no gzip at all", "/audit", gzip)), 400);
  EXPECT_EQ(CodeOf(Post("x", "/audit", "Content-Encoding: br\r\n")), 415);
  EXPECT_EQ(Drain(source_), "packed\n");
}

TEST_F(WebhookLimitsTest, SlowOnesAreEnded) {
  options_.limits.header_us = 100'000;
  options_.limits.idle_us = 200'000;
  options_.limits.body_us = 100'000;
  options_.limits.body_rate = 1'000'000;
  Open();
  HookClient silent(port_);
  HookClient header(port_);
  header.Send("POST /audit HTTP/1.1\r\nHost");
  HookClient body(port_);
  body.Send(PostHead(1'000'000) + "x");
  HookClient chunk(port_);
  chunk.Send(
      "POST /audit HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3\r\no");
  HookClient idle(port_);
  idle.Send(Post("one"));
  EXPECT_EQ(idle.Code(), 200);
  for (HookClient* const client : {&silent, &header, &body, &chunk, &idle}) {
    EXPECT_TRUE(client->IsClosed());
  }
  EXPECT_GE(Figure(*source_, "connections_refused_total", "timeout"), 4);
  EXPECT_EQ(Drain(source_), "one\n");
}

// What was sent quickly is no credit for hanging there afterwards.
TEST_F(WebhookLimitsTest, APauseIsNoLongerBehindMuchOfABody) {
  options_.limits.body_us = 200'000;
  options_.limits.body_rate = 1'000;
  Open();
  HookClient body(port_);
  const std::int64_t before = RealClock()->SteadyMicros();
  body.Send(PostHead(2'000'000) + std::string(1'000'000, 'x'));
  EXPECT_TRUE(body.IsClosed());
  EXPECT_LT(RealClock()->SteadyMicros() - before, 10'000'000);
  // It is counted behind the close.
  const auto counted = [&] {
    return Figure(*source_, "connections_refused_total", "timeout");
  };
  for (int i = 0; i < 1'000 && counted() < 1; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(counted(), 1);
}

TEST_F(WebhookLimitsTest, BytesInFlightAreBounded) {
  options_.limits.body_bytes = 1'000;
  options_.limits.in_flight_bytes = 2'500;
  Open();
  HookClient first(port_), second(port_);
  first.Send(PostHead(1'000));
  second.Send(PostHead(1'000));
  for (int i = 0; i < 1'000 && Figure(*source_, "in_flight_bytes") < 2'000;
       ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(CodeOf(Post(std::string(500, 'x'))), 200);
  EXPECT_EQ(CodeOf(Post(std::string(501, 'x'))), 429);
  EXPECT_EQ(Figure(*source_, "refused_batches_total", "in_flight"), 1);
  first.Send(std::string(1'000, 'a'));
  EXPECT_EQ(first.Code(), 200);
  EXPECT_EQ(CodeOf(Post(std::string(501, 'x'))), 200);
}

TEST_F(WebhookLimitsTest, APeerSendsSoManyRequestsASecond) {
  options_.limits.requests_per_peer = 3;
  Open();
  HookClient client(port_);
  client.Send(Post("1") + Post("2") + Post("3") + Post("4"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.Code(), 200);
  EXPECT_EQ(client.Code(), 429);
  EXPECT_EQ(Figure(*source_, "refused_batches_total", "requests_per_peer"), 1);
}

}  // namespace
}  // namespace tocsin
