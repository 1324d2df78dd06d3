// tocsin check and explain over files as they come.
#include <filesystem>

#include "tests/e2e/e2e.h"

namespace tocsin::e2e {
namespace {

constexpr char kBroken[] =
    "rule a {\n  where user.usrname == \"x\"\n}\n"
    "rule b {\n  where verb = \"get\"\n  severity hihg\n}\n"
    "rule c {\n  where verb == \"get\"\n}\n";

TEST(CheckTest, CleanRulesEndInZero) {
  const TempDir dir;

  const ProcessResult result =
      Tocsin({"check", dir.Write("a.rules", kEachRule)});

  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("1 rule from 1 file: clean"));
}

TEST(CheckTest, EveryIndependentMistakeIsToldInOneRunAndEndsInOne) {
  const TempDir dir;

  const ProcessResult result = Tocsin({"check", dir.Write("a.rules", kBroken)});

  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("a.rules:2:"));
  EXPECT_THAT(result.out, HasSubstr("a.rules:5:"));
  EXPECT_THAT(result.out, HasSubstr("a.rules:6:"));
  EXPECT_THAT(result.out, HasSubstr("username"));
  EXPECT_THAT(result.err, HasSubstr("3 errors"));
}

TEST(CheckTest, JsonIsOneObjectALineWithAllItsMembers) {
  const TempDir dir;

  const ProcessResult result =
      Tocsin({"check", "--format", "json", dir.Write("a.rules", kBroken)});

  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(CountOf(result.out, "\n"), 3);
  for (const char* member :
       {"\"code\":", "\"severity\":", "\"message\":", "\"file\":", "\"line\":",
        "\"column\":", "\"end_line\":", "\"end_column\":", "\"help\":",
        "\"fix\":"}) {
    EXPECT_EQ(CountOf(result.out, member) >= 3, true) << member;
  }
}

TEST(CheckTest, SarifIsOneDocumentAlsoWhenThereIsNothing) {
  const TempDir dir;
  const std::string clean = dir.Write("a.rules", kEachRule);

  const ProcessResult result = Tocsin({"check", "--format", "sarif", clean});

  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("\"version\""));
  EXPECT_THAT(result.out, HasSubstr("2.1.0"));
}

TEST(CheckTest, ColourIsOnlyForATerminalOrOnDemand) {
  const TempDir dir;
  const std::string path = dir.Write("a.rules", kBroken);

  EXPECT_THAT(Tocsin({"check", path}).out, Not(HasSubstr("\x1b[")));
  EXPECT_THAT(Tocsin({"check", "--color", "always", path}).out,
              HasSubstr("\x1b["));
}

TEST(CheckTest, AFolderIsReadWithAllBelowItButWhatIsHidden) {
  const TempDir dir;
  std::filesystem::create_directories(dir.File("sub/.hidden"));
  dir.Write("sub/b.rules", kEachRule);
  dir.Write("sub/.hidden/b.rules", kEachRule);  // A name twice is an error.
  dir.Write("c.rules", kBurstRule);
  dir.Write("notes.txt", "not rules");

  const ProcessResult result =
      Tocsin({"check", dir.path(), dir.File("c.rules")});

  EXPECT_EQ(result.exit_code, 0) << result.out;
  EXPECT_THAT(result.err, HasSubstr("2 rules from 2 files"));
}

TEST(CheckTest, WhatCannotBeReadEndsInTwo) {
  const TempDir dir;
  std::filesystem::create_directory(dir.File("empty"));

  const ProcessResult missing = Tocsin({"check", dir.File("none.rules")});
  const ProcessResult empty = Tocsin({"check", dir.File("empty")});

  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_THAT(missing.err, HasSubstr("none.rules: no such file or folder"));
  EXPECT_EQ(empty.exit_code, 2);
  EXPECT_THAT(empty.err, HasSubstr("no .rules file in this folder"));
}

TEST(CheckTest, AnEmptyFileIsNoRulesAndBinaryIsNoText) {
  const TempDir dir;

  EXPECT_EQ(Tocsin({"check", dir.Write("a.rules", "")}).exit_code, 0);
  const ProcessResult binary =
      Tocsin({"check", dir.Write("b.rules", std::string("\x7f"
                                                        "ELF\0\xff",
                                                        6))});
  EXPECT_EQ(binary.exit_code, 2);
  EXPECT_THAT(binary.out, HasSubstr("E0105"));
}

TEST(CheckTest, AListFileIsLookedForBesideTheRuleFile) {
  const TempDir dir;
  std::filesystem::create_directory(dir.File("r"));
  const std::string rules =
      dir.Write("r/a.rules",
                "list bad from \"bad.csv\" column \"ip\" as ip\n"
                "rule a {\n  where client in bad\n}\n");
  const ProcessResult missing = Tocsin({"check", rules});
  dir.Write("r/bad.csv", "ip,why\n203.0.113.9,scanner\n");

  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_THAT(missing.out, HasSubstr("bad.csv"));
  EXPECT_EQ(Tocsin({"check", rules}).exit_code, 0)
      << Tocsin({"check", rules}).out;
}

TEST(ExplainTest, ARuleIsFoundByTheEndOfItsName) {
  const TempDir dir;
  const std::string rules =
      dir.Write("a.rules", std::string("group k8s.authn\n") + kBurstRule);

  const ProcessResult by_end = Tocsin({"explain", "burst", "--rules", rules});
  const ProcessResult by_name =
      Tocsin({"explain", "k8s.authn.burst", "--rules", rules});

  EXPECT_EQ(by_end.exit_code, 0);
  EXPECT_EQ(by_end.out, by_name.out);
  EXPECT_THAT(by_end.out, HasSubstr("count() >= 3 within 1m"));
}

TEST(ExplainTest, AnUnknownNameProposesOneAndASharedOneListsAll) {
  const TempDir dir;
  dir.Write("a.rules", std::string("group one\n") + kBurstRule);
  dir.Write("b.rules", std::string("group two\n") + kBurstRule);

  const ProcessResult unknown =
      Tocsin({"explain", "brust", "--rules", dir.path()});
  const ProcessResult shared =
      Tocsin({"explain", "burst", "--rules", dir.path()});

  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean `burst`?"));
  EXPECT_EQ(shared.exit_code, 2);
  EXPECT_THAT(shared.err, HasSubstr("one.burst two.burst"));
}

TEST(ExplainTest, EveryShippedRuleCanBeExplained) {
  const ProcessResult check =
      Tocsin({"check", "--format", "json", kSource + "/rules"});

  EXPECT_EQ(check.exit_code, 0) << check.out;
  EXPECT_EQ(Tocsin({"explain", "burst_of_401s", "--rules", kSource + "/rules"})
                .exit_code,
            0);
}

TEST(ExplainTest,
     AnEventIsHeldAgainstTheRuleAndTheExitCodeSaysWhetherItMatches) {
  const TempDir dir;
  const std::string rules = dir.Write("a.rules", kEachRule);
  const std::string failure = dir.Write("failure.json", Failure(1));
  std::string other = Failure(1);
  other.replace(other.find(":401"), 4, ":200");
  const std::string success = dir.Write("success.json", other);

  const ProcessResult matches =
      Tocsin({"explain", "each_401", failure, "--rules", rules});
  EXPECT_EQ(matches.exit_code, 0) << matches.err;
  EXPECT_THAT(matches.out, StartsWith("rule each_401 matches this event"));

  const ProcessResult misses =
      Tocsin({"explain", "each_401", success, "--rules", rules});
  EXPECT_EQ(misses.exit_code, 1) << misses.err;
  EXPECT_THAT(misses.out, HasSubstr("because responseStatus.code == 401 did "
                                    "not hold (responseStatus.code = 200)"));

  const ProcessResult json = Tocsin(
      {"explain", "each_401", success, "--rules", rules, "--format", "json"});
  EXPECT_EQ(json.exit_code, 1);
  EXPECT_THAT(json.out, StartsWith("{\"rule\":\"each_401\",\"matches\":false"));
  EXPECT_EQ(CountOf(json.out, "\n"), 1);
}

TEST(ExplainTest, WhatIsNoEventEndsInTwoWithAMessage) {
  const TempDir dir;
  const std::string rules = dir.Write("a.rules", kEachRule);
  for (const std::string& path :
       {dir.Write("empty", ""), dir.Write("text", "hello\n"),
        dir.Write("cut", "{\"a\": [1"), dir.Write("bad", "{\"a\"} {}"),
        dir.File("missing"), dir.File("")}) {
    const ProcessResult result =
        Tocsin({"explain", "each_401", path, "--rules", rules});
    EXPECT_EQ(result.exit_code, 2) << path << result.out;
    EXPECT_THAT(result.err, StartsWith("tocsin: ")) << path;
    EXPECT_EQ(result.out, "") << path;
  }
}

TEST(CheckTest, StrictTellsWhatIsMissingAndEndsInOneForAnything) {
  const TempDir dir;
  const std::string path = dir.Write("a.rules", kEachRule);

  EXPECT_EQ(Tocsin({"check", path}).exit_code, 0);
  const ProcessResult strict = Tocsin({"check", "--strict", path});
  EXPECT_EQ(strict.exit_code, 1);
  EXPECT_THAT(strict.out, HasSubstr("info[I0701]"));
  EXPECT_THAT(strict.err, HasSubstr("0 errors, 0 warnings, 3 notes"));
}

TEST(ExplainTest, AnAlertIsExplainedWithItsEvents) {
  const TempDir dir;
  const std::string rules = dir.Write("a.rules", kBurstRule);
  const std::string log =
      dir.Write("audit.log", Failure(1) + Failure(2) + Failure(4));
  const std::string alert = dir.Write(
      "alert.json",
      Tocsin({"replay", "--rules", rules, "--format", "json", log}).out);

  const ProcessResult text =
      Tocsin({"explain", "--alert", alert, "--rules", rules, "--events", log});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("condition   count() >= 3 within 1m"));
  EXPECT_THAT(text.out, HasSubstr("count 3, from 2026-03-02T10:00:01"));
  EXPECT_THAT(text.out, HasSubstr(": 3s"));
  EXPECT_THAT(text.out, HasSubstr("ip = \"203.0.113.9\""));
  EXPECT_EQ(CountOf(text.out, "rule burst matches this event"), 3);

  const std::string changed = dir.Write(
      "b.rules",
      "rule burst { severity low where responseStatus.code == 401 }\n");
  const ProcessResult other =
      Tocsin({"explain", "--alert", alert, "--rules", changed});
  EXPECT_THAT(other.out, HasSubstr("the severity was high, is low"));
  EXPECT_THAT(other.out, HasSubstr("the key has other parts"));

  EXPECT_EQ(Tocsin({"explain", "--alert", log, "--rules", rules}).exit_code, 2);
  EXPECT_EQ(Tocsin({"explain", "--rules", rules}).exit_code, 2);
}

TEST(ExplainTest, AThresholdOverATumblingWindowIsDecidedOnArrival) {
  const TempDir dir;
  const auto explain = [&](const std::string& when) {
    return Tocsin({"explain", "r", "--rules",
                   dir.Write("a.rules",
                             "rule r {\n  where verb == \"get\"\n"
                             "  by user.username as who\n  when " +
                                 when + "\n}\n")})
        .out;
  };
  EXPECT_THAT(explain("count() >= 2 within 1m tumbling"),
              HasSubstr("none: decided when the event arrives"));
  EXPECT_THAT(explain("count() < 2 within 1m tumbling"),
              HasSubstr("no: it is decided when its window ends"));
  EXPECT_THAT(explain("count() >= 2 within session gap 5s max 1m"),
              HasSubstr("no: it is decided when its window ends"));
}

TEST(ExplainTest, ARuleAsJsonIsOneObject) {
  const TempDir dir;
  const ProcessResult json =
      Tocsin({"explain", "burst", "--format", "json", "--rules",
              dir.Write("a.rules", kBurstRule)});
  EXPECT_EQ(json.exit_code, 0);
  EXPECT_THAT(json.out, StartsWith("{\"rule\":\"burst\",\"kind\":\"count"));
  EXPECT_THAT(json.out, HasSubstr("\"by\":[\"client as ip\"]"));
  EXPECT_THAT(json.out, HasSubstr("\"state_bytes\":"));
  EXPECT_EQ(CountOf(json.out, "\n"), 1);
}

TEST(ProfileTest, CountsAreThoseOfAReplayAndTestsHaveTexts) {
  const TempDir dir;
  const std::string rules =
      dir.Write("a.rules", std::string(kBurstRule) +
                               "rule eve {\n  where user.username == \"eve\" "
                               "and requestURI matches r\"^/ap\"\n}\n");
  std::string events;
  for (int i = 0; i < 50; ++i) events += Failure(i);
  const std::string log = dir.Write("audit.log", events);

  const ProcessResult json =
      Tocsin({"profile", "--rules", rules, "--format", "json", log});
  EXPECT_EQ(json.exit_code, 0) << json.err;
  EXPECT_THAT(json.out, StartsWith("{\"events\":50,"));
  EXPECT_EQ(CountOf(json.out, "\"matches\":50"), 2);
  EXPECT_THAT(json.out, HasSubstr("requestURI matches r\\\"^/ap\\\"\","
                                  "\"evaluated\":50,\"passed\":50"));
  EXPECT_THAT(json.out, HasSubstr("\"evictions\":0"));

  const ProcessResult top =
      Tocsin({"profile", "--rules", rules, "--top", "1", log});
  EXPECT_EQ(top.exit_code, 0);
  EXPECT_THAT(top.out, HasSubstr("the other 1"));
}

TEST(ProfileTest, EachExceptionHasItsOwnHits) {
  const TempDir dir;
  const std::string rules = dir.Write("a.rules", R"(
defaults { unless verb == "watch" }
rule reads {
  where   verb in ["get", "list", "watch"]
  unless  user.username == "a"
  unless  user.username in ["a", "b"] and verb == "list"
  unless  user.username == "nobody"
}
rule steps {
  by     user.username as who
  event  read  = verb == "get"
  event  gone  = verb == "delete"
  when   read then gone within 1m
}
tune steps { unless user.username == "b" until "2030-01-31" }
)");
  std::string events;
  int number = 0;
  const auto send = [&](const std::string& verb, const std::string& user,
                        int times) {
    for (; times > 0; --times) {
      events +=
          R"({"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata",)"
          R"("auditID":"e)" +
          std::to_string(number++) +
          R"(","stage":"ResponseStarted","requestReceivedTimestamp":)"
          R"("2026-07-01T00:00:00.000000Z",)"
          R"("stageTimestamp":"2026-07-01T00:00:00.000000Z","verb":")" +
          verb + R"(","user":{"username":")" + user + "\"}}\n";
    }
  };
  send("get", "a", 5);
  send("list", "b", 3);
  send("list", "a", 2);
  send("get", "b", 4);
  send("watch", "c", 6);
  send("delete", "b", 1);
  send("get", "c", 8);
  const std::string log = dir.Write("audit.log", events);
  const ProcessResult json =
      Tocsin({"profile", "--rules", rules, "--format", "json", log});
  EXPECT_EQ(json.exit_code, 0) << json.err;
  EXPECT_THAT(
      json.out,
      AllOf(
          HasSubstr(R"("place":"defaults","excused":6})"),
          HasSubstr(R"("user.username == \"a\"","place":"rule","excused":7})"),
          HasSubstr(R"("place":"rule","excused":5})"),
          HasSubstr(R"(\"nobody\"","place":"rule","excused":0})")));
  // Four reads and a deletion.
  EXPECT_THAT(json.out, HasSubstr(R"("place":"tune","excused":5})"));
  const ProcessResult text = Tocsin({"profile", "--rules", rules, log});
  EXPECT_THAT(text.out,
              HasSubstr("unless user.username == \"a\": 7 events excused\n"));
  EXPECT_THAT(text.out, HasSubstr("5 events excused, by tune\n"));
}

TEST(ProfileTest, WhatCannotBeReadTwiceOrAtAllEndsInTwo) {
  const TempDir dir;
  const std::string rules = dir.Write("a.rules", kEachRule);
  for (const std::string& path : {std::string("-"), dir.File("missing"),
                                  dir.Write("empty", ""), dir.File("")}) {
    const ProcessResult result = Tocsin({"profile", "--rules", rules, path});
    EXPECT_EQ(result.exit_code, 2) << path;
    EXPECT_THAT(result.err, StartsWith("tocsin: ")) << path;
  }
}

}  // namespace
}  // namespace tocsin::e2e
