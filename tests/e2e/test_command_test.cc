// tocsin test over files as they come.
#include "tests/e2e/e2e.h"

namespace tocsin::e2e {
namespace {

constexpr char kRule[] =
    "rule failures {\n  where responseStatus.code == 401\n"
    "  when count() >= 2 within 1m\n}\n";
constexpr char kPasses[] =
    "test \"two failures\" for failures {\n"
    "  at 0s  send {\"responseStatus\": {\"code\": 401}} x2\n"
    "  expect alert {count: 2} at 0s\n}\n";
constexpr char kFails[] =
    "test \"one failure\" for failures {\n"
    "  at 0s  send {\"responseStatus\": {\"code\": 403}}\n"
    "  expect alert {count: 2}\n}\n";

TEST(TestCommandTest, ALineATestAndZeroWhenAllPass) {
  const TempDir dir;
  dir.Write("a.rules", kRule);
  dir.Write("b.rules", kPasses);

  const ProcessResult result = Tocsin({"test", dir.path()});

  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("ok      "));
  EXPECT_THAT(result.out, HasSubstr("b.rules:1 two failures ("));
  EXPECT_THAT(result.err,
              HasSubstr("1 test of 1 rule from 2 files: all passed"));
}

TEST(TestCommandTest, AFailureIsShownWithItsReasonAndEndsInOne) {
  const TempDir dir;
  const std::string file =
      dir.Write("a.rules", std::string(kRule) + kPasses + kFails);

  const ProcessResult result = Tocsin({"test", file});

  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("FAILED  " + file + ":9 one failure"));
  EXPECT_THAT(result.out, HasSubstr("expected alert {\"count\": 2}"));
  EXPECT_THAT(result.out, HasSubstr("responseStatus.code == 401 did not hold"));
  EXPECT_EQ(Tocsin({"test", file, "--filter", "two"}).exit_code, 0);
  EXPECT_EQ(Tocsin({"test", file, "--filter", "*one*"}).exit_code, 1);
}

TEST(TestCommandTest, ReportsForPrograms) {
  const TempDir dir;
  const std::string file =
      dir.Write("a.rules", std::string(kRule) + kPasses + kFails);

  const ProcessResult json =
      Tocsin({"test", file, "--format", "json", "--coverage"});
  EXPECT_EQ(CountOf(json.out, "\n"), 3);
  EXPECT_EQ(CountOf(json.out, "\"ok\":true"), 1);
  EXPECT_THAT(json.out, HasSubstr("{\"coverage\":{\"percent\":100"));

  const ProcessResult junit = Tocsin({"test", file, "--format", "junit"});
  EXPECT_THAT(junit.out, HasSubstr("tests=\"2\" failures=\"1\""));
}

TEST(TestCommandTest, TooLittleCoverageEndsInOne) {
  const TempDir dir;
  const std::string file = dir.Write("a.rules", std::string(kRule) + kPasses);

  EXPECT_EQ(Tocsin({"test", file, "--coverage"}).exit_code, 0);
  const ProcessResult result = Tocsin({"test", file, "--coverage-least", "99"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("99 % is the least"));
}

TEST(TestCommandTest, FilesAreLookedForBesideTheRules) {
  const TempDir dir;
  dir.Write("a.changed",
            "rule failures {\n  where responseStatus.code == 401\n"
            "  when count() >= 3 within 1m\n}\n");
  dir.Write("events.jsonl",
            R"({"auditID":"1","stage":"Panic","stageTimestamp":)"
            R"("2026-01-01T00:00:00Z","responseStatus":{"code":401}})");
  const std::string file = dir.Write("a.rules", std::string(kRule) +
                                                    R"(
test "a file, then other rules" for failures {
  send file "events.jsonl"
  at 1s   send {"responseStatus": {"code": 401}}
  expect  alert {count: 2, first: "2026-01-01T00:00:00Z"} at 1s
  reload "a.changed"
  at 2m   send {"responseStatus": {"code": 401}} x2
  expect  nothing
  at 2m   send {"responseStatus": {"code": 401}}
  expect  alert {count: 3}
}
)");

  const ProcessResult result = Tocsin({"test", file});

  EXPECT_EQ(result.exit_code, 0) << result.out;

  dir.Write("a.changed", "rule failures { where nothing.at.all }");
  const ProcessResult broken = Tocsin({"test", file});
  EXPECT_EQ(broken.exit_code, 1);
  EXPECT_THAT(broken.out, HasSubstr("unknown field `nothing`"));
}

TEST(TestCommandTest, AMistakeInATestStopsNoReplay) {
  const TempDir dir;
  const std::string file =
      dir.Write("a.rules", std::string(kRule) + "test \"t\" for gone {}\n");
  const std::string log = dir.Write("log", "{}\n");

  EXPECT_EQ(Tocsin({"test", file}).exit_code, 2);
  EXPECT_EQ(Tocsin({"check", file}).exit_code, 1);
  EXPECT_EQ(Tocsin({"replay", "--rules", file, log}).exit_code, 0);
}

TEST(TestCommandTest, NothingToRunEndsInTwo) {
  const TempDir dir;
  const std::string bare = dir.Write("a.rules", kRule);

  EXPECT_EQ(Tocsin({"test", bare}).exit_code, 2);
  EXPECT_EQ(Tocsin({"test", dir.path() + "/none"}).exit_code, 2);
  const std::string broken = dir.Write("b.rules", "rule {");
  EXPECT_EQ(Tocsin({"test", broken}).exit_code, 2);
}

}  // namespace
}  // namespace tocsin::e2e
