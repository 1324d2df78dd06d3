// The answers of the receiver.
#pragma once

#include <string>

namespace tocsin::webhook {

// `code` is one of CodeCounts::kCodes. `come_again`: it says when. An apiserver
// multiplies its attempts wherever it reads that, so it is for a full journal.
std::string ResponseText(int code, bool close, bool come_again = false);

}  // namespace tocsin::webhook
