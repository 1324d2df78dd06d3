// Every input of the fuzzer's corpus, in the ordinary test run.
#include <cstdint>
#include <string>

#include "gtest/gtest.h"
#include "tests/fuzz/corpus.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size);

namespace tocsin {
namespace {

TEST(ExtractFuzzerTest, AgreesOnItsCorpus) {
  const std::size_t inputs =
      testing::ForEachInput("extract", [](const std::string& input) {
        LLVMFuzzerTestOneInput(
            reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
      });
  EXPECT_GT(inputs, 20u);
}

}  // namespace
}  // namespace tocsin
