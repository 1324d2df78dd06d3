// Typed values that outlive an event: constants of rules, key parts, distinct
// and collected values, shown fields; and their one canonical encoding.
//
// The encoding decides equality of keys and distinct values, is hashed into
// shards and alert ids, and is stable across machines and versions:
//   '-' missing
//   'b' 0|1
//   'i' int64, big endian, sign flipped
//   'u' uint64 beyond int64, big endian
//   'f' double bits, big endian (never the value of an int64 or uint64)
//   's' text
//   't' time, as 'i'
//   'd' duration, as 'i'
//   'a' address, 16 bytes (IPv4 as ::ffff:0:0/96)
//   'c' prefix length, then as 'a'
//   'l' count u32 BE, then that many of [u32 BE size, encoding]
//   'o' JSON text as it stands
// A float that equals an int64 or uint64 is encoded as that, so 1 and 1.0 are
// one key; one that is not finite is missing.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/base/hash.h"

namespace tocsin {

// An IPv4 address is kept as its IPv4-mapped IPv6 form; `v4` says how to print.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};
  bool v4 = false;
  friend bool operator==(const IpAddress& a, const IpAddress& b) {
    return a.bytes == b.bytes;  // ::ffff:1.2.3.4 is 1.2.3.4.
  }
  friend auto operator<=>(const IpAddress& a, const IpAddress& b) {
    return a.bytes <=> b.bytes;
  }
};

struct Cidr {
  IpAddress base;           // Host bits are zero.
  std::uint8_t prefix = 0;  // Of the 128 bits.
  bool Contains(const IpAddress& address) const;
  friend bool operator==(const Cidr&, const Cidr&) = default;
};

struct Time {
  std::int64_t us = 0;  // Since 1970-01-01T00:00:00Z.
  friend auto operator<=>(const Time&, const Time&) = default;
};
struct Duration {
  std::int64_t us = 0;
  friend auto operator<=>(const Duration&, const Duration&) = default;
};

struct Constant;
struct Missing {
  friend bool operator==(Missing, Missing) = default;
};
using ConstantList = std::vector<Constant>;

struct Constant {
  std::variant<Missing, bool, std::int64_t, std::uint64_t, double, std::string,
               Time, Duration, IpAddress, Cidr, ConstantList>
      value;
  friend bool operator==(const Constant&, const Constant&) = default;
};

void AppendCanonical(const Constant& value, std::string* out);
void AppendCanonicalMissing(std::string* out);
void AppendCanonicalBool(bool value, std::string* out);
void AppendCanonicalInt(std::int64_t value, std::string* out);
void AppendCanonicalUint(std::uint64_t value, std::string* out);
void AppendCanonicalFloat(double value, std::string* out);
void AppendCanonicalText(std::string_view text, std::string* out);
void AppendCanonicalTime(std::int64_t us, std::string* out);
void AppendCanonicalDuration(std::int64_t us, std::string* out);
void AppendCanonicalIp(const IpAddress& address, std::string* out);
void AppendCanonicalJson(std::string_view json, std::string* out);

// Sequences of encodings, each behind its size (u32, little endian): key parts,
// tuples, lists of collected values. With the size in front no value can
// imitate two.
void AppendSized(std::string_view encoding, std::string* out);
// Takes one sized encoding off the front of *rest; false at the end.
bool TakeSized(std::string_view* rest, std::string_view* encoding);

// One canonical encoding as JSON (numbers bare, times RFC 3339, the rest as
// strings; missing is null), and as plain text for alert templates (missing is
// "-").
void AppendCanonicalAsJson(std::string_view encoding, std::string* json);
void AppendCanonicalAsText(std::string_view encoding, std::string* text);

// ---- text forms ----
bool ParseIp(std::string_view text, IpAddress* out);  // No zone, no prefix.
// A bare address is /32 or /128.
bool ParseCidr(std::string_view text, Cidr* out);
std::string FormatIp(const IpAddress& address);  // RFC 5952.
std::string FormatCidr(const Cidr& network);
// RFC 3339 with T or t or a blank, any fraction (cut to microseconds), Z or an
// offset.
bool ParseRfc3339(std::string_view text, std::int64_t* us);
std::string FormatTime(std::int64_t us);      // 2026-11-22T14:04:11.882869Z
std::string FormatDuration(std::int64_t us);  // 1h30m, 250ms
// JSON string escaping without the quotes; the input is valid UTF-8.
void AppendJsonEscaped(std::string_view text, std::string* json);

}  // namespace tocsin
