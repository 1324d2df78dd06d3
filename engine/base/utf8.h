// Text from outside made safe to show: invalid UTF-8 reads as U+FFFD.
#pragma once

#include <string>
#include <string_view>

namespace tocsin {

// `bytes` with every maximal ill-formed piece (also surrogates, overlong forms
// and what lies past U+10FFFF) replaced by U+FFFD, as Unicode recommends.
std::string ValidUtf8(std::string_view bytes);

// How many bytes at the start of `bytes` are one well-formed character; 0 when
// none is there. `*bad` is then the length of the ill-formed piece (at least
// 1).
int Utf8Length(std::string_view bytes, int* bad);

// Appends `text` as a JSON string with its quotes; invalid UTF-8 is repaired.
void AppendJsonString(std::string_view text, std::string* out);

}  // namespace tocsin
