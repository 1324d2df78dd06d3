// The corpus of the webhook's fuzzer, and every prefix of it.
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

TEST(WebhookFuzzerTest, KeepsItsPromisesOnItsCorpus) {
  std::size_t inputs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(
           TOCSIN_SOURCE_DIR "/tests/fuzz/corpus/webhook")) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string input((std::istreambuf_iterator<char>(file)), {});
    for (std::size_t size = 0; size <= input.size(); ++size) {
      LLVMFuzzerTestOneInput(
          reinterpret_cast<const std::uint8_t*>(input.data()), size);
    }
    ++inputs;
  }
  EXPECT_GE(inputs, 10u);
}

}  // namespace
}  // namespace tocsin
