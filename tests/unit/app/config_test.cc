#include "app/config.h"

#include "app/config_file.h"
#include "engine/base/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/app/read_config.h"

namespace tocsin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Issues;
using testing::Read;

TEST(ConfigTest, AnEmptyTextIsTheDefaults) {
  EXPECT_EQ(PrintConfig(Read("")), PrintConfig(Config()));
  EXPECT_EQ(PrintConfig(Read("# nothing\n")), PrintConfig(Config()));
}

TEST(ConfigTest, EveryKeyIsRead) {
  const Config config = Read(R"(
rules: [rules/, /etc/more.rules]
sources:
  - {name: cp1, file: {path: "audit*.log", start: beginning}}
  - {name: pipe, stdin: {}}
sinks:
  - {name: screen, stdout: {format: text}}
  - name: siem
    file: {path: alerts.ndjson, rotate: {size: 100MiB, keep: 3}}
time: {lateness: 10s, idle: 1m, max_skew: 2m}
workers: 4
closed: true
web: {listen: "127.0.0.1:0"}
log: {level: warning, format: json}
)",
                             "/etc/tocsin");

  EXPECT_EQ(config.rules, (std::vector<std::string>{"/etc/tocsin/rules/",
                                                    "/etc/more.rules"}));
  EXPECT_EQ(config.sources[0].path, "/etc/tocsin/audit*.log");
  EXPECT_EQ(config.sources[0].start, TailStart::kBeginning);
  EXPECT_EQ(config.sources[1].kind, SourceConfig::Kind::kStdin);
  EXPECT_FALSE(config.sinks[0].json);
  EXPECT_EQ(config.sinks[1].rotate_bytes, 100u << 20);
  EXPECT_EQ(config.sinks[1].keep, 3);
  EXPECT_EQ(config.lateness_us, 10'000'000);
  EXPECT_EQ(config.idle_us, 60'000'000);
  EXPECT_EQ(config.max_skew_us, 120'000'000);
  EXPECT_EQ(config.workers, 4);
  EXPECT_TRUE(config.closed);
  EXPECT_EQ(config.listen, "127.0.0.1:0");
  EXPECT_EQ(config.log.level, LogLevel::kWarning);
  EXPECT_EQ(config.log.format, LogFormat::kJson);
  EXPECT_THAT(CheckConfig(config), IsEmpty());
}

TEST(ConfigTest, WhatIsPrintedIsReadBackTheSame) {
  const Config config = Read(
      "rules: ['a b', '*x', '- y', 'true']\n"
      "sources: [{name: 'a: b', file: {path: '/x #y'}}]\n"
      "sinks: [{name: s, file: {path: /z, rotate: {size: 1000}}}]\n"
      "web: {listen: none}\n");

  EXPECT_EQ(PrintConfig(Read(PrintConfig(config))), PrintConfig(config));
}

TEST(ConfigTest, AnUnknownKeyIsToldWithItsPlaceAndANearOne) {
  EXPECT_EQ(Issues("rules: []\nsuorces: []\n"),
            "2:1 unknown key `suorces` in the configuration; did you mean "
            "`sources`?\n");
  EXPECT_THAT(Issues("log: {colour: red}\n"),
              HasSubstr("1:7 unknown key `colour` in log; there are: level, "
                        "format"));
}

TEST(ConfigTest, KeysOfLaterVersionsAreRefusedByName) {
  for (const char* key : {"silences", "route"}) {
    EXPECT_THAT(Issues(std::string(key) + ": x\n"),
                HasSubstr(std::string("`") + key + "` is not in this version"));
  }
  EXPECT_THAT(Issues("sinks: [{name: a, slack: {}}]\n"),
              HasSubstr("`slack` is not in this version"));
}

TEST(ConfigTest, ResumingNeedsADataDirectory) {
  const std::string source =
      "rules: [r]\nsinks: [{name: s, stdout: {}}]\n"
      "sources: [{name: a, lateness: 35s, file: {path: x, start: resume}}]\n";
  EXPECT_THAT(CheckConfig(Read(source)),
              ElementsAre(HasSubstr("start: resume needs data_dir")));
  const Config config =
      Read(source + "data_dir: /var/lib/tocsin\ncheckpoint: {interval: 2s}\n");
  EXPECT_THAT(CheckConfig(config), IsEmpty());
  EXPECT_EQ(config.data_dir, "/var/lib/tocsin");
  EXPECT_EQ(config.checkpoint_us, 2'000'000);
  EXPECT_EQ(LatenessOf(config, config.sources[0]), 35'000'000);
  EXPECT_EQ(PrintConfig(Read(PrintConfig(config))), PrintConfig(config));
  EXPECT_THAT(Issues("checkpoint: {interval: 1ms}\n"),
              HasSubstr("interval: at least 100ms"));
}

TEST(ConfigTest, StateHasAtLeastAMebibyte) {
  EXPECT_EQ(Read("{}").state_bytes, limits::kStateBytes);
  EXPECT_EQ(Read("state: {memory: 1MiB}\n").state_bytes, 1u << 20);
  EXPECT_EQ(Read("state: {memory: 64GiB}\n").state_bytes, 64ull << 30);
  for (const char* const less : {"1048575", "1023KiB", "0"}) {
    EXPECT_THAT(Issues("state: {memory: " + std::string(less) + "}\n"),
                HasSubstr("memory: at least 1MiB"))
        << less;
  }
}

TEST(ConfigTest, EveryWrongValueIsToldInOneRun) {
  const std::string issues = Issues(
      "rules: x\nworkers: 0\nclosed: perhaps\ntime: {lateness: 5}\n"
      "sources: [{name: a}, {file: {path: ''}}]\n"
      "sinks: [{name: s, file: {path: x, rotate: {keep: -1}}}]\n"
      "web: {listen: '0.0.0.0:1'}\nlog: {level: loud}\nlog: {}\n");

  for (const char* part :
       {"1:8 rules: a list is expected", "2:10 workers: `0`",
        "3:9 closed: `perhaps` is not one of true, false",
        "4:18 lateness: `5` is not a duration",
        "one of `file`, `webhook`, `kafka` and `stdin`",
        "a source needs a `name`", "a path is expected", "keep: `-1`",
        "a `size` above 0 is missing", "not a loopback address",
        "`loud` is not one of", "9:1 `log` stands here twice"}) {
    EXPECT_THAT(issues, HasSubstr(part));
  }
}

TEST(ConfigTest, WhatIsNoYamlIsToldWithItsPlace) {
  EXPECT_THAT(Issues("rules: [a\nsinks: {\n"), HasSubstr("2:6 "));
  EXPECT_THAT(Issues("- a\n- b\n"), HasSubstr("keys and values"));
  EXPECT_THAT(Issues("a: 1\n---\nb: 2\n"), HasSubstr("second document"));
}

TEST(ConfigTest, AliasesDepthAndSizeHaveLimits) {
  std::string bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n";
  for (char c = 'b'; c < 'h'; ++c) {
    const std::string before = std::string("*") + static_cast<char>(c - 1);
    bomb += std::string(1, c) + ": &" + c + " [" + before;
    for (int i = 0; i < 9; ++i) bomb += "," + before;
    bomb += "]\n";
  }
  const int depth = limits::kConfigDepth + 2;
  const std::string deep =
      "rules: " + std::string(depth, '[') + std::string(depth, ']') + "\n";

  EXPECT_THAT(Issues(bomb), HasSubstr("aliases written out"));
  EXPECT_THAT(Issues(deep), HasSubstr("nested more than"));
  EXPECT_THAT(Issues(std::string(limits::kConfigBytes + 1, '#')),
              HasSubstr("larger than"));
  EXPECT_EQ(Issues(std::string(limits::kConfigBytes, '#')), "");
}

TEST(ConfigTest, PartsMustFitTogether) {
  Config config = Read(
      "rules: [x]\nsources: [{name: a, file: {path: x}}]\n"
      "sinks: [{name: s, stdout: {}}]\n");
  EXPECT_THAT(CheckConfig(config), IsEmpty());

  config.sources.push_back(config.sources[0]);
  SinkConfig file;
  file.kind = SinkConfig::Kind::kFile;
  file.name = "f";
  file.path = "out";
  config.sinks.push_back(file);
  file.name = "g";
  file.path = "./out";
  config.sinks.push_back(file);
  EXPECT_THAT(CheckConfig(config),
              ElementsAre(HasSubstr("two sources are named `a`"),
                          HasSubstr("two sinks write out")));
  config.sources.clear();
  EXPECT_THAT(CheckConfig(config).front(), HasSubstr("no source"));
}

TEST(ConfigTest, FlagsNameSourcesAndSinks) {
  SourceConfig source;
  SinkConfig sink;
  std::string error;

  EXPECT_TRUE(ParseSourceFlag("-", &source, &error));
  EXPECT_EQ(source.kind, SourceConfig::Kind::kStdin);
  EXPECT_TRUE(ParseSourceFlag("/var/*.log", &source, &error));
  EXPECT_EQ(source.path, "/var/*.log");
  EXPECT_FALSE(ParseSourceFlag("", &source, &error));
  EXPECT_TRUE(ParseSinkFlag("file:/x", &sink, &error));
  EXPECT_EQ(sink.path, "/x");
  EXPECT_TRUE(ParseSinkFlag("stdout:text", &sink, &error));
  EXPECT_FALSE(ParseSinkFlag("file:", &sink, &error));
  EXPECT_THAT(error, HasSubstr("is not a sink"));
}

TEST(ConfigTest, AnIssueIsShownUnderItsLine) {
  EXPECT_EQ(FormatYamlIssue("t.yaml", "a: 1\nbb: 2\n", {2, 5, "no"}),
            "t.yaml:2:5: error: no\n  bb: 2\n      ^\n");
}

}  // namespace
}  // namespace tocsin
