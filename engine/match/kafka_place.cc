#include "engine/match/kafka_place.h"

#include <algorithm>
#include <array>

#include "engine/base/limits.h"
#include "engine/event/json_scan.h"

namespace tocsin {
namespace {

constexpr std::array<std::string_view, 5> kShown = {
    "topic", "partition", "offset", "key", "key_base64"};

bool IsShown(const JsonMembers::Member& member) {
  return std::find(kShown.begin(), kShown.end(), member.key) != kShown.end() &&
         member.value.size() <= limits::kShownPlaceBytes &&
         !member.value.starts_with('{') && !member.value.starts_with('[');
}

}  // namespace

void AppendShownPlace(std::string_view kafka, std::string* out) {
  if (!kafka.starts_with('{')) return;
  const std::size_t begin = out->size();
  bool topic = false, partition = false;
  JsonMembers members(kafka);
  JsonMembers::Member member;
  while (members.Next(&member)) {
    if (!IsShown(member)) continue;
    topic |= member.key == "topic";
    partition |= member.key == "partition";
    *out += out->size() == begin ? '{' : ',';
    *out += '"';
    *out += member.key;
    *out += "\":";
    *out += member.value;
  }
  if (topic && partition) {
    *out += '}';
  } else {
    out->resize(begin);
  }
}

}  // namespace tocsin
