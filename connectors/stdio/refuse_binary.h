// What cannot be lines of JSON is told before it is read as such.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace tocsin {

// InvalidArgument when `head`, the first bytes of `name`, is binary or UTF-16.
absl::Status RefuseBinary(std::string_view head, const std::string& name);

}  // namespace tocsin
