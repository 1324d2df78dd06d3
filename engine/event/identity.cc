#include "engine/event/identity.h"

// xxHash within this file: its streaming state lives on the stack.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <string>

#include "engine/event/json_scan.h"
#include "engine/event/json_text.h"

namespace tocsin {

Hash128 ContentHash(std::string_view object,
                    std::span<const std::string_view> without) {
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  // Kept between calls: one per matched event, and an escaped key is rare.
  thread_local std::string decoded;
  JsonMembers members(object);
  JsonMembers::Member member;
  while (members.Next(&member)) {
    std::string_view key = member.key;
    if (key.find('\\') != std::string_view::npos) {
      decoded.clear();
      AppendUnescaped(key, &decoded);
      key = decoded;
    }
    if (std::find(without.begin(), without.end(), key) != without.end()) {
      continue;
    }
    XXH3_128bits_update(&state, member.text.data(), member.text.size());
    XXH3_128bits_update(&state, ",", 1);
  }
  const XXH128_hash_t hash = XXH3_128bits_digest(&state);
  return {hash.high64, hash.low64};
}

}  // namespace tocsin
