// How much a webhook takes: batches of 400 events from clients on loopback over
// mTLS, into the journal with group commit, and out again as lines, which
// checkpoints cover as they pass. Clients, receiver and source share the
// machine.
//   tocsin_bench_webhook [SECONDS]
// Prints one JSON object a figure. Fails when a request does, or when the lines
// are not as many as the events.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "bench/gen/generator.h"
#include "connectors/webhook/make_certs.h"
#include "connectors/webhook/webhook_source.h"
#include "engine/base/check.h"
#include "engine/base/clock.h"
#include "tests/testing/temp_dir.h"
#include "tests/unit/connectors/webhook/hook_client.h"

namespace tocsin::bench {
namespace {

constexpr int kEventsABatch = 400;
constexpr int kBatches = 32;  // Kinds of them.
constexpr int kClients = 4;
constexpr double kPacedEvents = 10'000;  // A second.
constexpr std::size_t kSerialDigits = 16;
constexpr std::size_t kReadBytes = 256u << 10;
constexpr char kListen[] = "127.0.0.1:0";
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
  explicit Bench(double seconds) : seconds_(seconds) {
    AuditGenerator generator(Shape::kRealistic, 1);
    for (int i = 0; i < kBatches; ++i) {
      batches_.push_back(MakeBatch(&generator));
    }
    TOCSIN_CHECK(MakeCerts({dir_.File("pki"), {"127.0.0.1"}}).ok());
    tls_ = {.ca_file = dir_.File("pki/ca.crt"),
            .cert_file = dir_.File("pki/client.crt"),
            .key_file = dir_.File("pki/client.key")};
    WebhookOptions options;
    options.name = "bench";
    options.listen = kListen;
    options.path = "/audit";
    options.journal_folder = dir_.File("journal");
    options.tls = {.cert_file = dir_.File("pki/server.crt"),
                   .key_file = dir_.File("pki/server.key"),
                   .client_ca_file = dir_.File("pki/ca.crt")};
    auto opened = OpenWebhooks({options});
    TOCSIN_CHECK(opened.ok());
    hooks_ = *std::move(opened);
    reader_ = std::thread([this] { ReadAll(); });
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
        testing::HookClient client(Port(), &tls_);
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
    testing::HookClient client(Port(), &tls_);
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

  // Every event that was acknowledged has come out as a line.
  void Finish() {
    const std::uint64_t expected = serial_ * kEventsABatch;
    const std::int64_t until = RealClock()->SteadyMicros() + 60'000'000;
    while (lines_ < expected && RealClock()->SteadyMicros() < until) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    stop_ = true;
    reader_.join();
    TOCSIN_CHECK(lines_ == expected);
  }

 private:
  std::uint16_t Port() const { return hooks_.server->port(kListen); }

  void Post(testing::HookClient* client, Batch* batch) {
    char digits[kSerialDigits + 1];
    std::snprintf(digits, sizeof(digits), "%016llu",
                  static_cast<unsigned long long>(++serial_));
    std::memcpy(batch->bytes.data() + batch->serial_at, digits, kSerialDigits);
    TOCSIN_CHECK(client->Send(batch->bytes));
    TOCSIN_CHECK(client->Code() == 200);
  }

  // The engine's part, as cheap as it can be: every line is looked at once,
  // what was read is covered.
  void ReadAll() {
    WebhookSource* const source = hooks_.sources[0].get();
    std::string buffer(kReadBytes, '\0');
    std::uint64_t lines = 0;
    while (!stop_) {
      const auto got = source->Read(buffer.data(), buffer.size());
      TOCSIN_CHECK(got.ok() && got->kind != ReadKind::kLost);
      if (got->kind == ReadKind::kNothing) {
        source->Covered(source->position());
        source->Wait(1);
        continue;
      }
      lines += static_cast<std::uint64_t>(std::count(
          buffer.begin(),
          buffer.begin() + static_cast<std::ptrdiff_t>(got->size), '\n'));
      lines_ = lines;
      if (++reads_ % 64 == 0) source->Covered(source->position());
    }
  }

  double seconds_;
  testing::TempDir dir_;
  std::vector<Batch> batches_;
  testing::ClientTls tls_;
  Webhooks hooks_;
  std::thread reader_;
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> serial_{0}, lines_{0};
  std::uint64_t reads_ = 0;
};

}  // namespace
}  // namespace tocsin::bench

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 5;
  tocsin::bench::Bench bench(seconds);
  // First, before gigabytes wait to be written back.
  const double latency = bench.Latency();
  const double throughput = bench.Throughput();
  bench.Finish();
  std::printf("{\"figure\":\"webhook_events\",\"value\":%.0f}\n", throughput);
  std::printf("{\"figure\":\"webhook_answer_p99\",\"value\":%.3f}\n", latency);
  return 0;
}
