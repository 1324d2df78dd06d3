// The hashes of the product: XXH3, 64 and 128 bits, seeded. Stable across
// machines and versions: alert ids and shard numbers rest on them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace tocsin {

struct Hash128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend bool operator==(const Hash128&, const Hash128&) = default;
  friend auto operator<=>(const Hash128&, const Hash128&) = default;
  template <typename H>
  friend H AbslHashValue(H state, const Hash128& hash) {
    return H::combine(std::move(state), hash.low);
  }
};

std::uint64_t Hash64(std::string_view bytes, std::uint64_t seed = 0);
Hash128 HashWide(std::string_view bytes, std::uint64_t seed = 0);

// 32 lower-case hex digits, high half first.
std::string ToHex(const Hash128& hash);

}  // namespace tocsin
