// tocsin run: a file that grows, is rotated and torn; signals; its web pages.
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "tests/e2e/e2e.h"
#include "tests/testing/http_get.h"

namespace tocsin::e2e {
namespace {

namespace fs = std::filesystem;
using testing::HttpGet;
using testing::HttpRequest;
using testing::WaitForFile;

// A service that follows audit.log of its folder and writes alerts.ndjson.
class RunTest : public ::testing::Test {
 protected:
  RunTest() { dir_.Write("r.rules", kEachRule); }

  void Start(std::vector<std::string> more = {},
             const std::string& pattern = "audit.log") {
    std::vector<std::string> words = {
        kBinary,    "run",
        "--rules",  dir_.File("r.rules"),
        "--source", dir_.File(pattern),
        "--sink",   "file:" + dir_.File("alerts.ndjson"),
        "--start",  "beginning",
        "--listen", "127.0.0.1:0"};
    words.insert(words.end(), more.begin(), more.end());
    service_ = std::make_unique<BackgroundProcess>(words, dir_.File("out"),
                                                   dir_.File("err"));
    ASSERT_TRUE(service_->WaitForErr("started")) << service_->err();
  }
  std::uint16_t Port() const {
    const std::string log = service_->err();
    const std::size_t at = log.find("port=");
    return static_cast<std::uint16_t>(std::atoi(log.c_str() + at + 5));
  }
  bool WaitForAlerts(int count) const {
    return WaitForFile(dir_.File("alerts.ndjson"), "\"rule\":\"each_401\"",
                       count);
  }
  int Alerts() const {
    return CountOf(dir_.Read("alerts.ndjson"), "\"rule\":\"each_401\"");
  }

  TempDir dir_;
  std::unique_ptr<BackgroundProcess> service_;
};

TEST_F(RunTest, AGrowingFileAlertsAsItGrowsAndSigtermDrains) {
  dir_.Write("audit.log", Failure(0) + Failure(1));
  Start();

  EXPECT_TRUE(WaitForAlerts(2)) << service_->err();
  dir_.Append("audit.log", Failure(2));
  EXPECT_TRUE(WaitForAlerts(3)) << service_->err();
  service_->Signal(SIGTERM);

  EXPECT_EQ(service_->WaitForEnd(), 0);
  EXPECT_EQ(Alerts(), 3);
  EXPECT_THAT(service_->err(), HasSubstr("ended"));
  EXPECT_EQ(service_->out(), "");
}

// Its file is replaced while the service runs, once by nonsense.
TEST_F(RunTest, AListIsReadAgainWhenItsFileIsReplaced) {
  dir_.Write("r.rules",
             "list bad from \"bad.txt\" as ip\n"
             "rule each_401 { where client in bad }\n");
  dir_.Write("bad.txt", "192.0.2.1\n");
  Start();
  const auto replace = [&](const std::string& bytes) {
    dir_.Write("new.txt", bytes);
    fs::rename(dir_.File("new.txt"), dir_.File("bad.txt"));
  };

  replace("192.0.2.1\n192.0.2.2\n");
  ASSERT_TRUE(service_->WaitForErr("lists and tables read again"))
      << service_->err();
  dir_.Write("audit.log", Failure(0, "192.0.2.2") + Failure(1, "192.0.2.3"));
  EXPECT_TRUE(WaitForAlerts(1)) << service_->err();

  replace("no address\n");
  ASSERT_TRUE(service_->WaitForErr("the old contents stay in use"))
      << service_->err();
  dir_.Append("audit.log", Failure(2, "192.0.2.1"));
  EXPECT_TRUE(WaitForAlerts(2)) << service_->err();
  EXPECT_EQ(CountOf(service_->err(), "stay in use"), 1);
}

TEST_F(RunTest, HalfALineIsNoLine) {
  const std::string line = Failure(5);
  dir_.Write("audit.log", Failure(0) + line.substr(0, 100));
  Start();
  EXPECT_TRUE(WaitForAlerts(1)) << service_->err();

  dir_.Append("audit.log", line.substr(100));

  EXPECT_TRUE(WaitForAlerts(2));
  EXPECT_THAT(HttpGet(Port(), "/metrics"),
              HasSubstr("tocsin_input_dropped_total{reason=\"malformed\"} 0"));
}

TEST_F(RunTest, RotationByRenamingLosesAndDoublesNothing) {
  dir_.Write("audit.log", Failure(0));
  Start();
  ASSERT_TRUE(WaitForAlerts(1)) << service_->err();

  int sent = 1;
  for (int rotation = 0; rotation < 5; ++rotation) {
    dir_.Append("audit.log", Failure(sent));
    ++sent;
    fs::rename(dir_.File("audit.log"),
               dir_.File("old-" + std::to_string(rotation)));
    dir_.Write("audit.log", Failure(sent));
    ++sent;
    ASSERT_TRUE(WaitForAlerts(sent)) << rotation << "\n" << service_->err();
  }
  service_->Signal(SIGTERM);

  EXPECT_EQ(service_->WaitForEnd(), 0);
  EXPECT_EQ(Alerts(), sent);
}

TEST_F(RunTest, CopyAndTruncateStartsAgain) {
  dir_.Write("audit.log", Failure(0) + Failure(1));
  Start();
  ASSERT_TRUE(WaitForAlerts(2)) << service_->err();

  fs::copy_file(dir_.File("audit.log"), dir_.File("audit.log.1"));
  fs::resize_file(dir_.File("audit.log"), 0);
  dir_.Append("audit.log", Failure(2));

  EXPECT_TRUE(WaitForAlerts(3)) << service_->err();
  EXPECT_THAT(service_->err(), HasSubstr("copied and truncated"));
}

TEST_F(RunTest, FilesThatAppearLaterAreFollowedToo) {
  Start({}, "audit*.log");
  EXPECT_THAT(service_->err(), HasSubstr("started"));

  dir_.Write("audit-1.log", Failure(0));
  dir_.Write("audit-2.log", Failure(1));

  EXPECT_TRUE(WaitForAlerts(2)) << service_->err();
}

TEST_F(RunTest, SighupPutsNewRulesIntoUse) {
  dir_.Write("audit.log", Failure(0));
  Start();
  ASSERT_TRUE(WaitForAlerts(1)) << service_->err();

  dir_.Write("r.rules", std::string(kEachRule) +
                            "rule second { where responseStatus.code == 401 }");
  service_->Signal(SIGHUP);
  ASSERT_TRUE(service_->WaitForErr("rules reloaded")) << service_->err();
  // A read under way when they were published still goes by the old ones.
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  dir_.Append("audit.log", Failure(1));

  EXPECT_TRUE(WaitForFile(dir_.File("alerts.ndjson"), "\"rule\":\"second\""));
  EXPECT_TRUE(WaitForAlerts(2));
}

// Two failures before a reload and one behind it: what was counted stays where
// only texts changed, and is gone, and said so, where the condition did.
TEST_F(RunTest, AReloadSaysWhichRulesBeginWithoutState) {
  const auto rules = [](const std::string& severity, const std::string& codes) {
    const std::string burst =
        "  by client as ip\n  when count() >= 3 within 1h\n}\n";
    return "rule same {\n  severity " + severity +
           "\n  where responseStatus.code == 401\n" + burst +
           "rule other {\n  where responseStatus.code in " + codes + "\n" +
           burst;
  };
  dir_.Write("r.rules", rules("low", "[401]"));
  dir_.Write("audit.log", Failure(0) + Failure(1));
  Start();
  ASSERT_TRUE(service_->WaitForErr("following a file"));
  std::this_thread::sleep_for(std::chrono::milliseconds(200));

  dir_.Write("r.rules", rules("high", "[401, 403]"));
  service_->Signal(SIGHUP);
  ASSERT_TRUE(service_->WaitForErr("rules reloaded")) << service_->err();
  EXPECT_THAT(service_->err(),
              HasSubstr("rules whose meaning changed begin without state "
                        "rules=other\n"));
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  dir_.Append("audit.log", Failure(2));
  EXPECT_TRUE(WaitForFile(dir_.File("alerts.ndjson"), "\"rule\":\"same\""));
  dir_.Append("audit.log", Failure(3) + Failure(4));
  EXPECT_TRUE(WaitForFile(dir_.File("alerts.ndjson"), "\"rule\":\"other\""));

  const std::string alerts = dir_.Read("alerts.ndjson");
  EXPECT_THAT(alerts, StartsWith("{\"id\""));
  EXPECT_LT(alerts.find("\"rule\":\"same\",\"severity\":\"high\""),
            alerts.find("\"rule\":\"other\""));
  EXPECT_THAT(alerts, HasSubstr("\"last\":\"2026-03-02T10:00:04"));
}

TEST_F(RunTest, AnExceptionThatNoLongerHoldsIsLogged) {
  dir_.Write("r.rules",
             "rule each_401 {\n  where responseStatus.code == 401\n"
             "  unless user.username == \"a\" until \"2020-01-31\"\n"
             "  unless user.username == \"b\" until \"2999-01-31\"\n}\n");
  Start();

  const std::string log = service_->err();
  EXPECT_EQ(CountOf(log, "an exception no longer holds"), 1) << log;
  EXPECT_THAT(log, HasSubstr("since=2020-01-31"));
  EXPECT_THAT(log, HasSubstr("line=3"));
}

TEST_F(RunTest, ARuleSetWithoutRulesIsRefused) {
  dir_.Write("audit.log", Failure(0));
  Start();
  ASSERT_TRUE(WaitForAlerts(1)) << service_->err();

  dir_.Write("r.rules", "# none\n");
  service_->Signal(SIGHUP);

  ASSERT_TRUE(service_->WaitForErr("the old ones stay")) << service_->err();
  EXPECT_THAT(service_->err(), HasSubstr("no rule that is enabled"));
}

TEST_F(RunTest, BadRulesAreLoggedAndTheOldOnesStay) {
  dir_.Write("audit.log", Failure(0));
  Start();
  ASSERT_TRUE(WaitForAlerts(1)) << service_->err();

  dir_.Write("r.rules", "rule x { where user.usrname == \"a\" }\n");
  service_->Signal(SIGHUP);
  ASSERT_TRUE(service_->WaitForErr("the old ones stay")) << service_->err();
  dir_.Append("audit.log", Failure(1));

  EXPECT_TRUE(WaitForAlerts(2));
  EXPECT_THAT(service_->err(), HasSubstr("usrname"));
  EXPECT_THAT(service_->err(), HasSubstr("line=1"));
  EXPECT_THAT(HttpGet(Port(), "/metrics"),
              HasSubstr("tocsin_rules_reload_failures_total 1"));
  EXPECT_THAT(HttpRequest(Port(), "POST", "/-/reload"),
              StartsWith("HTTP/1.1 422"));
}

TEST_F(RunTest, Sigusr1OpensTheFilesOfSinksAgain) {
  dir_.Write("audit.log", Failure(0));
  Start();
  ASSERT_TRUE(WaitForAlerts(1)) << service_->err();

  fs::rename(dir_.File("alerts.ndjson"), dir_.File("moved.ndjson"));
  service_->Signal(SIGUSR1);
  ASSERT_TRUE(service_->WaitForErr("sinks reopened")) << service_->err();
  dir_.Append("audit.log", Failure(1));

  EXPECT_TRUE(WaitForAlerts(1));
  EXPECT_EQ(CountOf(dir_.Read("moved.ndjson"), "\n"), 1);
}

TEST_F(RunTest, MetricsAndHealthAreTold) {
  dir_.Write("audit.log", Failure(0) + "{\"torn\":\n");
  Start();
  ASSERT_TRUE(WaitForAlerts(1)) << service_->err();

  const std::string metrics = HttpGet(Port(), "/metrics");

  for (const char* line :
       {"tocsin_input_events_total 1", "tocsin_service_ready 1",
        "tocsin_input_dropped_total{reason=\"malformed\"} 1",
        "tocsin_rule_alerts_total{rule=\"each_401\"} 1",
        "tocsin_rules_loaded 1", "# TYPE tocsin_input_bytes_total counter"}) {
    EXPECT_THAT(metrics, HasSubstr(line));
  }
  EXPECT_THAT(HttpGet(Port(), "/-/healthy"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(HttpGet(Port(), "/-/ready"), StartsWith("HTTP/1.1 200"));
}

TEST_F(RunTest, EveryMetricHasItsLineInTheReference) {
  dir_.Write("audit.log", Failure(0));
  Start();
  ASSERT_TRUE(WaitForAlerts(1)) << service_->err();
  const std::string page =
      testing::ReadText(kSource + "/docs/reference/metrics.md");
  const std::string metrics = HttpGet(Port(), "/metrics");

  int names = 0;
  for (std::size_t at = metrics.find("# TYPE "); at != std::string::npos;
       at = metrics.find("# TYPE ", at + 1)) {
    const std::size_t begin = at + 7;
    const std::string name =
        metrics.substr(begin, metrics.find(' ', begin) - begin);
    EXPECT_THAT(page, HasSubstr("`" + name + "`"));
    ++names;
  }
  EXPECT_GE(names, 50);
  // Beside these the page has the families of sources that did not run here,
  // each kind under a heading of its own.
  for (const char* const kind : {"\n### Of a webhook", "\n### Of Kafka"}) {
    const std::size_t begin = page.find(kind);
    ASSERT_NE(begin, std::string::npos) << kind;
    const std::size_t end = page.find("\n##", begin + 1);
    names += CountOf(page.substr(begin, end - begin), "\n| `");
  }
  EXPECT_EQ(CountOf(page, "\n| `"), names) << "a metric that is no more";
}

TEST_F(RunTest, SeveralSourcesAndWorkersAreFollowedAtOnce) {
  dir_.Write("audit.log", Failure(0));
  dir_.Write("other.log", Failure(1));
  Start({"--source", dir_.File("other.log"), "--workers", "2"});
  EXPECT_TRUE(WaitForAlerts(2)) << service_->err();

  dir_.Append("other.log", Failure(2));
  dir_.Append("audit.log", Failure(3));
  EXPECT_TRUE(WaitForAlerts(4)) << service_->err();
  service_->Signal(SIGTERM);

  EXPECT_EQ(service_->WaitForEnd(), 0);
}

TEST_F(RunTest, LogsComeAsJsonWhenAskedFor) {
  dir_.Write("audit.log", Failure(0));
  Start({"--log-format", "json"});
  service_->Signal(SIGINT);
  ASSERT_EQ(service_->WaitForEnd(), 0);

  const std::string log = service_->err();
  EXPECT_EQ(CountOf(log, "\n{\"time\":\"") + 1, CountOf(log, "\n"));
  EXPECT_THAT(log, HasSubstr("\"message\":\"started\""));
}

TEST_F(RunTest, ASinkThatFailsIsTriedAgainUntilTheEnd) {
  dir_.Write("audit.log", Failure(0));
  Start({"--sink", "file:/dev/full"});

  ASSERT_TRUE(service_->WaitForErr("a sink fails")) << service_->err();
  service_->Signal(SIGTERM);

  EXPECT_EQ(service_->WaitForEnd(), 2);
}

TEST_F(RunTest, AConfigurationFileRunsIt) {
  dir_.Write("audit.log", Failure(0));
  const std::string config = dir_.Write(
      "tocsin.yaml",
      "rules: [r.rules]\n"
      "sources:\n  - {name: cp1, file: {path: 'audit*.log', start: "
      "beginning}}\n"
      "sinks:\n  - name: alerts\n    file: {path: alerts.ndjson, rotate: "
      "{size: 1MiB, keep: 2}}\n"
      "  - {name: screen, stdout: {format: text}}\n"
      "web: {listen: none}\nworkers: 2\n");
  BackgroundProcess service({kBinary, "run", "--config", config},
                            dir_.File("out"), dir_.File("err"));

  EXPECT_TRUE(WaitForAlerts(1)) << service.err();
  EXPECT_TRUE(service.WaitForOut("401 of eve"));
  service.Signal(SIGTERM);
  EXPECT_EQ(service.WaitForEnd(), 0);
}

TEST(RunFailureTest, WhatKeepsItFromRunningIsToldAndEndsInTwo) {
  const TempDir dir;
  const std::string good = dir.Write("a.rules", kEachRule);
  const std::string bad = dir.Write("b.rules", "rule x {");
  const struct {
    std::vector<std::string> words;
    std::string message;
  } cases[] = {
      {{"run", "--rules", bad, "--source", "x"}, "b.rules:1:"},
      {{"run", "--rules", good, "--source", "x", "--sink", "file:/none/x"},
       "/none/x: No such file"},
      {{"run", "--rules", good}, "no source"},
      {{"run", "--source", "x"}, "no rules"},
      {{"run", "--config", dir.File("none.yaml")}, "No such file"},
  };
  for (const auto& one : cases) {
    const ProcessResult result = Tocsin(one.words);

    EXPECT_EQ(result.exit_code, 2) << one.message;
    EXPECT_THAT(result.err, HasSubstr(one.message));
  }
}

TEST(RunStdinTest, AStandardOutputThatNobodyReadsIsLeftOut) {
  const TempDir dir;
  std::string log;
  constexpr int kEvents = 2'000;
  for (int i = 0; i < kEvents; ++i) log += Failure(i);
  // A pipe whose reader has gone, and a file that goes on.
  const std::string command =
      kBinary + " run --rules " + dir.Write("a.rules", kEachRule) +
      " --source - --sink stdout:json --sink file:" + dir.File("alerts") +
      " --listen none <" + dir.Write("log", log) + " | head -n 1";

  const ProcessResult result =
      testing::RunProcess({"bash", "-o", "pipefail", "-c", command}, {});

  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(CountOf(dir.Read("alerts"), "\n"), kEvents);
  EXPECT_THAT(result.err, HasSubstr("it is left out"));
}

TEST(RunStdinTest, StandardInputEndsTheServiceWhenItEnds) {
  const TempDir dir;

  const ProcessResult result =
      Tocsin({"run", "--rules", dir.Write("a.rules", kEachRule), "--source",
              "-", "--sink", "stdout:json", "--listen", "none"},
             {.input = Failure(0) + Failure(1), .env = {}, .folder = {}});

  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(CountOf(result.out, "\"rule\":\"each_401\""), 2);
}

}  // namespace
}  // namespace tocsin::e2e
