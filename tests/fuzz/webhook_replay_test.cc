// The corpus of the webhook's fuzzer, and every prefix of it.
#include <cstdint>
#include <string>

#include "gtest/gtest.h"
#include "tests/fuzz/corpus.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size);

namespace tocsin {
namespace {

TEST(WebhookFuzzerTest, KeepsItsPromisesOnItsCorpus) {
  const std::size_t inputs =
      testing::ForEachInput("webhook", [](const std::string& input) {
        for (std::size_t size = 0; size <= input.size(); ++size) {
          LLVMFuzzerTestOneInput(
              reinterpret_cast<const std::uint8_t*>(input.data()), size);
        }
      });
  EXPECT_GE(inputs, 10u);
}

}  // namespace
}  // namespace tocsin
