// Adds what a layer was doing to a status: `reading x.rules: permission
// denied`.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace tocsin {

// The same code, the message prefixed with "`doing`: ". OK stays OK.
absl::Status Annotate(const absl::Status& status, std::string_view doing);

// The status of a failed system call: errno's meaning and text.
absl::Status ErrnoStatus(int error_number, std::string_view doing);

// Storage that we depend on failed in a way after which nothing about it is
// known (a failed fsync): acknowledge nothing more, end, exit 75.
absl::Status StorageFailure(std::string_view what);
bool IsStorageFailure(const absl::Status& status);

// The message as a std::string_view (Debian's absl::string_view is another
// type).
std::string_view Message(const absl::Status& status);

}  // namespace tocsin
