#include "connectors/stdio/refuse_binary.h"

#include <cstddef>

#include "absl/strings/str_format.h"

namespace tocsin {
namespace {

constexpr std::size_t kLookedAt = 4096;

}  // namespace

// Lines of JSON hold no zero byte. A log can (a crash leaves holes), but then
// an object stands somewhere near the start all the same.
absl::Status RefuseBinary(std::string_view head, const std::string& name) {
  head = head.substr(0, kLookedAt);
  if (head.starts_with("\xff\xfe") || head.starts_with("\xfe\xff")) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "%s is UTF-16 text; convert it to UTF-8 first (iconv -f UTF-16 -t "
        "UTF-8)",
        name));
  }
  if (head.find('\0') == std::string_view::npos) return absl::OkStatus();
  if (head.find("{\"") != std::string_view::npos) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("%s is binary, not lines of JSON", name));
}

}  // namespace tocsin
