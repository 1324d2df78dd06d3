// Patterns that say no more than a plain test does.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::dsl {

struct PlainPattern {
  std::string_view op;             // "==", "startswith", "endswith", "contains"
  std::vector<std::string> texts;  // Any of them.
  bool nocase = false;
};

// The test that holds of exactly the texts that the pattern is found in; none
// when there is no such test, or when it cannot be told cheaply.
std::optional<PlainPattern> PlainOf(std::string_view pattern);

}  // namespace tocsin::dsl
