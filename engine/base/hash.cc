#include "engine/base/hash.h"

#include "absl/strings/str_format.h"
#define XXH_INLINE_ALL
#include "xxhash.h"

namespace tocsin {

std::uint64_t Hash64(std::string_view bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

Hash128 HashWide(std::string_view bytes, std::uint64_t seed) {
  const XXH128_hash_t hash =
      XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed);
  return {hash.high64, hash.low64};
}

std::string ToHex(const Hash128& hash) {
  return absl::StrFormat("%016x%016x", hash.high, hash.low);
}

}  // namespace tocsin
