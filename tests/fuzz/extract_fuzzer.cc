// Differential fuzzing of the hot read against RapidJSON. The first byte
// chooses what is read (2 bits) and whether the last line was cut (1 bit); the
// rest is a chunk of lines. extract_replay_test.cc runs the corpus without a
// fuzzer.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "engine/event/json_tape.h"
#include "tests/testing/extract_compare.h"

namespace tocsin {
namespace {

const Projection& Choose(unsigned choice) {
  static const auto* const projections = new std::vector<Projection>{
      testing::AuditProjection(),
      Projection({{{"verb"}, kWantScalar | kWantSymbol}}, {"items"}),
      Projection({{{"a"}, kWantSlice},
                  {{"a", "a"}, kWantElements},
                  {{"a", "a", "a"}, kWantScalar},
                  {{"b"}, kWantScalar}},
                 {"a", "c"}),
      Projection({}, {"items"})};
  return (*projections)[choice % projections->size()];
}

}  // namespace
}  // namespace tocsin

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1,
                               size - 1);
  const std::string difference = tocsin::testing::CompareExtractors(
      tocsin::Choose(data[0] & 3), input, (data[0] & 4) != 0);
  if (!difference.empty()) {
    std::fprintf(stderr, "%s\n", difference.c_str());
    std::abort();
  }
  tocsin::JsonTape tape;
  tape.Parse(input);
  return 0;
}
