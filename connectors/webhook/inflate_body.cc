#include "connectors/webhook/inflate_body.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "connectors/stdio/inflate.h"
#include "engine/base/status_macros.h"

namespace tocsin::webhook {
namespace {

constexpr std::uint64_t kFirstBytes = 64u << 10;

}  // namespace

absl::StatusOr<Body> InflateBody(std::string_view gzip, std::uint64_t most) {
  if (!gzip.starts_with("\x1f\x8b")) {
    return absl::DataLossError("not gzip");
  }
  const std::unique_ptr<Inflater> inflater = InflaterFor(gzip);
  Body body = Body::OfSize(std::min(most, kFirstBytes));
  std::size_t made = 0;
  char over[1];  // Whether there is one byte more than may be.
  for (;;) {
    const bool full = made == most;
    TOCSIN_ASSIGN_OR_RETURN(
        const Inflater::Progress step,
        inflater->Step(gzip, full ? over : body.bytes.get() + made,
                       full ? sizeof(over) : body.size - made));
    gzip.remove_prefix(step.used);
    if (full && step.made > 0) {
      return absl::ResourceExhaustedError("inflated, the body is too large");
    }
    made += step.made;
    if (gzip.empty() && inflater->complete()) break;
    if (step.used == 0 && step.made == 0) {
      return absl::DataLossError("the gzip ends early");
    }
    if (made == body.size && made < most) {
      Body larger = Body::OfSize(std::min(most, 2 * std::uint64_t{body.size}));
      std::memcpy(larger.bytes.get(), body.bytes.get(), made);
      body = std::move(larger);
    }
  }
  body.size = made;
  return body;
}

}  // namespace tocsin::webhook
