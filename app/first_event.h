// The event that a command looks at: the first of a file, whether it stands on
// one line or is laid out for people.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tocsin {

// The first JSON object of `text`; empty when there is no whole one.
std::string_view FirstObject(std::string_view text);

// That of a file, or of standard input ("-"). Reads no further than it must.
absl::StatusOr<std::string> ReadFirstObject(const std::string& path);

}  // namespace tocsin
