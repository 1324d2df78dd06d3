#include "engine/event/type.h"

#include <string_view>

namespace tocsin {
namespace {

bool IsName(std::string_view key) {
  if (key.empty() || (key[0] >= '0' && key[0] <= '9')) return false;
  for (const char c : key) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && !(c >= '0' && c <= '9') && c != '_') return false;
  }
  return true;
}

}  // namespace

std::string FormatPath(const FieldPath& path) {
  std::string text;
  for (const PathSegment& segment : path) {
    switch (segment.kind) {
      case PathSegment::Kind::kIndex:
        text += "[" + std::to_string(segment.index) + "]";
        break;
      case PathSegment::Kind::kEach:
        text += "[*]";
        break;
      case PathSegment::Kind::kKey:
        // The first key must be a name; a rule cannot begin with a subscript.
        if (IsName(segment.key) || text.empty()) {
          if (!text.empty()) text += '.';
          text += segment.key;
        } else {
          text += "[\"";
          AppendJsonEscaped(segment.key, &text);
          text += "\"]";
        }
        break;
    }
  }
  return text;
}

}  // namespace tocsin
