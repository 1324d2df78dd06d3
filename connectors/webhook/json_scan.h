// Where one JSON value ends, by the grammar alone: nothing is decoded, depth is
// not limited, UTF-8 is not looked at, and control characters inside strings
// are let through (the engine repairs or refuses them).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tocsin::webhook {

inline constexpr std::size_t kNoEnd = std::string_view::npos;

// Behind blanks (space, tab, line ends) from `at` on.
std::size_t SkipBlanks(std::string_view text, std::size_t at);

// Confined; holds the memory of its stack between calls.
class JsonScan {
 public:
  // Behind the value that begins at `at`; kNoEnd when none is whole there.
  std::size_t ValueEnd(std::string_view text, std::size_t at);
  // How far the last ValueEnd() looked.
  std::size_t reached() const { return reached_; }
  // Behind the string that begins at `at`, which holds a quote.
  static std::size_t StringEnd(std::string_view text, std::size_t at);

 private:
  std::size_t Walk(std::string_view text, std::size_t at);

  std::string open_;  // A bracket for each level.
  std::size_t reached_ = 0;
};

}  // namespace tocsin::webhook
