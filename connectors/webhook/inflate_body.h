// A body that came as gzip.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "connectors/journal/body.h"

namespace tocsin::webhook {

// DataLoss: no gzip, or broken or cut. ResourceExhausted: more than `most`
// bytes; no more than twice as many are held meanwhile.
absl::StatusOr<Body> InflateBody(std::string_view gzip, std::uint64_t most);

}  // namespace tocsin::webhook
