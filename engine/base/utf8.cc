#include "engine/base/utf8.h"

#include <cstdint>
#include <cstdio>

namespace tocsin {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// The range that the second byte must lie in, by the first (Unicode, table
// 3-7).
struct SecondByte {
  int length;
  unsigned char low, high;
};

SecondByte AfterLead(unsigned char lead) {
  if (lead < 0x80) return {1, 0, 0};
  if (lead >= 0xC2 && lead <= 0xDF) return {2, 0x80, 0xBF};
  if (lead == 0xE0) return {3, 0xA0, 0xBF};
  if (lead == 0xED) return {3, 0x80, 0x9F};
  if (lead >= 0xE1 && lead <= 0xEF) return {3, 0x80, 0xBF};
  if (lead == 0xF0) return {4, 0x90, 0xBF};
  if (lead >= 0xF1 && lead <= 0xF3) return {4, 0x80, 0xBF};
  if (lead == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

}  // namespace

int Utf8Length(std::string_view bytes, int* bad) {
  const SecondByte rule = AfterLead(static_cast<unsigned char>(bytes[0]));
  *bad = 1;
  if (rule.length <= 1) return rule.length;
  for (int i = 1; i < rule.length; ++i) {
    if (static_cast<std::size_t>(i) >= bytes.size()) return 0;
    const auto byte = static_cast<unsigned char>(bytes[i]);
    const unsigned char low = i == 1 ? rule.low : 0x80;
    const unsigned char high = i == 1 ? rule.high : 0xBF;
    if (byte < low || byte > high) return 0;
    *bad = i + 1;
  }
  return rule.length;
}

std::string ValidUtf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    int bad = 0;
    const int good = Utf8Length(bytes, &bad);
    if (good > 0) {
      out.append(bytes.substr(0, good));
      bytes.remove_prefix(good);
    } else {
      out.append(kReplacement);
      bytes.remove_prefix(bad);
    }
  }
  return out;
}

void AppendJsonString(std::string_view text, std::string* out) {
  out->push_back('"');
  for (const char c : ValidUtf8(text)) {
    switch (c) {
      case '"':
        out->append("\\\"");
        break;
      case '\\':
        out->append("\\\\");
        break;
      case '\n':
        out->append("\\n");
        break;
      case '\r':
        out->append("\\r");
        break;
      case '\t':
        out->append("\\t");
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          char escape[8];
          std::snprintf(escape, sizeof(escape), "\\u%04x",
                        static_cast<unsigned>(c));
          out->append(escape);
        } else {
          out->push_back(c);
        }
    }
  }
  out->push_back('"');
}

}  // namespace tocsin
