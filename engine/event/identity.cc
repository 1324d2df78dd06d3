#include "engine/event/identity.h"

#include <algorithm>
#include <string>

#include "engine/event/json_scan.h"
#include "engine/event/json_text.h"

namespace tocsin {

Hash128 ContentHash(std::string_view object,
                    std::span<const std::string_view> without) {
  std::string kept;
  kept.reserve(object.size());
  std::string decoded;
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
    kept += member.text;
    kept += ',';
  }
  return HashWide(kept);
}

}  // namespace tocsin
