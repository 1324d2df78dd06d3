#include "engine/event/identity.h"

// xxHash within this file: its streaming state lives on the stack.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <string>

#include "engine/event/json_scan.h"
#include "engine/event/json_text.h"

namespace tocsin {

namespace {

// The decoded key; `scratch` holds it where it is escaped.
std::string_view DecodedKey(std::string_view key, std::string* scratch) {
  if (key.find('\\') == std::string_view::npos) return key;
  scratch->clear();
  AppendUnescaped(key, scratch);
  return *scratch;
}

Hash128 Digest(const XXH3_state_t& state) {
  const XXH128_hash_t hash = XXH3_128bits_digest(&state);
  return {hash.high64, hash.low64};
}

}  // namespace

Hash128 ContentHash(std::string_view object,
                    std::span<const std::string_view> without) {
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  // Kept between calls: one per matched event, and an escaped key is rare.
  thread_local std::string decoded;
  JsonMembers members(object);
  JsonMembers::Member member;
  while (members.Next(&member)) {
    const std::string_view key = DecodedKey(member.key, &decoded);
    if (std::find(without.begin(), without.end(), key) != without.end()) {
      continue;
    }
    XXH3_128bits_update(&state, member.text.data(), member.text.size());
    XXH3_128bits_update(&state, ",", 1);
  }
  return Digest(state);
}

Hash128 ContentHash(std::string_view object, std::uint32_t content) {
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  XXH3_128bits_update(&state, object.data() + content,
                      object.size() - content - 1);
  XXH3_128bits_update(&state, ",", 1);
  return Digest(state);
}

std::uint32_t ContentBegin(std::string_view object,
                           std::span<const std::string> left_out) {
  std::string decoded;
  JsonMembers members(object);
  JsonMembers::Member member;
  const char* end = object.data() + 1;  // Of what has been seen.
  std::uint32_t begin = 0;
  while (members.Next(&member)) {
    const bool first = end == object.data() + 1;
    if (member.text.data() != end + (first ? 0 : 1)) return 0;
    end = member.text.data() + member.text.size();
    const std::string_view key = DecodedKey(member.key, &decoded);
    const bool out =
        std::find(left_out.begin(), left_out.end(), key) != left_out.end();
    if (out && begin != 0) return 0;
    if (!out && begin == 0) {
      begin = static_cast<std::uint32_t>(member.text.data() - object.data());
    }
  }
  const bool whole = end + 1 == object.data() + object.size();
  return whole ? begin : 0;
}

}  // namespace tocsin
