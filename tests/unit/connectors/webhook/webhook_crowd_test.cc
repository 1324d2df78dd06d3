// Thousands of idle connections, and a client that still gets through.
#include <sys/resource.h>

#include <algorithm>
#include <functional>

#include "gtest/gtest.h"
#include "tests/unit/connectors/webhook/receiver_fixture.h"

namespace tocsin {
namespace {

using testing::Figure;
using testing::HookClient;
using testing::Post;
using testing::PostHead;

using WebhookCrowdTest = testing::ReceiverTest;

double Percentile99(std::vector<double> seconds) {
  std::sort(seconds.begin(), seconds.end());
  return seconds[seconds.size() * 99 / 100];
}

// What each connection of the crowd sends at its beginning.
using Opening = std::function<std::string(std::size_t i)>;

std::string NothingOrHalfAHead(std::size_t i) {
  return i % 3 == 0 ? "POST /au" : "";
}

int Join(std::uint16_t port, const Opening& opening, std::size_t i) {
  const int fd = testing::ConnectTo(port);
  const std::string text = opening(i);
  if (!text.empty()) send(fd, text.data(), text.size(), MSG_NOSIGNAL);
  return fd;
}

// A crowd from one address; a legitimate client from the same.
void CheckBesideCrowd(std::uint16_t port, std::size_t count,
                      const Opening& opening) {
  std::vector<int> crowd;
  for (std::size_t i = 0; i < count; ++i) {
    crowd.push_back(Join(port, opening, i));
    ASSERT_GE(crowd.back(), 0) << i;
  }
  std::vector<double> seconds;
  HookClient kept(port);
  for (int i = 0; i < 300; ++i) {
    const std::int64_t before = RealClock()->SteadyMicros();
    if (i % 3 == 0) {
      HookClient fresh(port);
      fresh.Send(Post("fresh " + std::to_string(i)));
      ASSERT_EQ(fresh.Code(), 200);
    } else {
      kept.Send(Post("kept " + std::to_string(i)));
      ASSERT_EQ(kept.Code(), 200) << i;
    }
    seconds.push_back(
        static_cast<double>(RealClock()->SteadyMicros() - before) / 1e6);
    // The attack goes on.
    const auto at = static_cast<std::size_t>(i);
    close(crowd[at]);
    crowd[at] = Join(port, opening, count + at);
  }
  EXPECT_LT(Percentile99(seconds), 0.1);
  for (const int fd : crowd) close(fd);
}

std::size_t Descriptors() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_max;
}

TEST_F(WebhookCrowdTest, TenThousandIdleConnectionsShutNobodyOut) {
  const std::size_t idle = std::min<std::size_t>(10'000, Descriptors() - 2'600);
  Open();
  CheckBesideCrowd(port_, idle, NothingOrHalfAHead);
  EXPECT_LE(Figure(*source_, "connections"), 512);
  EXPECT_GT(Figure(*source_, "connections_refused_total", "evicted"), 0);
}

TEST_F(WebhookCrowdTest, ThousandsOfIdleConnectionsThatStayDoNotHurt) {
  options_.limits.connections = options_.limits.connections_per_peer = 20'000;
  options_.limits.header_us = 60'000'000;
  const std::size_t idle =
      std::min<std::size_t>(9'000, (Descriptors() - 1'000) / 2);
  Open();
  CheckBesideCrowd(port_, idle, NothingOrHalfAHead);
  EXPECT_EQ(Figure(*source_, "connections_refused_total", "evicted"), 0);
}

// More than one address may have: a body that never comes, or announces the
// largest, or one request that was answered.
TEST_F(WebhookCrowdTest, SlowBodiesShutNobodyOut) {
  Open();
  CheckBesideCrowd(port_, 600,
                   [](std::size_t) { return PostHead(8'192) + "{\"k"; });
}

TEST_F(WebhookCrowdTest, AnnouncedBodiesShutNobodyOut) {
  Open();
  CheckBesideCrowd(port_, 600, [this](std::size_t) {
    return PostHead(options_.limits.body_bytes);
  });
  EXPECT_EQ(Figure(*source_, "refused_batches_total", "in_flight"), 0);
}

TEST_F(WebhookCrowdTest, WhoWasAnsweredOnceShutsNobodyOut) {
  Open();
  CheckBesideCrowd(port_, 600, [](std::size_t i) {
    return Post("crowd " + std::to_string(i));
  });
}

}  // namespace
}  // namespace tocsin
