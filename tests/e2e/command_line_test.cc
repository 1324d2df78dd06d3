// The command line itself: help, wrong use, exit codes.
#include <filesystem>

#include "tests/e2e/e2e.h"

namespace tocsin::e2e {
namespace {

const std::vector<std::vector<std::string>> kCommands = {{},
                                                         {"check"},
                                                         {"replay"},
                                                         {"run"},
                                                         {"fix"},
                                                         {"fmt"},
                                                         {"explain"},
                                                         {"config"},
                                                         {"config", "check"},
                                                         {"config", "print"},
                                                         {"version"}};

TEST(CommandLineTest, EveryCommandHasHelpWithExamples) {
  for (std::vector<std::string> words : kCommands) {
    words.push_back("--help");
    const ProcessResult result = Tocsin(words);

    SCOPED_TRACE(words[0]);
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.err, "");
    EXPECT_THAT(result.out, StartsWith("Usage: tocsin"));
    EXPECT_THAT(result.out, HasSubstr("Examples:\n  # "));
    EXPECT_THAT(result.out, Not(HasSubstr("\x1b[")));
  }
}

TEST(CommandLineTest, WithoutACommandTheHelpComesOnStderr) {
  const ProcessResult result = Tocsin({});

  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("Commands:"));
}

TEST(CommandLineTest, TheVersionIsToldTwoWays) {
  EXPECT_THAT(Tocsin({"--version"}).out, StartsWith("tocsin 0."));
  EXPECT_EQ(Tocsin({"--version"}).out, Tocsin({"version"}).out);
}

TEST(CommandLineTest, WhatIsNearIsProposed) {
  EXPECT_THAT(Tocsin({"repaly"}).err, HasSubstr("did you mean `replay`?"));
  EXPECT_THAT(Tocsin({"check", "--fromat", "json", "x"}).err,
              HasSubstr("did you mean --format?"));
  EXPECT_THAT(Tocsin({"check", "--format", "xml", "x"}).err,
              HasSubstr("--format: `xml` is not one of text, json, sarif"));
}

TEST(CommandLineTest, WrongUseEndsInTwoAndOneShortMessage) {
  const std::vector<std::vector<std::string>> wrong = {
      {"nonsense"},
      {"check"},
      {"check", "--nonsense", "x"},
      {"check", "--format"},
      {"replay", "x.log"},
      {"replay", "--rules"},
      {"replay", "--rules", "r", "--lateness", "5x", "x.log"},
      {"replay", "--rules", "r", "--workers", "0", "x.log"},
      {"replay", "--rules", "r", "--format", "json", "--format", "text", "x"},
      {"explain", "a", "b", "--rules", "r"},
      {"version", "x"},
      {"run"},
      {"run", "--rules", "r", "--source", "x", "--sink", "kafka:y"},
      {"run", "--rules", "r", "--source", "x", "--listen", "0.0.0.0:1"},
  };
  for (const auto& words : wrong) {
    const ProcessResult result = Tocsin(words);

    SCOPED_TRACE(::testing::PrintToString(words));
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, StartsWith("tocsin: "));
    EXPECT_LE(CountOf(result.err, "\n"), 3);
  }
}

TEST(CommandLineTest, OptionsMayStandBehindArgumentsAndADashDashEndsThem) {
  const TempDir dir;
  const std::string rules = dir.Write("-odd.rules", kEachRule);

  EXPECT_EQ(Tocsin({"check", rules, "--format", "json"}).exit_code, 0);
  EXPECT_EQ(Tocsin({"check", "--format=json", "--", "-odd.rules"},
                   {.input = "", .env = {}, .folder = dir.path()})
                .exit_code,
            0);
}

TEST(CommandLineTest, ManPagesAndCompletionsAreWritten) {
  const TempDir dir;

  ASSERT_EQ(Tocsin({"docs", dir.path()}).exit_code, 0);

  for (const char* page :
       {"tocsin.1", "tocsin-replay.1", "tocsin-config-check.1"}) {
    EXPECT_THAT(dir.Read(page), StartsWith(".TH ")) << page;
  }
  EXPECT_THAT(dir.Read("tocsin-replay.1"), HasSubstr("\\-\\-dead\\-letter"));
  EXPECT_THAT(dir.Read("_tocsin"), StartsWith("#compdef tocsin"));
}

TEST(CommandLineTest, AnInstallationIsCompleteAndRuns) {
  const TempDir dir;

  const ProcessResult install = testing::RunProcess(
      {"cmake", "--install", TOCSIN_BINARY_DIR, "--prefix", dir.path()});

  ASSERT_EQ(install.exit_code, 0) << install.err;
  for (const char* file :
       {"bin/tocsin", "share/tocsin/rules/kubernetes/common.rules",
        "share/man/man1/tocsin-replay.1",
        "share/bash-completion/completions/tocsin",
        "share/zsh/site-functions/_tocsin"}) {
    EXPECT_TRUE(std::filesystem::exists(dir.File(file))) << file;
  }
  EXPECT_EQ(testing::RunProcess({dir.File("bin/tocsin"), "check",
                                 dir.File("share/tocsin/rules")})
                .exit_code,
            0);
}

TEST(CommandLineTest, BashCompletesCommandsOptionsAndChoices) {
  const TempDir dir;
  ASSERT_EQ(Tocsin({"docs", dir.path()}).exit_code, 0);
  const auto complete = [&](const std::string& words) {
    return testing::RunProcess({"bash", "-c",
                                "source " + dir.File("tocsin.bash") +
                                    "; COMP_WORDS=(" + words +
                                    "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); "
                                    "_tocsin; echo \"${COMPREPLY[@]}\""})
        .out;
  };

  EXPECT_EQ(complete("tocsin re"), "replay\n");
  EXPECT_EQ(complete("tocsin replay --dead"), "--dead-letter\n");
  EXPECT_EQ(complete("tocsin check --format s"), "sarif\n");
  EXPECT_EQ(complete("tocsin config pr"), "print\n");
}

}  // namespace
}  // namespace tocsin::e2e
