// Every command over every file that is not what it should be: a short message,
// an exit code of the documented ones, and the file as it was.
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <thread>

#include "tests/e2e/e2e.h"

namespace tocsin::e2e {
namespace {

namespace fs = std::filesystem;

constexpr char kRule[] =
    "rule r {\n  where     responseStatus.code == 401\n}\n";
constexpr std::uintmax_t kHuge = 100u << 20;
constexpr std::size_t kShort = 4'096;  // Bytes of a message that is read.

// What a file may be instead of what it should be. `good` is what it should be.
struct Input {
  std::string name;
  std::function<void(const std::string& path, const std::string& good)> make;
};

void Write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string Replaced(std::string text, const std::string& what,
                     const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
  return text;
}

const std::vector<Input>& Inputs() {
  static const auto* const inputs = new std::vector<Input>{
      {"empty", [](const auto& path, const auto&) { Write(path, ""); }},
      {"binary",
       [](const auto& path, const auto&) {
         Write(path, std::string("\x7f"
                                 "ELF\x02\x01\0\0\xff\xfe\x1b[2J",
                                 14));
       }},
      {"huge",
       [](const auto& path, const auto& good) {
         Write(path, good);
         fs::resize_file(path, kHuge);
       }},
      {"bom", [](const auto& path,
                 const auto& good) { Write(path, "\xef\xbb\xbf" + good); }},
      {"crlf",
       [](const auto& path, const auto& good) {
         Write(path, Replaced(good, "\n", "\r\n"));
       }},
      {"latin1", [](const auto& path,
                    const auto& good) { Write(path, "# caf\xe9\n" + good); }},
      {"directory",
       [](const auto& path, const auto&) { fs::create_directory(path); }},
      {"cycle",
       [](const auto& path, const auto&) {
         fs::create_symlink(path + ".2", path);
         fs::create_symlink(path, path + ".2");
       }},
      {"forbidden",
       [](const auto& path, const auto& good) {
         Write(path, good);
         chmod(path.c_str(), 0);
       }},
      {"absent", [](const auto&, const auto&) {}},
  };
  return *inputs;
}

// A command that reads the file at `path`. `good` is what it expects there;
// `codes` how it ends by the name of the input, and otherwise in 2.
struct Reader {
  std::string name;
  std::string file;  // Its name in the folder.
  std::string good;
  std::function<std::vector<std::string>(const TempDir&)> words;
  std::map<std::string, int> codes;
};

std::string Deep(int levels) {
  return "rule r {\n  where " + std::string(levels, '(') + "ok" +
         std::string(levels, ')') + "\n}\n";
}

const std::vector<Reader>& Readers() {
  using Words = std::vector<std::string>;
  static const std::string config =
      "rules: [good.rules]\nsources:\n  - name: log\n    file: {path: "
      "log}\nsinks:\n  - name: out\n    stdout: {}\n";
  static const auto* const readers = new std::vector<Reader>{
      {"check",
       "x.rules",
       kRule,
       [](const TempDir& dir) {
         return Words{"check", dir.File("x.rules")};
       },
       {{"empty", 0}, {"bom", 0}, {"crlf", 0}}},
      {"fix",
       "x.rules",
       kRule,
       [](const TempDir& dir) {
         return Words{"fix", dir.File("x.rules")};
       },
       {{"empty", 0}, {"bom", 0}, {"crlf", 0}}},
      {"fmt",
       "x.rules",
       kRule,
       [](const TempDir& dir) {
         return Words{"fmt", "--check", dir.File("x.rules")};
       },
       {{"empty", 0}, {"bom", 1}, {"crlf", 1}}},
      {"explain",
       "x.rules",
       kRule,
       [](const TempDir& dir) {
         return Words{"explain", "r", "--rules", dir.File("x.rules")};
       },
       {{"bom", 0}, {"crlf", 0}}},
      {"replay",
       "x.rules",
       kRule,
       [](const TempDir& dir) {
         return Words{"replay", "--rules", dir.File("x.rules"),
                      dir.File("log")};
       },
       {{"bom", 0}, {"crlf", 0}}},
      {"test",
       "x.rules",
       std::string(kRule) + "test \"t\" for r {\n  expect  nothing\n}\n",
       [](const TempDir& dir) {
         return Words{"test", dir.File("x.rules")};
       },
       {{"bom", 0}, {"crlf", 0}}},
      {"config_check",
       "x.yaml",
       config,
       [](const TempDir& dir) {
         return Words{"config", "check", dir.File("x.yaml")};
       },
       {{"empty", 1}, {"bom", 0}, {"crlf", 0}}},
      {"run",
       "x.yaml",
       "rules: [none.rules]\n",
       [](const TempDir& dir) {
         return Words{"run", "--config", dir.File("x.yaml")};
       },
       {}},
      {"replay_log",
       "x.log",
       Failure(1),
       [](const TempDir& dir) {
         return Words{"replay", "--rules", dir.File("good.rules"),
                      dir.File("x.log")};
       },
       {{"bom", 0}, {"crlf", 0}, {"latin1", 0}, {"huge", 0}}},
      {"explain_event",
       "x.json",
       Failure(1),
       [](const TempDir& dir) {
         return Words{"explain", "r", dir.File("x.json"), "--rules",
                      dir.File("good.rules")};
       },
       {{"bom", 0}, {"crlf", 0}, {"latin1", 0}, {"huge", 0}}},
      {"list_file",
       "x.csv",
       "ip\n203.0.113.9\n",
       [](const TempDir& dir) {
         dir.Write("list.rules",
                   "list bad from \"x.csv\" column \"ip\" as ip\nrule r {\n  "
                   "where client in bad\n}\n");
         return Words{"replay", "--rules", dir.File("list.rules"),
                      dir.File("log")};
       },
       {{"bom", 0}, {"crlf", 0}}},
  };
  return *readers;
}

std::set<std::string> NamesIn(const TempDir& dir) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(dir.path())) {
    names.insert(entry.path().filename().string());
  }
  return names;
}

// Root may read everything: it becomes somebody else for such a file.
ProcessResult RunUnprivileged(std::vector<std::string> words) {
  if (geteuid() == 0) {
    words.insert(words.begin(), {"setpriv", "--reuid=65534", "--regid=65534",
                                 "--clear-groups", kBinary});
    return testing::RunProcess(words);
  }
  return Tocsin(words);
}

bool CanRunUnprivileged() {
  return RunUnprivileged({"version"}).exit_code == 0;
}

class BadInputTest
    : public ::testing::TestWithParam<std::tuple<std::size_t, std::size_t>> {
 protected:
  const Reader& reader() const { return Readers()[std::get<0>(GetParam())]; }
  const Input& input() const { return Inputs()[std::get<1>(GetParam())]; }
};

TEST_P(BadInputTest, IsToldShortlyAndLeftAsItIs) {
  const bool forbidden = input().name == "forbidden";
  if (forbidden && !CanRunUnprivileged()) {
    GTEST_SKIP() << "needs setpriv, or not to be root";
  }
  const TempDir dir;
  chmod(dir.path().c_str(), 0755);
  dir.Write("good.rules", kRule);
  dir.Write("log", Failure(1));
  const std::string path = dir.File(reader().file);
  input().make(path, reader().good);
  const std::vector<std::string> words = reader().words(dir);
  const std::set<std::string> names = NamesIn(dir);
  const bool readable = !forbidden && input().name != "directory" &&
                        input().name != "cycle" && input().name != "huge";
  const std::string before = readable ? dir.Read(reader().file) : "";

  const ProcessResult result =
      forbidden ? RunUnprivileged(words) : Tocsin(words);

  const auto code = reader().codes.find(input().name);
  const int expected = code == reader().codes.end() ? 2 : code->second;
  EXPECT_EQ(result.exit_code, expected) << result.out << result.err;
  if (expected == 2) {
    EXPECT_NE(result.err + result.out, "");
    EXPECT_LT((result.err + result.out).size(), kShort);
    EXPECT_EQ((result.err + result.out).find('\x1b'), std::string::npos);
    // Where nothing is wrong with it, only missing, it is not named.
    const bool named = input().name != "empty" && input().name != "bom" &&
                       input().name != "crlf";
    if (named) {
      EXPECT_THAT(result.err + result.out, HasSubstr(reader().file));
    }
  }
  EXPECT_EQ(NamesIn(dir), names);
  if (readable) {
    EXPECT_EQ(dir.Read(reader().file), before);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Commands, BadInputTest,
    ::testing::Combine(::testing::Range<std::size_t>(0, Readers().size()),
                       ::testing::Range<std::size_t>(0, Inputs().size())),
    [](const auto& pair) {
      return Readers()[std::get<0>(pair.param)].name + "_" +
             Inputs()[std::get<1>(pair.param)].name;
    });

TEST(BadInputFileTest, DeepNestingIsToldOnce) {
  const TempDir dir;
  const std::string path = dir.Write("x.rules", Deep(100'000));
  for (const auto& [words, code] :
       std::vector<std::pair<std::vector<std::string>, int>>{
           {{"check", path}, 1},
           {{"fix", path}, 1},
           {{"fmt", path}, 2},
           {{"explain", "r", "--rules", path}, 2}}) {
    const ProcessResult result = Tocsin(words);

    EXPECT_EQ(result.exit_code, code) << words[0] << result.err;
    EXPECT_LT(result.out.size() + result.err.size(), kShort);
  }
  const std::string config =
      dir.Write("x.yaml", "rules: " + std::string(50'000, '[') +
                              std::string(50'000, ']') + "\n");
  const ProcessResult yaml = Tocsin({"config", "check", config});
  EXPECT_EQ(yaml.exit_code, 1);
  EXPECT_THAT(yaml.err, HasSubstr("nested more than"));
}

// Written anew again and again while it is read: each run sees some state of
// it, and none leaves anything behind.
TEST(BadInputFileTest, AFileThatChangesWhileItIsRead) {
  const TempDir dir;
  std::string large = kRule;
  for (int i = 0; i < 2'000; ++i) {
    large += "let l" + std::to_string(i) + " = verb == \"get\"\n";
  }
  const std::string path = dir.Write("x.rules", large);
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (int i = 0; !done; ++i) dir.Write("x.rules", i % 2 ? kRule : large);
  });
  for (int round = 0; round < 10; ++round) {
    for (const char* command : {"check", "fix", "fmt"}) {
      const ProcessResult result = Tocsin({command, path});
      EXPECT_LE(result.exit_code, 2) << result.err;
    }
  }
  done = true;
  writer.join();
  EXPECT_EQ(NamesIn(dir), std::set<std::string>{"x.rules"});
}

TEST(BadInputFileTest, ALinkToItselfInAFolderOfRules) {
  const TempDir dir;
  dir.Write("good.rules", kRule);
  fs::create_symlink("loop.rules", dir.File("loop.rules"));

  const ProcessResult result = Tocsin({"check", dir.path()});

  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("loop.rules"));
  EXPECT_THAT(result.err, HasSubstr("symbolic links"));
}

}  // namespace
}  // namespace tocsin::e2e
