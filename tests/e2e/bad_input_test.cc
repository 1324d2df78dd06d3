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

using Words = std::vector<std::string>;

constexpr char kRule[] =
    "rule r {\n  where     responseStatus.code == 401\n}\n";
constexpr char kAlert[] =
    R"({"id":"5e60d0ab130585dcdc8ba7bfb30ad755","kind":"alert","rule":"r",)"
    R"("severity":"medium","title":"","summary":"","tags":[],"runbook":"",)"
    R"("time":"2026-03-02T10:00:01.000000Z","first":)"
    R"("2026-03-02T10:00:01.000000Z","last":"2026-03-02T10:00:01.000000Z",)"
    R"("count":1,"folded":0,"total":1,"key":{},"collected":{},"show":{},)"
    R"("events":[{"position":0,"time":"2026-03-02T10:00:01.000000Z",)"
    R"("identity":{"auditID":"a"}}]})"
    "\n";
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
      {"deep",
       [](const auto& path, const auto&) {
         std::string text;
         for (int i = 0; i < 100'000; ++i) text += "{\"a\":";
         Write(path, text + "1" + std::string(100'000, '}') + "\n");
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
  bool writes = false;
};

std::string Deep(int levels) {
  return "rule r {\n  where " + std::string(levels, '(') + "ok" +
         std::string(levels, ')') + "\n}\n";
}

// What the commands below name beside the file that is bad.
void WriteReaders(const TempDir& dir) {
  dir.Write("list.rules",
            "list bad from \"x.csv\" column \"ip\" as ip\nrule r {\n  where "
            "client in bad\n}\n");
  dir.Write("table.rules",
            "table bad from \"x.csv\" key ip { ip ip }\nrule r {\n  where "
            "client in bad\n}\n");
  dir.Write("send.rules", std::string(kRule) +
                              "test \"t\" for r {\n  send file \"x.jsonl\"\n"
                              "  expect alert {rule: \"r\"}\n}\n");
  dir.Write("reload.rules", std::string(kRule) +
                                "test \"t\" for r {\n  reload \"x.txt\"\n"
                                "  expect nothing\n}\n");
  dir.Write("alert.json", kAlert);
}

std::vector<Reader> FurtherReaders() {
  const auto words = [](std::vector<std::string> before, const char* file,
                        std::vector<std::string> after = {}) {
    return [=](const TempDir& dir) {
      Words all = before;
      all.push_back(dir.File(file));
      for (const std::string& word : after) {
        // What has an ending stands in the folder as well.
        const bool name = word.find('.') != std::string::npos || word == "log";
        all.push_back(name ? dir.File(word) : word);
      }
      return all;
    };
  };
  const std::string config =
      "rules: [good.rules]\nsources:\n  - name: log\n    file: {path: "
      "log}\nsinks:\n  - name: out\n    stdout: {}\n";
  const std::string csv = "ip\n203.0.113.9\n";
  const std::map<std::string, int> rules = {{"bom", 0}, {"crlf", 0}};
  const std::map<std::string, int> event = {
      {"bom", 0}, {"crlf", 0}, {"latin1", 0}, {"huge", 0}};
  const std::map<std::string, int> data = {
      {"empty", 1}, {"bom", 0}, {"crlf", 0}, {"deep", 1}};
  std::map<std::string, int> any_log = event;
  for (const char* name : {"empty", "binary", "deep"}) any_log[name] = 0;
  return {
      {"fix_dry_run",
       "x.rules",
       kRule,
       words({"fix", "--dry-run"}, "x.rules"),
       {{"empty", 0}, {"bom", 0}, {"crlf", 0}, {"deep", 1}}},
      {"fmt_write",
       "x.rules",
       kRule,
       words({"fmt"}, "x.rules"),
       {{"empty", 0}, {"bom", 0}, {"crlf", 0}},
       true},
      {"profile", "x.rules", kRule,
       words({"profile", "--rules"}, "x.rules", {"log"}), rules},
      {"profile_log", "x.log", Failure(1),
       words({"profile", "--rules"}, "good.rules", {"x.log"}), event},
      {"run_rules", "x.rules", kRule,
       words({"run", "--source", "-", "--listen", "none", "--rules"},
             "x.rules"),
       rules},
      {"config_print",
       "x.yaml",
       config,
       words({"config", "print"}, "x.yaml"),
       {{"empty", 1}, {"bom", 0}, {"crlf", 0}, {"deep", 1}}},
      {"explain_alert", "x.json", kAlert,
       words({"explain", "--alert"}, "x.json", {"--rules", "good.rules"}),
       event},
      {"explain_alert_events", "x.log", Failure(1),
       words({"explain", "--events"}, "x.log",
             {"--alert", "alert.json", "--rules", "good.rules"}),
       any_log},
      {"check_list", "x.csv", csv, words({"check"}, "list.rules"), data},
      {"check_table", "x.csv", csv, words({"check"}, "table.rules"), data},
      {"test_send",
       "x.jsonl",
       Failure(1),
       words({"test"}, "send.rules"),
       {{"empty", 1},
        {"binary", 1},
        {"latin1", 1},
        {"deep", 1},
        {"bom", 0},
        {"crlf", 0}}},
      {"test_reload",
       "x.txt",
       kRule,
       words({"test"}, "reload.rules"),
       {{"empty", 0},
        {"binary", 1},
        {"huge", 1},
        {"latin1", 1},
        {"deep", 1},
        {"bom", 0},
        {"crlf", 0}}},
  };
}

const std::vector<Reader>& Readers() {
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
       {{"empty", 0}, {"bom", 0}, {"crlf", 0}, {"deep", 1}}},
      {"fix",
       "x.rules",
       kRule,
       [](const TempDir& dir) {
         return Words{"fix", dir.File("x.rules")};
       },
       {{"empty", 0}, {"bom", 0}, {"crlf", 0}, {"deep", 1}}},
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
       {{"empty", 1}, {"bom", 0}, {"crlf", 0}, {"deep", 1}}},
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
       {{"bom", 0}, {"crlf", 0}, {"latin1", 0}, {"huge", 0}, {"deep", 0}}},
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
         return Words{"replay", "--rules", dir.File("list.rules"),
                      dir.File("log")};
       },
       {{"bom", 0}, {"crlf", 0}}},
  };
  static const std::vector<Reader>* const all = [] {
    auto* const both = new std::vector<Reader>(*readers);
    const std::vector<Reader> more = FurtherReaders();
    both->insert(both->end(), more.begin(), more.end());
    return both;
  }();
  return *all;
}

std::set<std::string> NamesIn(const TempDir& dir) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(dir.path())) {
    names.insert(entry.path().filename().string());
  }
  return names;
}

class BadInputTest
    : public ::testing::TestWithParam<std::tuple<std::size_t, std::size_t>> {
 protected:
  const Reader& reader() const { return Readers()[std::get<0>(GetParam())]; }
  const Input& input() const { return Inputs()[std::get<1>(GetParam())]; }
};

TEST_P(BadInputTest, IsToldShortlyAndLeftAsItIs) {
  const bool forbidden = input().name == "forbidden";
  const TempDir dir;
  chmod(dir.path().c_str(), 0755);
  dir.Write("good.rules", kRule);
  dir.Write("log", Failure(1));
  WriteReaders(dir);
  const std::string path = dir.File(reader().file);
  input().make(path, reader().good);
  const std::vector<std::string> words = reader().words(dir);
  const std::set<std::string> names = NamesIn(dir);
  ProcessOptions options;
  options.unprivileged = forbidden;
  const bool readable = !forbidden && input().name != "directory" &&
                        input().name != "cycle" && input().name != "huge";
  const std::string before = readable ? dir.Read(reader().file) : "";

  const ProcessResult result = Tocsin(words, options);

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
  if (readable && !(reader().writes && expected == 0)) {
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

TEST(BadInputFileTest, WhatIsNoTextIsRefusedOnStandardInput) {
  const TempDir dir;
  const std::string rules = dir.Write("x.rules", kRule);
  const std::string binary(
      "\x7f"
      "ELF\x02\x01\0\0\xff\xfe\n",
      11);
  for (const Words& words :
       {Words{"replay", "--rules", rules, "-"},
        Words{"explain", "r", "-", "--rules", rules}, Words{"fmt", "-"}}) {
    ProcessOptions options;
    options.input = binary;
    const ProcessResult result = Tocsin(words, options);

    EXPECT_EQ(result.exit_code, 2) << words[0];
    EXPECT_THAT(result.err, HasSubstr("stdin")) << words[0];
    EXPECT_EQ(result.out, "");
  }
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
