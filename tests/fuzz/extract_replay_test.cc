// Every input of the fuzzer's corpus, in the ordinary test run.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "gtest/gtest.h"
#include "tests/testing/paths.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size);

namespace tocsin {
namespace {

TEST(ExtractFuzzerTest, AgreesOnItsCorpus) {
  std::size_t inputs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(
           TOCSIN_SOURCE_DIR "/tests/fuzz/corpus/extract")) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string input((std::istreambuf_iterator<char>(file)), {});
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()),
                           input.size());
    ++inputs;
  }
  EXPECT_GT(inputs, 20u);
}

}  // namespace
}  // namespace tocsin
