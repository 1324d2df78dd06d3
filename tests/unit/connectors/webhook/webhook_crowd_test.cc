// Thousands of idle connections, and a client that still gets through.
#include <sys/resource.h>

#include <algorithm>

#include "gtest/gtest.h"
#include "tests/unit/connectors/webhook/receiver_fixture.h"

namespace tocsin {
namespace {

using testing::Figure;
using testing::HookClient;
using testing::Post;

using WebhookCrowdTest = testing::ReceiverTest;

double Percentile99(std::vector<double> seconds) {
  std::sort(seconds.begin(), seconds.end());
  return seconds[seconds.size() * 99 / 100];
}

// Idle connections from one address; a legitimate client from the same.
void CheckBesideIdle(std::uint16_t port, std::size_t count) {
  std::vector<int> idle;
  for (std::size_t i = 0; i < count; ++i) {
    const int fd = testing::ConnectTo(port);
    ASSERT_GE(fd, 0) << i;
    idle.push_back(fd);
    // A third of them begin a request.
    if (i % 3 == 0) send(fd, "POST /au", 8, MSG_NOSIGNAL);
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
    close(idle[static_cast<std::size_t>(i)]);
    idle[static_cast<std::size_t>(i)] = testing::ConnectTo(port);
  }
  EXPECT_LT(Percentile99(seconds), 0.1);
  for (const int fd : idle) close(fd);
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
  CheckBesideIdle(port_, idle);
  EXPECT_LE(Figure(*source_, "connections"), 512);
  EXPECT_GT(Figure(*source_, "connections_refused_total", "evicted"), 0);
}

TEST_F(WebhookCrowdTest, ThousandsOfIdleConnectionsThatStayDoNotHurt) {
  options_.limits.connections = options_.limits.connections_per_peer = 20'000;
  options_.limits.header_us = 60'000'000;
  const std::size_t idle =
      std::min<std::size_t>(9'000, (Descriptors() - 1'000) / 2);
  Open();
  CheckBesideIdle(port_, idle);
  EXPECT_EQ(Figure(*source_, "connections_refused_total", "evicted"), 0);
}

}  // namespace
}  // namespace tocsin
