// The corpus of the rule parser's fuzzer, its golden inputs, and every prefix
// and every one-byte cut of them, without libFuzzer.
#include <filesystem>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/fuzz/parse_check.h"
#include "tests/testing/golden.h"
#include "tests/testing/paths.h"

namespace tocsin::fuzz {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> Inputs() {
  const fs::path tests = fs::path(TOCSIN_SOURCE_DIR) / "tests";
  std::vector<std::string> inputs;
  for (const fs::path& folder :
       {tests / "fuzz/corpus/parse", tests / "golden/parse",
        tests / "golden/diagnostics"}) {
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.path().extension() == ".txt") continue;
      inputs.push_back(testing::ReadFileOrDie(entry.path()));
    }
  }
  return inputs;
}

TEST(ParseReplayTest, EveryInputKeepsThePromises) {
  for (const std::string& input : Inputs()) CheckParse(input);
}

TEST(ParseReplayTest, EveryPrefixKeepsThePromises) {
  for (const std::string& input : Inputs()) {
    const std::size_t step = 1 + input.size() / 400;
    for (std::size_t end = 0; end < input.size(); end += step) {
      CheckParse(std::string_view(input).substr(0, end));
    }
  }
}

TEST(ParseReplayTest, EveryCutKeepsThePromises) {
  for (const std::string& input : Inputs()) {
    const std::size_t step = 1 + input.size() / 400;
    for (std::size_t at = 0; at < input.size(); at += step) {
      std::string cut = input;
      cut.erase(at, 1 + at % 7);
      CheckParse(cut);
    }
  }
}

}  // namespace
}  // namespace tocsin::fuzz
