// Characters that a word processor or a web page puts in the place of plain
// ones: typographic quotes and blanks that are none.
#pragma once

#include <cstddef>
#include <string_view>

#include "dsl/parser/vocabulary.h"

namespace tocsin::dsl::syntax {

// The length of the typographic quote (U+201C to U+201F) that `text` starts
// with, or 0.
std::size_t TypographicQuote(std::string_view text);

// The length of the foreign blank that `text` starts with, or 0.
std::size_t ForeignBlank(std::string_view text);

// A text in typographic quotes, up to the closing one or a plain one; without
// either, the first quote and what follows it on its line.
struct TypographicText : Terminal<TypographicText> {
  template <typename Context, typename Rule, typename Attribute>
  bool parse(Iterator& first, const Iterator& last, const Context&, Rule&,
             Attribute&) const {
    const std::size_t length =
        Length(std::string_view(first, static_cast<std::size_t>(last - first)));
    first += length;
    return length > 0;
  }
  static std::size_t Length(std::string_view text);
};

}  // namespace tocsin::dsl::syntax
