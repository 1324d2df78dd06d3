// A whole file as its tokens, with the comments hung on the tokens that they
// belong to: those above a token on lines of their own, one beside it.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "dsl/cst/cst.h"

namespace tocsin::dsl::layout {

struct OwnLine {
  std::string_view text;
  bool blank = false;  // An empty line stands above.
};

struct Token {
  std::uint32_t begin = 0;
  std::string_view text;
  int gap = 1;         // Blanks before it on its line.
  bool fresh = false;  // Began a line in the source.
  bool blank = false;  // An empty line stands above, below its comments.
  bool json = false;   // Part of a JSON value.
  bool call = false;   // A name, and the parenthesis of its call is next.
  std::vector<OwnLine> above;
  std::string_view beside;
};

// In the order of the text; the last is empty and carries the comments at the
// end of the file. Views into `text`, which `file` is the whole tree of.
std::vector<Token> Tokenize(std::string_view text, const cst::File& file);

}  // namespace tocsin::dsl::layout
