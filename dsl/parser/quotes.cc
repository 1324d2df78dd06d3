#include "dsl/parser/quotes.h"

#include <array>

namespace tocsin::dsl::syntax {
namespace {

using std::string_view;

// No-break spaces, zero-width ones, the ideographic one, a byte order mark.
constexpr std::array kForeignBlanks = std::to_array<string_view>(
    {"\xc2\xa0", "\xe2\x80\xaf", "\xe2\x80\x8b", "\xe2\x80\x89", "\xe3\x80\x80",
     "\xef\xbb\xbf"});

}  // namespace

std::size_t TypographicQuote(string_view text) {
  return text.size() > 2 && text.starts_with("\xe2\x80") && text[2] >= '\x9c' &&
                 text[2] <= '\x9f'
             ? 3
             : 0;
}

std::size_t ForeignBlank(string_view text) {
  const bool ascii =
      text.empty() || (static_cast<unsigned char>(text[0]) & 0x80u) == 0;
  if (ascii) return 0;  // The common case.
  for (const string_view blank : kForeignBlanks) {
    if (text.starts_with(blank)) return blank.size();
  }
  return 0;
}

std::size_t TypographicText::Length(string_view text) {
  const std::size_t open = TypographicQuote(text);
  if (open == 0) return 0;
  const string_view line = text.substr(0, text.find('\n'));
  for (std::size_t at = open; at < line.size(); ++at) {
    if (line[at] == '"') return at + 1;
    const std::size_t close = TypographicQuote(line.substr(at));
    if (close > 0) return at + close;
  }
  const std::size_t end = line.find_last_not_of(" \t\r}");
  return end + 1;
}

}  // namespace tocsin::dsl::syntax
