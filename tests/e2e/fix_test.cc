// tocsin fix over files as they come.
#include "tests/e2e/e2e.h"

namespace tocsin::e2e {
namespace {

constexpr char kBroken[] =
    "# Kept.\n"
    "rule a {\n  severity hihg\n  where user.usrname == \"x\"\n}\n"
    "rule b {\n  where verb = \"get\"\n}\n";
constexpr char kMended[] =
    "# Kept.\n"
    "rule a {\n  severity high\n  where user.username == \"x\"\n}\n"
    "rule b {\n  where verb == \"get\"\n}\n";

TEST(FixTest, AppliesEveryMendAndSaysWhich) {
  const TempDir dir;
  const std::string path = dir.Write("a.rules", kBroken);

  const ProcessResult result = Tocsin({"fix", path});

  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_EQ(dir.Read("a.rules"), kMended);
  EXPECT_EQ(CountOf(result.out, "\n"), 3) << result.out;
  EXPECT_THAT(result.out, HasSubstr(path + ":4:"));
  EXPECT_THAT(result.out, HasSubstr("becomes `=="));
  EXPECT_THAT(result.out, HasSubstr("E0201"));
  EXPECT_THAT(result.err, HasSubstr("3 mends in 1 file\n"));
  EXPECT_EQ(Tocsin({"check", path}).exit_code, 0);
}

TEST(FixTest, ADryRunShowsTheDifferenceAlone) {
  const TempDir dir;
  const std::string path = dir.Write("a.rules", kBroken);

  const ProcessResult result = Tocsin({"fix", "--dry-run", path});

  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(dir.Read("a.rules"), kBroken);
  EXPECT_THAT(result.out, StartsWith("--- " + path));
  EXPECT_THAT(result.out, HasSubstr("\n-  severity hihg\n"));
  EXPECT_THAT(result.out, HasSubstr("\n+  severity high\n"));
  EXPECT_THAT(result.err, HasSubstr("3 mends in 1 file, not written"));
}

TEST(FixTest, WhatHasNoMendIsLeft) {
  const TempDir dir;
  const std::string text = "rule a {\n  where zzz == \"x\"\n}\n";
  const std::string path = dir.Write("a.rules", text);

  const ProcessResult result = Tocsin({"fix", path});

  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(dir.Read("a.rules"), text);
  EXPECT_THAT(
      result.err,
      HasSubstr("0 mends in 0 files; 1 error left (tocsin check shows it)"));
}

TEST(FixTest, WarningsAreMendedUnlessErrorsAloneAreAskedFor) {
  const TempDir dir;
  const std::string text =
      "rule a {\n  where user.groups contains \"system:masters\"\n}\n";
  const std::string path = dir.Write("a.rules", text);

  EXPECT_EQ(Tocsin({"fix", "--no-lint", path}).exit_code, 0);
  EXPECT_EQ(dir.Read("a.rules"), text);
  EXPECT_EQ(Tocsin({"fix", path}).exit_code, 0);
  EXPECT_THAT(dir.Read("a.rules"),
              HasSubstr("user.groups == \"system:masters\""));
}

TEST(FixTest, LineEndsAndByteOrderMarkStay) {
  const TempDir dir;
  const std::string path = dir.Write(
      "a.rules", "\xef\xbb\xbfrule a {\r\n  where verb = \"get\"\r\n}\r\n");

  EXPECT_EQ(Tocsin({"fix", path}).exit_code, 0);

  EXPECT_EQ(dir.Read("a.rules"),
            "\xef\xbb\xbfrule a {\r\n  where verb == \"get\"\r\n}\r\n");
}

TEST(FixTest, SeveralFilesAreOneSetOfRules) {
  const TempDir dir;
  dir.Write("lists.rules", "list admins = [\"root\"]\n");
  dir.Write("a.rules", "rule a {\n  where user.username in admin\n}\n");

  const ProcessResult result = Tocsin({"fix", dir.path()});

  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_THAT(dir.Read("a.rules"), HasSubstr("in admins\n"));
}

}  // namespace
}  // namespace tocsin::e2e
