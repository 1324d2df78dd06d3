// Tells rule text from other bytes.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace tocsin::dsl::syntax {

// The first byte that is NUL or belongs to no UTF-8 character (overlong forms
// and surrogates are none); nothing when all is text.
std::optional<std::size_t> FirstNonText(std::string_view bytes);

}  // namespace tocsin::dsl::syntax
