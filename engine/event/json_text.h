// The text half of the event contract (docs/decisions/0006-event-contract.md):
// UTF-8, escapes, numbers. Both extractors, the tape and the symbol tables
// read text through these, so a value has one decoded form everywhere.
// Pure functions; safe from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/event/extract.h"

namespace tocsin {

// Well-formed UTF-8: no overlong form, no surrogate, nothing past U+10FFFF.
bool IsUtf8(std::string_view text);

// Appends `text`, each maximal ill-formed part replaced by one U+FFFD (as the
// Unicode standard, Go and WHATWG do). The places of the replacements in *out
// are added to *repairs, when given.
void AppendRepaired(std::string_view text, std::vector<char>* out,
                    std::vector<std::uint32_t>* repairs);

// Whether every backslash in the raw inside of a JSON string begins an escape
// of the grammar. Surrogates need not pair: a lone one reads as U+FFFD.
bool EscapesAreValid(std::string_view raw);

// Decodes the raw inside of a JSON string (valid UTF-8) behind *out. A lone
// surrogate becomes U+FFFD. What is no escape of the grammar stays as it is.
void AppendUnescaped(std::string_view raw, std::string* out);
void AppendUnescaped(std::string_view raw, std::vector<char>* out);

// A number by the grammar of JSON.
struct JsonNumber {
  CellKind kind = CellKind::kMissing;  // kInt, kUint or kFloat.
  union {
    std::int64_t i = 0;
    std::uint64_t u;
    double f;
  };
};
enum class NumberFate : std::uint8_t {
  kRead,
  kLost,  // Beyond every double: missing, but the event stays.
  kMalformed,
};
NumberFate ReadNumber(std::string_view text, JsonNumber* number);

// The replacement character, which stands for what was not text.
inline constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

}  // namespace tocsin
