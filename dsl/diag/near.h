// Which known word a mistyped one may have been: for did-you-mean.
#pragma once

#include <string_view>
#include <vector>

namespace tocsin::dsl {

// Whether one letter more, less or other, or two swapped, make `a` to `b`.
bool OneEditApart(std::string_view a, std::string_view b);

// The nearest candidate, or empty. Two edits make anything of a word of four
// letters, so up to there one is the most.
std::string_view NearWord(std::string_view word,
                          const std::vector<std::string_view>& candidates);

}  // namespace tocsin::dsl
