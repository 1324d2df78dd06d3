// The inputs that a fuzzer of the tree keeps.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/testing/paths.h"

namespace tocsin::testing {

// Visits each of the corpus; how many there are.
template <typename Visit>
std::size_t ForEachInput(const std::string& corpus, const Visit& visit) {
  std::size_t inputs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(
           TOCSIN_SOURCE_DIR "/tests/fuzz/corpus/" + corpus)) {
    std::ifstream file(entry.path(), std::ios::binary);
    visit(std::string((std::istreambuf_iterator<char>(file)), {}));
    ++inputs;
  }
  return inputs;
}

}  // namespace tocsin::testing
