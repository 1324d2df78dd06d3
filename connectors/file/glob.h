// Paths that a pattern of a shell names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tocsin {

// Whether `pattern` holds one of * ? [.
bool IsGlob(std::string_view pattern);

// Existing paths, sorted by name; empty when there are none.
std::vector<std::string> ExpandGlob(const std::string& pattern);

}  // namespace tocsin
