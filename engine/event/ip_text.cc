// Addresses and networks as text: RFC 4291 in, RFC 5952 out.
#include <algorithm>
#include <cstdio>

#include "engine/event/value.h"

namespace tocsin {
namespace {

constexpr std::size_t kV4Offset =
    12;  // Where the IPv4 part of 16 bytes begins.

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

int HexValue(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Four decimal parts without leading zeros: 010.1.1.1 means different things
// to different readers, so it is no address.
bool ParseV4(std::string_view text, std::uint8_t* out) {
  for (int part = 0; part < 4; ++part) {
    if (part > 0) {
      if (text.empty() || text[0] != '.') return false;
      text.remove_prefix(1);
    }
    std::size_t digits = 0;
    int value = 0;
    while (digits < text.size() && digits < 3 && IsDigit(text[digits])) {
      value = value * 10 + (text[digits] - '0');
      ++digits;
    }
    if (digits == 0 || value > 255) return false;
    if (digits > 1 && text[0] == '0') return false;
    out[part] = static_cast<std::uint8_t>(value);
    text.remove_prefix(digits);
  }
  return text.empty();
}

bool ParseV6(std::string_view text, std::array<std::uint8_t, 16>* out) {
  std::array<std::uint8_t, 16> bytes{};
  std::size_t filled = 0;
  std::size_t gap = 17;  // Where `::` stood; 17: nowhere.
  if (text.size() >= 2 && text[0] == ':' && text[1] == ':') {
    gap = 0;
    text.remove_prefix(2);
  } else if (!text.empty() && text[0] == ':') {
    return false;
  }
  while (!text.empty()) {
    if (filled == 16) return false;
    std::size_t digits = 0;
    int value = 0;
    while (digits < text.size() && HexValue(text[digits]) >= 0) {
      value = value * 16 + HexValue(text[digits]);
      if (++digits > 4) return false;
    }
    if (digits < text.size() && text[digits] == '.') {
      if (filled > 12 || !ParseV4(text, &bytes[filled])) return false;
      filled += 4;
      text = {};
      break;
    }
    if (digits == 0) return false;
    bytes[filled++] = static_cast<std::uint8_t>(value >> 8);
    bytes[filled++] = static_cast<std::uint8_t>(value);
    text.remove_prefix(digits);
    if (text.empty()) break;
    if (text[0] != ':') return false;
    text.remove_prefix(1);
    if (text.empty()) return false;  // A lone colon at the end.
    if (text[0] == ':') {
      if (gap != 17) return false;
      gap = filled;
      text.remove_prefix(1);
    }
  }
  if (gap == 17) {
    if (filled != 16) return false;
  } else {
    if (filled > 14) return false;
    const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(gap);
    std::rotate(at, bytes.begin() + static_cast<std::ptrdiff_t>(filled),
                bytes.end());
  }
  *out = bytes;
  return true;
}

std::string FormatV4(const std::uint8_t* bytes) {
  char text[16];
  const int size = std::snprintf(text, sizeof text, "%d.%d.%d.%d", bytes[0],
                                 bytes[1], bytes[2], bytes[3]);
  return {text, static_cast<std::size_t>(size)};
}

bool IsMapped(const IpAddress& address) {
  for (std::size_t i = 0; i < 10; ++i) {
    if (address.bytes[i] != 0) return false;
  }
  return address.bytes[10] == 0xff && address.bytes[11] == 0xff;
}

// Keeps the first `prefix` bits.
void Mask(int prefix, std::array<std::uint8_t, 16>* bytes) {
  for (int i = 0; i < 16; ++i) {
    const int bits = std::clamp(prefix - 8 * i, 0, 8);
    (*bytes)[static_cast<std::size_t>(i)] &=
        static_cast<std::uint8_t>(0xff00 >> bits);
  }
}

}  // namespace

bool Cidr::Contains(const IpAddress& address) const {
  std::array<std::uint8_t, 16> bytes = address.bytes;
  Mask(prefix, &bytes);
  return bytes == base.bytes;
}

bool ParseIp(std::string_view text, IpAddress* out) {
  IpAddress address;
  if (text.find(':') == std::string_view::npos) {
    if (!ParseV4(text, &address.bytes[kV4Offset])) return false;
    address.bytes[10] = address.bytes[11] = 0xff;
    address.v4 = true;
  } else {
    if (!ParseV6(text, &address.bytes)) return false;
    address.v4 = IsMapped(address);
  }
  *out = address;
  return true;
}

bool ParseCidr(std::string_view text, Cidr* out) {
  const std::size_t slash = text.find('/');
  Cidr network;
  if (!ParseIp(text.substr(0, slash), &network.base)) return false;
  network.prefix = 128;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    if (digits.empty() || digits.size() > 3) return false;
    if (digits.size() > 1 && digits[0] == '0') return false;
    int value = 0;
    for (const char c : digits) {
      if (!IsDigit(c)) return false;
      value = value * 10 + (c - '0');
    }
    const bool dotted = text.find(':') == std::string_view::npos;
    if (value > (dotted ? 32 : 128)) return false;
    network.prefix = static_cast<std::uint8_t>(dotted ? value + 96 : value);
  }
  Mask(network.prefix, &network.base.bytes);
  network.base.v4 = network.prefix >= 96 && IsMapped(network.base);
  *out = network;
  return true;
}

std::string FormatIp(const IpAddress& address) {
  if (address.v4) return FormatV4(&address.bytes[kV4Offset]);
  if (IsMapped(address)) {
    return "::ffff:" + FormatV4(&address.bytes[kV4Offset]);
  }
  int groups[8];
  for (std::size_t i = 0; i < 8; ++i) {
    groups[i] = address.bytes[2 * i] << 8 | address.bytes[2 * i + 1];
  }
  int best = -1, best_size = 1;  // One zero group alone is not shortened.
  for (int i = 0; i < 8; ++i) {
    int size = 0;
    while (i + size < 8 && groups[i + size] == 0) ++size;
    if (size > best_size) {
      best = i;
      best_size = size;
    }
    if (size > 0) i += size - 1;
  }
  std::string text;
  for (int i = 0; i < 8; ++i) {
    if (i == best) {
      text += "::";
      i += best_size - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    char group[8];
    std::snprintf(group, sizeof group, "%x", groups[i]);
    text += group;
  }
  return text;
}

std::string FormatCidr(const Cidr& network) {
  const bool v4 = network.prefix >= 96 && IsMapped(network.base);
  IpAddress base = network.base;
  base.v4 = v4;
  return FormatIp(base) + "/" +
         std::to_string(v4 ? network.prefix - 96 : network.prefix);
}

}  // namespace tocsin
