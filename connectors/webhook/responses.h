// The answers of the receiver. Only the 429 says when to try again: an
// apiserver multiplies its attempts wherever it reads Retry-After.
#pragma once

#include <string>

namespace tocsin::webhook {

// `code` is one of CodeCounts::kCodes.
std::string ResponseText(int code, bool close);

}  // namespace tocsin::webhook
