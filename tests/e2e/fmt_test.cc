// tocsin fmt over files as they come.
#include <sys/stat.h>

#include <filesystem>

#include "tests/e2e/e2e.h"

namespace tocsin::e2e {
namespace {

namespace fs = std::filesystem;

constexpr char kUgly[] = "rule a{ alert \"x\" # why\n where verb==\"get\"\n}\n";
constexpr char kPretty[] =
    "rule a {\n  where     verb == \"get\"\n  alert     \"x\"  # why\n}\n";

std::size_t FilesIn(const TempDir& dir) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(dir.path()), {}));
}

TEST(FmtTest, RewritesInPlaceAndSaysWhat) {
  const TempDir dir;
  const std::string ugly = dir.Write("ugly.rules", kUgly);
  dir.Write("pretty.rules", kPretty);
  chmod(ugly.c_str(), 0640);

  const ProcessResult result = Tocsin({"fmt", dir.path()});

  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, ugly + "\n");
  EXPECT_THAT(result.err, HasSubstr("1 of 2 files formatted"));
  EXPECT_EQ(dir.Read("ugly.rules"), kPretty);
  EXPECT_EQ(FilesIn(dir), 2u);
  struct stat status;
  ASSERT_EQ(stat(ugly.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777u, 0640u);
}

TEST(FmtTest, LeavesCanonicalFilesAlone) {
  const TempDir dir;
  const std::string path = dir.Write("a.rules", kPretty);
  const auto old = fs::last_write_time(path) - std::chrono::hours(1);
  fs::last_write_time(path, old);

  EXPECT_EQ(Tocsin({"fmt", path}).exit_code, 0);

  EXPECT_EQ(fs::last_write_time(path), old);
}

TEST(FmtTest, CheckListsWhatDiffersAndChangesNothing) {
  const TempDir dir;
  const std::string ugly = dir.Write("ugly.rules", kUgly);
  const std::string pretty = dir.Write("pretty.rules", kPretty);

  const ProcessResult result = Tocsin({"fmt", "--check", dir.path()});

  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.out, ugly + "\n");
  EXPECT_EQ(dir.Read("ugly.rules"), kUgly);
  EXPECT_EQ(Tocsin({"fmt", "--check", pretty}).exit_code, 0);
}

TEST(FmtTest, DiffIsForPatch) {
  const TempDir dir;
  const std::string path = dir.Write("a.rules", kUgly);

  const ProcessResult result = Tocsin({"fmt", "--diff", path});

  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(dir.Read("a.rules"), kUgly);
  const ProcessResult patched = testing::RunProcess(
      {"patch", "-s", path}, {.input = result.out, .env = {}, .folder = ""});
  EXPECT_EQ(patched.exit_code, 0) << patched.err;
  EXPECT_EQ(dir.Read("a.rules"), kPretty);
  EXPECT_EQ(Tocsin({"fmt", "--check", "--diff", path}).out, "");
}

TEST(FmtTest, StdinGoesToStdout) {
  const ProcessResult result =
      Tocsin({"fmt", "-"}, {.input = kUgly, .env = {}, .folder = ""});

  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, kPretty);
  EXPECT_EQ(
      Tocsin({"fmt", "--check", "-"}, {.input = kUgly, .env = {}, .folder = ""})
          .exit_code,
      1);
  EXPECT_EQ(Tocsin({"fmt", "-", "x.rules"}).exit_code, 2);
}

TEST(FmtTest, AFileWithMistakesStaysAndTheOthersAreDone) {
  const TempDir dir;
  const std::string broken = "rule a{\n where verb=\"get\"}\n";
  dir.Write("broken.rules", broken);
  dir.Write("ugly.rules", kUgly);

  const ProcessResult result = Tocsin({"fmt", dir.path()});

  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("broken.rules:2:"));
  EXPECT_THAT(result.err, HasSubstr("1 error in its syntax"));
  EXPECT_EQ(dir.Read("broken.rules"), broken);
  EXPECT_EQ(dir.Read("ugly.rules"), kPretty);
}

TEST(FmtTest, LinksStayLinks) {
  const TempDir dir;
  const std::string path = dir.Write("a.rules", kUgly);
  fs::create_directory(dir.File("links"));
  fs::create_symlink("../a.rules", dir.File("links/b.rules"));

  EXPECT_EQ(Tocsin({"fmt", dir.File("links")}).exit_code, 0);

  EXPECT_TRUE(fs::is_symlink(dir.File("links/b.rules")));
  EXPECT_EQ(dir.Read("a.rules"), kPretty);
}

TEST(FmtTest, TheShippedRulesAreFormatted) {
  const ProcessResult result =
      Tocsin({"fmt", "--check", "--diff", kSource + "/rules"});

  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
}

}  // namespace
}  // namespace tocsin::e2e
