// The difference of two texts as `diff -u` shows it.
#pragma once

#include <string>
#include <string_view>

namespace tocsin::dsl {

// Empty when they are equal. Three lines around each change; `patch` reads it.
std::string UnifiedDiff(std::string_view path, std::string_view before,
                        std::string_view after);

}  // namespace tocsin::dsl
