// Every case in which the strongest open engine for this job is wrong or loses
// data, one test each: what is right, through the binary. What it does not read
// at all is in competition_kafka_test.cc.
#include <algorithm>
#include <csignal>
#include <vector>

#include "absl/strings/str_format.h"
#include "tests/e2e/e2e.h"
#include "tests/unit/connectors/webhook/hook_client.h"

namespace tocsin::e2e {
namespace {

using testing::HookClient;
using testing::Post;
using testing::WaitForFile;

constexpr char kSchema[] =
    "use t\nschema t {\n  time at\n  identity id\n  fields { at time\n"
    "    id string\n    k string?\n    s string? }\n}\n";

// An event `seconds` into a day; `more` are fields of its own.
std::string At(double seconds, const std::string& more = R"("k":"one")") {
  static int serial = 0;
  const auto us = static_cast<std::int64_t>(seconds * 1e6 + 0.5);
  return absl::StrFormat(
      R"({"at":"2024-01-%02dT%02d:%02d:%02d.%06dZ","id":"e%d",%s})"
      "\n",
      1 + us / 86'400'000'000, us / 3'600'000'000 % 24, us / 60'000'000 % 60,
      us / 1'000'000 % 60, us % 1'000'000, ++serial, more);
}

class Competition : public ::testing::Test {
 protected:
  // The alerts of a rule with this body over these lines; what the engine
  // announces itself is counted.
  std::vector<std::string> Alerts(const std::string& rule,
                                  const std::string& log) {
    std::vector<std::string> alerts =
        Lines(Replay(kSchema + ("rule r {\n" + rule + "\n}\n"), log).out);
    std::erase_if(alerts, [&](const std::string& alert) {
      const bool own = alert.find(R"("rule":"r")") == std::string::npos;
      announced_ += own;
      return own;
    });
    return alerts;
  }
  ProcessResult Replay(const std::string& rules, const std::string& log) {
    const ProcessResult result = Tocsin(
        {"replay", "--rules", dir_.Write("r.rules", rules), "--format", "json",
         "--no-summary", "--workers", "1", dir_.Write("events.log", log)});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result;
  }
  static std::vector<std::string> Lines(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at);
      lines.push_back(text.substr(at, end - at));
      at = end + 1;
    }
    return lines;
  }
  std::unique_ptr<BackgroundProcess> Run(const std::string& yaml) {
    return std::make_unique<BackgroundProcess>(
        std::vector<std::string>{kBinary, "run", "--config",
                                 dir_.Write("c.yaml", yaml)},
        dir_.File("out"), dir_.File("err" + std::to_string(runs_++)));
  }

  TempDir dir_;
  int runs_ = 0, announced_ = 0;
};

// ---- groups ----

TEST_F(Competition, GroupingByTheListSourceIPsIsByTheAddress) {
  const auto audit = [this](const std::string& key) {
    std::string log;
    for (int i = 0; i < 6; ++i) {
      log += Failure(i, i % 2 == 0 ? "203.0.113.9" : "203.0.113.8");
    }
    return Replay("rule r {\n  where responseStatus.code == 401\n  by " + key +
                      " as ip\n  when count() >= 3 within 1m\n}\n",
                  log)
        .out;
  };
  for (const char* const key : {"each sourceIPs", "sourceIPs[-1]", "client"}) {
    const std::string told = audit(key);
    EXPECT_EQ(CountOf(told, "\n"), 2) << key << told;
    EXPECT_THAT(told, HasSubstr(R"("ip":"203.0.113.9")"));
    EXPECT_THAT(told, HasSubstr(R"("ip":"203.0.113.8")"));
  }
  // The list itself is no key; that is said, with what to write instead.
  const ProcessResult check =
      Tocsin({"check", dir_.Write("list.rules",
                                  "rule r {\n  by sourceIPs\n  when count() "
                                  ">= 3 within 1m\n}\n")});
  EXPECT_EQ(check.exit_code, 1);
  EXPECT_THAT(check.err + check.out, HasSubstr("each sourceIPs"));
}

TEST_F(Competition, AnEventWithoutTheKeyIsInNoGroup) {
  const std::string rule = "  by k\n  when count() >= 3 within 1m";
  const std::string none = R"("s":"x")";
  EXPECT_EQ(Alerts(rule, At(0, none) + At(1, none) + At(2, none)).size(), 0u);
  // And those that have it are not disturbed.
  EXPECT_EQ(
      Alerts(rule, At(0) + At(1, none) + At(2) + At(3, none) + At(4)).size(),
      1u);
}

// ---- time ----

TEST_F(Competition, ThreeWithinAMinuteAreCountedByTheirTimesNotByArrival) {
  EXPECT_EQ(Alerts("  when count() >= 3 within 60s", At(100) + At(31) + At(32))
                .size(),
            0u);
}

TEST_F(Competition, AnEventThatComesLateCompletesWhatItBelongsTo) {
  const auto alerts = Alerts("  when count() >= 3 within 60s",
                             At(0) + At(30) + At(200) + At(31));
  ASSERT_EQ(alerts.size(), 1u);
  EXPECT_THAT(alerts[0], HasSubstr(R"("time":"2024-01-01T00:00:31)"));
}

TEST_F(Competition, OneBadClockWipesNoWindow) {
  EXPECT_EQ(Alerts("  when count() >= 3 within 60s",
                   At(0) + At(10) + At(99'999) + At(20))
                .size(),
            1u);
}

TEST_F(Competition, WindowsCountMicrosecondsNotWholeSeconds) {
  const std::string rule = "  when count() >= 2 within 60s";
  EXPECT_EQ(Alerts(rule, At(0.1) + At(60.9)).size(), 0u);
  EXPECT_EQ(Alerts(rule, At(0.1) + At(60.100001)).size(), 0u);
  EXPECT_EQ(Alerts(rule, At(0.1) + At(60.1)).size(), 1u);
}

TEST_F(Competition, AThenBIsInTheOrderOfTheirTimes) {
  const std::string rule =
      "  event a = s == \"a\"\n  event b = s == \"b\"\n"
      "  when a then b within 60s";
  const std::string a = R"("s":"a")", b = R"("s":"b")";
  EXPECT_EQ(Alerts(rule, At(10.2, b) + At(10.7, a)).size(), 0u);
  EXPECT_EQ(Alerts(rule, At(10.7, b) + At(10.2, a)).size(), 1u);
}

TEST_F(Competition, AnEventThatIsDeliveredThreeTimesIsOne) {
  const std::string rule = "  when count() >= 3 within 60s";
  const std::string one = At(1);
  EXPECT_EQ(Alerts(rule, one + one + one).size(), 0u);
  EXPECT_EQ(Alerts(rule, one + one + one + At(2) + At(3)).size(), 1u);
}

// ---- what survives ----

constexpr char kTail[] =
    "rules: [r.rules]\ndata_dir: data\ncheckpoint: {interval: 1h}\n"
    "sources: [{name: log, file: {path: audit.log, start: resume}}]\n"
    "sinks: [{name: out, file: {path: alerts.ndjson}}]\nweb: {listen: none}\n";

// Far inside the interval at which state is saved.
TEST_F(Competition, Kill9BetweenTwoCheckpointsKeepsTheWindow) {
  dir_.Write("r.rules", std::string(kBurstRule) + kEachRule);
  dir_.Write("audit.log", Failure(0) + Failure(1));
  const std::string told = dir_.File("alerts.ndjson");
  {
    const auto service = Run(kTail);
    ASSERT_TRUE(WaitForFile(told, "each_401", 2)) << service->err();
    service->Signal(SIGKILL);
    service->WaitForEnd();
  }
  dir_.Append("audit.log", Failure(2));
  const auto service = Run(kTail);
  ASSERT_TRUE(WaitForFile(told, "\"rule\":\"burst\"")) << service->err();
  EXPECT_EQ(CountOf(dir_.Read("alerts.ndjson"), "each_401"), 3);
  EXPECT_EQ(CountOf(dir_.Read("alerts.ndjson"), "\"rule\":\"burst\""), 1);
}

// 20,000 events in batches of 400; the kill follows the last answer at once.
TEST_F(Competition, WhatIsAcknowledgedOverHttpSurvivesKill9AtOnce) {
  constexpr int kBatches = 50, kEvents = 400;
  const std::string yaml =
      "rules: [r.rules]\ndata_dir: data\nsources: [{name: hook, webhook: "
      "{listen: \"127.0.0.1:0\", path: /audit}}]\n"
      "sinks: [{name: out, file: {path: alerts.ndjson}}]\nweb: {listen: "
      "none}\n";
  dir_.Write("r.rules", kEachRule);
  {
    const auto service = Run(yaml);
    ASSERT_TRUE(service->WaitForErr("started")) << service->err();
    const std::string log = service->err();
    HookClient client(static_cast<std::uint16_t>(
        std::atoi(log.c_str() + log.find("webhook_port=") + 13)));
    for (int batch = 0; batch < kBatches; ++batch) {
      std::string body =
          R"({"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[)";
      for (int i = 0; i < kEvents; ++i) {
        body += (i == 0 ? "" : ",") + Failure(batch);
      }
      ASSERT_TRUE(client.Send(Post(body + "]}")));
      ASSERT_EQ(client.Code(), 200);
    }
    service->Signal(SIGKILL);
    service->WaitForEnd();
  }
  const auto service = Run(yaml);
  EXPECT_TRUE(WaitForFile(dir_.File("alerts.ndjson"), "\"rule\":\"each_401\"",
                          kBatches * kEvents))
      << service->err();
  service->Signal(SIGTERM);
  EXPECT_EQ(service->WaitForEnd(), 0);
  std::vector<std::string> ids;
  for (const std::string& alert : Lines(dir_.Read("alerts.ndjson"))) {
    ids.push_back(alert.substr(alert.find("\"id\":"), 40));
  }
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(ids.size(), std::size_t{kBatches} * kEvents);
  EXPECT_EQ(std::unique(ids.begin(), ids.end()), ids.end());
}

// ---- what an attacker may flood ----

TEST_F(Competition, AFloodOfOtherKeysDoesNotFlushAVictimAtTwoOfThree) {
  std::string log = At(0, R"("k":"victim")") + At(1, R"("k":"victim")");
  for (int i = 0; i < 300'000; ++i) {
    log += At(2 + i * 1e-4, absl::StrFormat(R"("k":"flood-%d")", i));
  }
  log += At(40, R"("k":"victim")");
  for (const char* const keys : {"", "  keys <= 100_000\n"}) {
    const auto alerts = Alerts(
        absl::StrFormat("  by k\n  when count() >= 3 within 60s\n%s", keys),
        log);
    const auto fired = std::count_if(
        alerts.begin(), alerts.end(), [](const std::string& alert) {
          return alert.find(R"("k":"victim")") != std::string::npos;
        });
    EXPECT_EQ(fired, 1) << keys;
    // What was forgotten for want of room is announced.
    EXPECT_EQ(announced_ > 0, keys[0] != '\0');
  }
}

// rsigma holds 0.37 KB for each.
TEST_F(Competition, AGroupKeyTakesLessThan370Bytes) {
  constexpr int kKeys = 400'000;
  const std::string rules =
      dir_.Write("keys.rules", std::string(kSchema) +
                                   "rule r { by k when count() >= 10 within 5m "
                                   "then once per 1h }\n");
  // In pieces: what a process is forked from counts as memory it had.
  const auto peak = [&](int keys) {
    const std::string log = dir_.Write("keys.log", "");
    for (int i = 0; i < kKeys; i += 1'000) {
      std::string piece;
      for (int n = i; n < i + 1'000; ++n) {
        piece += At(n * 1e-4, absl::StrFormat(R"("k":"k%06d")", n % keys));
      }
      dir_.Append("keys.log", piece);
    }
    return Tocsin({"replay", "--rules", rules, "--workers", "1", "-o",
                   dir_.File("told"), log})
        .peak_bytes;
  };
  const double each = static_cast<double>(peak(kKeys) - peak(1)) / kKeys;
  EXPECT_GT(each, 0);
  EXPECT_LT(each, 370);
  std::printf("%.0f bytes a key\n", each);
}

// The same number of events with 8,000 different values in the window as with
// 80: the cost of one does not grow with the others.
TEST_F(Competition, EightThousandDistinctValuesCostAsMuchAsEighty) {
  const auto seconds = [this](int values) {
    std::string log;
    for (int i = 0; i < 40'000; ++i) {
      log +=
          At(i * 5e-3, absl::StrFormat(R"("k":"one","s":"v%05d")", i % values));
    }
    const ProcessResult result =
        Replay(std::string(kSchema) +
                   "rule r { by k when distinct(s) >= 9000 within 60s }\n",
               log);
    EXPECT_EQ(result.out, "");
    return result.cpu_seconds;
  };
  const double few = seconds(80), many = seconds(8'000);
  EXPECT_LT(many, 4 * few + 0.1);
  std::printf("40,000 events: 80 values %.2f s, 8,000 values %.2f s\n", few,
              many);
}

}  // namespace
}  // namespace tocsin::e2e
