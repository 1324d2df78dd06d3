// Any bytes are read, with diagnostics that point into them.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/parse_check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  tocsin::fuzz::CheckParse({reinterpret_cast<const char*>(data), size});
  return 0;
}
