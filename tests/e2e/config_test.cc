// tocsin config check and print.
#include "tests/e2e/e2e.h"

namespace tocsin::e2e {
namespace {

const std::string kGood =
    "rules: [" + kSource +
    "/rules]\n"
    "sources:\n  - name: cp1\n    file: {path: /var/log/audit.log}\n"
    "sinks:\n  - {name: screen, stdout: {format: text}}\n";

TEST(ConfigTest, AGoodFileIsCleanAndPrintsAllItsDefaults) {
  const TempDir dir;
  const std::string path = dir.Write("tocsin.yaml", kGood);

  const ProcessResult check = Tocsin({"config", "check", path});
  const ProcessResult print = Tocsin({"config", "print", path});

  EXPECT_EQ(check.exit_code, 0) << check.err;
  EXPECT_THAT(check.out, HasSubstr("clean"));
  EXPECT_EQ(print.exit_code, 0);
  for (const char* line :
       {"lateness: 5s", "idle: 30s", "max_skew: 5m", "listen: 127.0.0.1:9464",
        "level: info", "start: end", "workers: "}) {
    EXPECT_THAT(print.out, HasSubstr(line));
  }
}

TEST(ConfigTest, RulesThatCannotBeUsedAreAFinding) {
  const TempDir dir;
  const auto check = [&](const std::string& rules) {
    return Tocsin({"config", "check",
                   dir.Write("tocsin.yaml",
                             "rules: [" + rules +
                                 "]\nsources: [{name: a, file: {path: x}}]\n"
                                 "sinks: [{name: s, stdout: {}}]\n")});
  };
  const ProcessResult none = check("/no/such/folder");
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_THAT(none.err, HasSubstr("/no/such/folder"));
  const ProcessResult wrong =
      check(dir.Write("a.rules", "rule r { where vreb == \"get\" }"));
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_THAT(wrong.err, HasSubstr("unknown field"));
}

TEST(ConfigTest, ALatenessThatOutlastsWhatARuleLooksAtIsTold) {
  const TempDir dir;
  const std::string rules = dir.Write(
      "a.rules",
      "rule quiet {\n  where verb == \"get\"\n  by user.username as who\n"
      "  when silent for 1m\n  keys <= 100\n}\n");
  const auto check = [&](const std::string& lateness) {
    return Tocsin({"config", "check",
                   dir.Write("tocsin.yaml",
                             "rules: [" + rules +
                                 "]\nsources: [{name: a, file: {path: x}}]\n"
                                 "sinks: [{name: s, stdout: {}}]\n"
                                 "time: {lateness: " +
                                 lateness + "}\n")});
  };
  const ProcessResult longer = check("61s");
  EXPECT_EQ(longer.exit_code, 0);
  EXPECT_THAT(longer.err, HasSubstr("warning[W0527]"));
  EXPECT_EQ(check("1m").err, "");
  // Who only checks the rules does not know it.
  EXPECT_THAT(Tocsin({"check", rules}).err, Not(HasSubstr("W0527")));
  const ProcessResult replayed =
      Tocsin({"replay", "--rules", rules, "--lateness", "1h",
              dir.Write("x.log", Failure(1))});
  EXPECT_EQ(replayed.exit_code, 0) << replayed.err;
  EXPECT_THAT(replayed.err, HasSubstr("decided 1h behind the events"));
}

TEST(ConfigTest, WhatIsPrintedIsReadBackTheSame) {
  const TempDir dir;
  const std::string printed =
      Tocsin({"config", "print", dir.Write("a.yaml", kGood)}).out;

  const ProcessResult again =
      Tocsin({"config", "print", dir.Write("b.yaml", printed)});

  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(again.out, printed);
}

TEST(ConfigTest, EveryMistakeIsToldWithItsLineAndEndsInOne) {
  const TempDir dir;
  const std::string path =
      dir.Write("tocsin.yaml", kGood +
                                   "wrokers: 3\n"
                                   "time:\n  lateness: 5x\n"
                                   "silences: /var/lib/tocsin\n");

  const ProcessResult result = Tocsin({"config", "check", path});

  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err,
              HasSubstr("tocsin.yaml:7:1: error: unknown key `wrokers` in the "
                        "configuration; did you mean `workers`?\n"
                        "  wrokers: 3\n  ^\n"));
  EXPECT_THAT(result.err, HasSubstr("tocsin.yaml:9:13: error: lateness: `5x`"));
  EXPECT_THAT(result.err,
              HasSubstr("10:1: error: `silences` is not in this version"));
}

TEST(ConfigTest, AFileThatIsNotThereEndsInTwo) {
  EXPECT_EQ(Tocsin({"config", "check", "/none.yaml"}).exit_code, 2);
}

TEST(ConfigTest, PartsThatDoNotFitTogetherAreAnError) {
  const TempDir dir;

  const ProcessResult result =
      Tocsin({"config", "check", dir.Write("a.yaml", "rules: [x]\n")});

  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("no source"));
}

}  // namespace
}  // namespace tocsin::e2e
