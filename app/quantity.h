// Durations and sizes as people write them: 1h30m, 250ms, 100MiB.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tocsin {

// us ms s m h d w, largest first, each a whole number: "1h30m", "0s", "500ms".
// InvalidArgument says what was expected. Microseconds, at most 100 years.
absl::StatusOr<std::int64_t> ParseDuration(std::string_view text);

// B KiB MiB GiB TiB, or kB MB GB TB for powers of ten; a bare number is bytes.
absl::StatusOr<std::uint64_t> ParseSize(std::string_view text);

// The shortest exact form that ParseSize reads back (durations:
// engine/event/value.h).
std::string FormatSize(std::uint64_t bytes);

// For summaries: 1,234,567 and 201.3 MB and 1 h 03 min.
std::string FormatCount(std::uint64_t count);
std::string FormatBytes(std::uint64_t bytes);
std::string FormatElapsed(double seconds);

// 1 alert, 3,190 alerts.
std::string Plural(std::uint64_t count, std::string_view noun);

}  // namespace tocsin
