// tocsin replay: finished input of every kind gives the same alerts, and what
// cannot be read is told.
#include <filesystem>

#include "tests/e2e/e2e.h"
#include "tests/testing/compress.h"

namespace tocsin::e2e {
namespace {

class ReplayTest : public ::testing::Test {
 protected:
  ReplayTest() {
    dir_.Write("a.rules", kBurstRule);
    for (int i = 0; i < 40; ++i) {
      lines_.push_back(
          Failure(i * 7, "203.0.113." + std::to_string(1 + i % 3)));
    }
  }
  std::string Log() const { return Join(0, lines_.size()); }
  std::string Join(std::size_t from, std::size_t to) const {
    std::string text;
    for (std::size_t i = from; i < to; ++i) text += lines_[i];
    return text;
  }
  ProcessResult Replay(std::vector<std::string> words,
                       const ProcessOptions& options = {}) const {
    const std::vector<std::string> first = {"replay", "--rules",
                                            dir_.File("a.rules")};
    words.insert(words.begin(), first.begin(), first.end());
    return Tocsin(words, options);
  }
  // The alerts of the log as one plain file.
  std::string Expected() {
    const ProcessResult result =
        Replay({"--format", "json", dir_.Write("whole.log", Log())});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_GE(CountOf(result.out, "\n"), 3);
    return result.out;
  }

  TempDir dir_;
  std::vector<std::string> lines_;
};

TEST_F(ReplayTest, RulesWithoutARuleAreSaid) {
  const ProcessResult result = Tocsin(
      {"replay", "--rules", dir_.Write("lets.rules", "let a = verb == \"get\""),
       dir_.Write("v.log", Log())});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.err.find("no rule"), std::string::npos) << result.err;
}

// A producer that sends a message twice, a log and a topic of the same events:
// the place of a message is no part of what it says.
TEST_F(ReplayTest, AnEventThatCameThroughKafkaIsTheSameEvent) {
  std::string with_place = Log();
  for (std::size_t at = 0;
       (at = with_place.find("}\n", at)) != std::string::npos; at += 2) {
    const std::string place =
        ",\"kafka\":{\"topic\":\"audit\",\"offset\":" + std::to_string(at) +
        "}";
    with_place.insert(at, place);
    at += place.size();
  }
  const ProcessResult both =
      Replay({"--format", "json", dir_.Write("both.log", Log() + with_place)});
  EXPECT_EQ(both.out, Expected());
}

TEST_F(ReplayTest, RulesReadWhereAMessageOfKafkaCameFrom) {
  const std::string rules = dir_.Write(
      "place.rules",
      "rule of_blue {\n  where kafka.headers[\"tenant\"] == \"blue\"\n"
      "  show kafka.partition as partition, kafka.key as key\n}\n");
  std::string log;
  for (const char* tenant : {"blue", "red"}) {
    std::string line = Failure(1);
    line.insert(line.size() - 2,
                std::string(R"(,"kafka":{"topic":"audit","partition":3,)") +
                    R"("offset":7,"key":"cp1","headers":{"tenant":")" + tenant +
                    "\"}}");
    log += line;
  }
  const ProcessResult result =
      Tocsin({"replay", "--rules", rules, "--format", "json", "--no-summary",
              dir_.Write("place.log", log)});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(CountOf(result.out, "\n"), 1) << result.out;
  EXPECT_THAT(result.out, HasSubstr(R"("partition":3,"key":"cp1")"));
}

TEST_F(ReplayTest, AnAlertOfASequenceShowsTheEventsOfItsStepsAlone) {
  const std::string rules = dir_.Write("steps.rules",
                                       "rule steps {\n"
                                       "  event a = verb == \"list\"\n"
                                       "  event b = verb == \"get\"\n"
                                       "  event c = verb == \"create\"\n"
                                       "  when a then b then c within 1m\n"
                                       "}\n");
  std::string log;
  int second = 10;
  for (const char* verb : {"list", "get", "get", "create"}) {
    log += R"({"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":")" +
           std::to_string(second) + R"(","stage":"ResponseComplete","verb":")" +
           verb + R"(","stageTimestamp":"2026-01-01T00:00:)" +
           std::to_string(second) + ".000000Z\"}\n";
    ++second;
  }
  const ProcessResult result =
      Tocsin({"replay", "--rules", rules, "--format", "json", "--no-summary",
              dir_.Write("steps.log", log)});
  ASSERT_EQ(CountOf(result.out, "\n"), 1) << result.out << result.err;
  EXPECT_EQ(CountOf(result.out, "\"auditID\":"), 6) << result.out;
  for (const char* id : {"\"10\"", "\"12\"", "\"13\""}) {
    EXPECT_EQ(CountOf(result.out, std::string("\"auditID\":") + id), 2)
        << result.out;
  }
}

TEST_F(ReplayTest, WhatIsReadIsNeverOverwritten) {
  const std::string log = dir_.Write("v.log", Log());
  const std::string rules = dir_.File("a.rules");
  const std::string other = dir_.File("other");
  const std::vector<std::vector<std::string>> cases = {
      {"--output", log, log},
      {"--dead-letter", log, log},
      {"--dead-letter", dir_.File("./v.log"), log},
      {"--dead-letter", rules, log},
      {"--output", other, "--dead-letter", other, log},
  };
  for (const std::vector<std::string>& words : cases) {
    const ProcessResult result = Replay(words);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_NE(result.err.find("would be overwritten"), std::string::npos)
        << result.err;
    EXPECT_EQ(dir_.Read("v.log"), Log());
  }
}

TEST_F(ReplayTest, CompressedFilesAndStdinGiveTheSameAlerts) {
  const std::string expected = Expected();
  const std::string gz = dir_.Write("a.log.gz", testing::Gzip(Log()));
  const std::string zst = dir_.Write("a.log.zst", testing::Zstd(Log()));
  const std::string members =
      dir_.Write("m", testing::Gzip(Join(0, 13)) + testing::Gzip(Join(13, 40)));

  EXPECT_EQ(Replay({"--format", "json", gz}).out, expected);
  EXPECT_EQ(Replay({"--format", "json", zst}).out, expected);
  EXPECT_EQ(Replay({"--format", "json", members}).out, expected);
  EXPECT_EQ(Replay({"--format", "json", "-"},
                   {.input = Log(), .env = {}, .folder = {}})
                .out,
            expected);
  EXPECT_EQ(Replay({"--format", "json", "-"},
                   {.input = testing::Gzip(Log()), .env = {}, .folder = {}})
                .out,
            expected);
}

TEST_F(ReplayTest, SplittingAFileChangesNoByteWhateverTheOrderOfTheNames) {
  const std::string expected = Expected();
  const std::string c = dir_.Write("c.log", Join(0, 11));
  const std::string a = dir_.Write("a.log", testing::Gzip(Join(11, 29)));
  const std::string b = dir_.Write("b.log", Join(29, 40));
  dir_.Write("empty.log", "");

  EXPECT_EQ(Replay({"--format", "json", a, b, c}).out, expected);
  EXPECT_EQ(Replay({"--format", "json", b, dir_.File("empty.log"), c, a}).out,
            expected);
  EXPECT_EQ(Replay({"--format", "json", dir_.File("[abc].log")}).out, expected);
}

TEST_F(ReplayTest, AFileWithoutALastLineFeedIsWhole) {
  const std::string expected = Expected();
  std::string first = Join(0, 20);
  first.pop_back();
  const std::string a = dir_.Write("a.log", first);
  const std::string b = dir_.Write("b.log", Join(20, 40));

  EXPECT_EQ(Replay({"--format", "json", a, b}).out, expected);
}

TEST_F(ReplayTest, AnyNumberOfWorkersGivesTheSameBytes) {
  const std::string expected = Expected();

  for (const char* workers : {"1", "2", "8", "16"}) {
    EXPECT_EQ(Replay({"--format", "json", "--workers", workers,
                      dir_.File("whole.log")})
                  .out,
              expected)
        << workers;
  }
}

TEST_F(ReplayTest, MergeJoinsTheLogsOfSeveralApiserversByEventTime) {
  std::string even, odd;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    (i % 2 == 0 ? even : odd) += lines_[i];
  }
  const std::string expected = Expected();

  const ProcessResult merged =
      Replay({"--format", "json", "--merge", dir_.Write("cp1.log", even),
              dir_.Write("cp2.log", odd)});

  EXPECT_EQ(merged.exit_code, 0) << merged.err;
  EXPECT_EQ(CountOf(merged.out, "\n"), CountOf(expected, "\n"));
}

TEST_F(ReplayTest, TheSummaryStandsOnStderrWithoutColourOrBar) {
  const ProcessResult result = Replay({dir_.Write("a.log", Log())});

  EXPECT_EQ(result.exit_code, 0);
  for (const char* part :
       {"replayed ", "events      40", "first event 2026-03-02T10:00:00",
        "last event ", "unparsable  0", "dropped ", "late ", "burst"}) {
    EXPECT_THAT(result.err, HasSubstr(part));
  }
  EXPECT_THAT(result.err, Not(HasSubstr("\x1b[")));
  EXPECT_THAT(result.err, Not(HasSubstr("\r")));
  EXPECT_EQ(Replay({"--no-summary", dir_.File("a.log")}).err, "");
}

TEST_F(ReplayTest, TextIsForPeople) {
  const std::string log = dir_.Write("a.log", Log());

  EXPECT_THAT(Replay({log}).out, HasSubstr("3 failures from 203.0.113."));
  EXPECT_THAT(Replay({log}).out, Not(HasSubstr("\x1b[")));
  EXPECT_THAT(Replay({"--color", "always", log}).out, HasSubstr("\x1b["));
}

TEST_F(ReplayTest, OutputHasItsNameOnceItIsComplete) {
  const std::string expected = Expected();
  const std::string out = dir_.File("alerts.ndjson");

  const ProcessResult result =
      Replay({"--format", "json", "-o", out, dir_.File("whole.log")});

  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(dir_.Read("alerts.ndjson"), expected);
  EXPECT_FALSE(std::filesystem::exists(out + ".partial"));
}

TEST_F(ReplayTest, AReplayThatCannotRunLeavesTheOldOutputAlone) {
  dir_.Write("alerts.ndjson", "old\n");
  const std::string out = dir_.File("alerts.ndjson");
  const std::string gz = testing::Gzip(Log());
  const std::string torn = dir_.Write("torn.gz", gz.substr(0, gz.size() - 20));

  EXPECT_EQ(Replay({"-o", out, dir_.File("none.log")}).exit_code, 2);
  EXPECT_EQ(Replay({"-o", out, torn}).exit_code, 2);

  EXPECT_EQ(dir_.Read("alerts.ndjson"), "old\n");
}

TEST_F(ReplayTest, WhatCannotBeReadEndsInTwoAndSaysWhy) {
  const struct {
    std::string path, message;
  } cases[] = {
      {dir_.File("none.log"), "none.log: No such file"},
      {dir_.path(), "is a directory"},
      {dir_.Write("empty.log", ""), "empty.log is empty"},
      {dir_.Write("bin.log", std::string("\x7f"
                                         "ELF\0\1\2",
                                         7)),
       "is binary"},
      {dir_.Write("utf16.log", "\xff\xfe{"), "UTF-16"},
      {dir_.File("no*.log"), "no file matches"},
  };
  for (const auto& one : cases) {
    const ProcessResult result = Replay({one.path});

    SCOPED_TRACE(one.path);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, HasSubstr(one.message));
    EXPECT_EQ(CountOf(result.err, "\n"), 1);
  }
}

TEST_F(ReplayTest, EmptyStdinEndsInTwo) {
  const ProcessResult result = Replay({"-"});

  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("stdin is empty"));
}

TEST_F(ReplayTest, ATornFileGivesItsAlertsAndEndsInTwo) {
  std::string text;
  for (int i = 0; i < 3000; ++i) {
    text += Failure(i % 3600, "198.51.100." + std::to_string(i % 10));
  }
  const std::string gz = testing::Gzip(text);
  const std::string torn = dir_.Write("torn.gz", gz.substr(0, gz.size() / 2));

  const ProcessResult result = Replay({"--format", "json", torn});

  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("ends in the middle of its compressed"));
  EXPECT_THAT(result.out, HasSubstr("\"rule\":\"burst\""));
}

TEST_F(ReplayTest, BadRulesPrintTheirDiagnosticsAndNothingRuns) {
  dir_.Write("a.rules", "rule x { where user.usrname == \"a\" }\n");

  const ProcessResult result = Replay({dir_.Write("a.log", Log())});

  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("a.rules:1:"));
  EXPECT_THAT(result.err, HasSubstr("nothing was run"));
}

TEST_F(ReplayTest, HostileLinesTakeNoNeighbourDown) {
  const std::string expected = Expected();
  const std::string deep =
      "{\"a\":" + std::string(200, '[') + std::string(200, ']') + "}\n";
  const std::string hostile = "{\"a\" 1}\n[1,2]\n\n\r\n" + deep +
                              "{\"torn\":\n" + std::string("\xff\xfe\n");
  const std::string log =
      dir_.Write("a.log", Join(0, 10) + hostile + Join(10, 40));
  const std::string dead = dir_.File("dead.ndjson");

  const ProcessResult result =
      Replay({"--format", "json", "--dead-letter", dead, log});

  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(CountOf(result.out, "\n"), CountOf(expected, "\n"));
  const std::string letters = dir_.Read("dead.ndjson");
  EXPECT_EQ(CountOf(letters, "\n"), 5) << letters;
  EXPECT_THAT(letters, HasSubstr("{\"source\":\"" + log +
                                 "\",\"line\":11,\"reason\":\"malformed\","
                                 "\"encoding\":\"utf-8\",\"bytes\":"
                                 "\"{\\\"a\\\" 1}\"}"));
  EXPECT_THAT(letters, HasSubstr("\"line\":12,\"reason\":\"not_an_object\""));
  EXPECT_THAT(letters, HasSubstr("\"line\":15,\"reason\":\"too_deep\""));
  EXPECT_THAT(letters, HasSubstr("\"line\":17,\"reason\":\"not_an_object\","
                                 "\"encoding\":\"base64\",\"bytes\":\"//4=\""));
  EXPECT_THAT(result.err, HasSubstr("unparsable  5"));
}

TEST_F(ReplayTest, ADeadLetterIsFoundInItsOwnFile) {
  const std::string a = dir_.Write("a.log", Join(0, 3) + "torn");
  const std::string b = dir_.Write("b.log", Join(3, 5) + "rubbish\n");
  const std::string dead = dir_.File("dead.ndjson");

  ASSERT_EQ(Replay({"--dead-letter", dead, a, b}).exit_code, 0);

  const std::string letters = dir_.Read("dead.ndjson");
  EXPECT_THAT(letters, HasSubstr("{\"source\":\"" + a + "\",\"line\":4,"));
  EXPECT_THAT(letters, HasSubstr("{\"source\":\"" + b + "\",\"line\":3,"));
}

TEST_F(ReplayTest, AReaderWhoHasSeenEnoughEndsItQuietly) {
  dir_.Write("a.rules", kEachRule);
  std::string text;
  for (int i = 0; i < 3000; ++i) text += Failure(i);
  const std::string log = dir_.Write("a.log", text);

  const ProcessResult result = testing::RunProcess(
      {"bash", "-c",
       "set -o pipefail; " + kBinary + " replay --rules " +
           dir_.File("a.rules") + " " + log + " | head -1"});

  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(CountOf(result.out, "\n"), 1);
  EXPECT_EQ(result.err, "");
}

TEST_F(ReplayTest, TheSampleLogAlertsThroughTheShippedRules) {
  const ProcessResult result =
      Tocsin({"replay", "--rules", kSource + "/rules", "--format", "json",
              kSource + "/rules/sample/audit.log"});

  EXPECT_EQ(result.exit_code, 0) << result.err;
  for (const char* rule :
       {"\"rule\":\"burst_of_401s\"", "\"rule\":\"kube_system_secret_read\"",
        "\"rule\":\"apiserver_panic\""}) {
    EXPECT_THAT(result.out, HasSubstr(rule));
  }
}

TEST_F(ReplayTest, TheExampleThatIsNotKubernetesAlerts) {
  const std::string nginx = kSource + "/rules/examples/nginx";

  const ProcessResult result = Tocsin(
      {"replay", "--rules", nginx, "--format", "json", nginx + "/sample.log"});

  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_GE(CountOf(result.out, "\n"), 1);
}

}  // namespace
}  // namespace tocsin::e2e
