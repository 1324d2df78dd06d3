// What posts to a webhook, as kube-apiservers do: batches of 400 events over
// mTLS on loopback (bench/webhook/run starts the service).
//   tocsin_bench_webhook PORT CERTIFICATES [SECONDS]
// Prints one JSON object a figure, the last of them how many events there were.
// Fails when an answer is not 200.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "bench/gen/generator.h"
#include "engine/base/check.h"
#include "engine/base/clock.h"
#include "tests/unit/connectors/webhook/hook_client.h"

namespace tocsin::bench {
namespace {

constexpr int kEventsABatch = 400;
constexpr int kBatches = 32;  // Kinds of them.
constexpr int kClients = 4;
constexpr double kPacedEvents = 10'000;  // A second.
constexpr std::size_t kSerialDigits = 16;
constexpr char kLogHead[] =
    R"({"kind":"Event","apiVersion":"audit.k8s.io/v1",)";

// A POST with a place for a number, without which it would be a retry.
struct Batch {
  std::string bytes;
  std::size_t serial_at = 0;
};

Batch MakeBatch(AuditGenerator* generator) {
  std::string body =
      R"({"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{"x":")";
  const std::size_t serial = body.size();
  body += std::string(kSerialDigits, '0') + R"("},"items":[)";
  for (int i = 0; i < kEventsABatch; ++i) {
    std::string line;
    generator->AppendLine(&line);
    line.pop_back();
    TOCSIN_CHECK(line.starts_with(kLogHead));
    body += i == 0 ? "{" : ",{";
    body += line.substr(sizeof(kLogHead) - 1);
  }
  body += "]}\n";
  const std::string head = testing::PostHead(body.size());
  return {head + body, head.size() + serial};
}

class Bench {
 public:
  Bench(std::uint16_t port, const std::string& pki, double seconds)
      : port_(port),
        tls_{.ca_file = pki + "/ca.crt",
             .cert_file = pki + "/client.crt",
             .key_file = pki + "/client.key"},
        seconds_(seconds) {
    AuditGenerator generator(Shape::kRealistic, 1);
    for (int i = 0; i < kBatches; ++i) {
      batches_.push_back(MakeBatch(&generator));
    }
  }

  // As fast as it goes; gives events a second.
  double Throughput() {
    const std::int64_t begin = RealClock()->SteadyMicros();
    const std::int64_t end = begin + static_cast<std::int64_t>(seconds_ * 1e6);
    std::vector<std::thread> clients;
    std::atomic<std::uint64_t> sent{0};
    for (int c = 0; c < kClients; ++c) {
      clients.emplace_back([&, c] {
        std::vector<Batch> own = batches_;
        testing::HookClient client(port_, &tls_);
        for (int i = c; RealClock()->SteadyMicros() < end; ++i) {
          Post(&client, &own[static_cast<std::size_t>(i) % own.size()]);
          ++sent;
        }
      });
    }
    for (std::thread& client : clients) client.join();
    const double took =
        static_cast<double>(RealClock()->SteadyMicros() - begin) / 1e6;
    return static_cast<double>(sent) * kEventsABatch / took;
  }

  // At kPacedEvents a second; gives the 99th percentile of the answers in ms.
  double Latency() {
    std::vector<double> times;
    testing::HookClient client(port_, &tls_);
    const double between_us = kEventsABatch / kPacedEvents * 1e6;
    const std::int64_t begin = RealClock()->SteadyMicros();
    for (int i = 0; i * between_us < seconds_ * 1e6; ++i) {
      const auto due = begin + static_cast<std::int64_t>(i * between_us);
      const std::int64_t now = RealClock()->SteadyMicros();
      if (due > now) {
        std::this_thread::sleep_for(std::chrono::microseconds(due - now));
      }
      Post(&client, &batches_[static_cast<std::size_t>(i) % batches_.size()]);
      // From when it was due: a slow answer makes the next one late, too.
      times.push_back(static_cast<double>(RealClock()->SteadyMicros() - due) /
                      1e3);
    }
    std::sort(times.begin(), times.end());
    return times[times.size() * 99 / 100];
  }

  std::uint64_t events() const { return serial_ * kEventsABatch; }

 private:
  void Post(testing::HookClient* client, Batch* batch) {
    char digits[kSerialDigits + 1];
    std::snprintf(digits, sizeof(digits), "%016llu",
                  static_cast<unsigned long long>(++serial_));
    std::memcpy(batch->bytes.data() + batch->serial_at, digits, kSerialDigits);
    TOCSIN_CHECK(client->Send(batch->bytes));
    TOCSIN_CHECK(client->Code() == 200);
  }

  const std::uint16_t port_;
  const testing::ClientTls tls_;
  const double seconds_;
  std::vector<Batch> batches_;
  std::atomic<std::uint64_t> serial_{0};
};

}  // namespace
}  // namespace tocsin::bench

int main(int argc, char** argv) {
  TOCSIN_CHECK(argc >= 3);
  const double seconds = argc > 3 ? std::atof(argv[3]) : 5;
  tocsin::bench::Bench bench(static_cast<std::uint16_t>(std::atoi(argv[1])),
                             argv[2], seconds);
  // First, before gigabytes wait to be written back.
  const double latency = bench.Latency();
  const double throughput = bench.Throughput();
  std::printf("{\"figure\":\"webhook_events\",\"value\":%.0f}\n", throughput);
  std::printf("{\"figure\":\"webhook_answer_p99\",\"value\":%.3f}\n", latency);
  std::printf("{\"figure\":\"webhook_posted\",\"value\":%llu}\n",
              static_cast<unsigned long long>(bench.events()));
  return 0;
}
