// The canonical encoding of values (value.h): how it is written, and how it
// reads back as JSON and as text.
#include "engine/event/value.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#include "engine/base/check.h"

namespace tocsin {
namespace {

constexpr std::uint64_t kSignBit = 1ull << 63;

void AppendBigEndian64(std::uint64_t value, std::string* out) {
  char bytes[8];
  for (int i = 0; i < 8; ++i) {
    bytes[i] = static_cast<char>(value >> (56 - 8 * i));
  }
  out->append(bytes, sizeof bytes);
}

std::uint64_t TakeBigEndian(std::string_view bytes, std::size_t count) {
  TOCSIN_CHECK(bytes.size() >= count);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

void AppendTagged64(char tag, std::uint64_t value, std::string* out) {
  out->push_back(tag);
  AppendBigEndian64(value, out);
}

std::uint64_t Flip(std::int64_t value) {
  return static_cast<std::uint64_t>(value) ^ kSignBit;
}

void AppendIpBytes(const IpAddress& address, std::string* out) {
  out->append(reinterpret_cast<const char*>(address.bytes.data()),
              address.bytes.size());
}

bool IsMapped(const std::array<std::uint8_t, 16>& bytes) {
  static constexpr std::uint8_t kMapped[12] = {0, 0, 0, 0, 0,    0,
                                               0, 0, 0, 0, 0xff, 0xff};
  return std::memcmp(bytes.data(), kMapped, sizeof kMapped) == 0;
}

IpAddress TakeIp(std::string_view bytes) {
  IpAddress address;
  TOCSIN_CHECK(bytes.size() >= address.bytes.size());
  std::memcpy(address.bytes.data(), bytes.data(), address.bytes.size());
  address.v4 = IsMapped(address.bytes);
  return address;
}

// The shortest digits that read back as the same double; never an exponent
// without need, never "1" for 1.0 beyond int64 (JSON has one number type).
void AppendDouble(double value, std::string* out) {
  char digits[40];
  const auto end = std::to_chars(digits, digits + sizeof digits, value);
  out->append(digits, end.ptr);
}

struct Append {
  std::string* out;
  void operator()(Missing) const { AppendCanonicalMissing(out); }
  void operator()(bool value) const { AppendCanonicalBool(value, out); }
  void operator()(std::int64_t value) const { AppendCanonicalInt(value, out); }
  void operator()(std::uint64_t value) const {
    AppendCanonicalUint(value, out);
  }
  void operator()(double value) const { AppendCanonicalFloat(value, out); }
  void operator()(const std::string& text) const {
    AppendCanonicalText(text, out);
  }
  void operator()(Time time) const { AppendCanonicalTime(time.us, out); }
  void operator()(Duration span) const {
    AppendCanonicalDuration(span.us, out);
  }
  void operator()(const IpAddress& address) const {
    AppendCanonicalIp(address, out);
  }
  void operator()(const Cidr& network) const {
    out->push_back('c');
    out->push_back(static_cast<char>(network.prefix));
    AppendIpBytes(network.base, out);
  }
  void operator()(const ConstantList& list) const {
    out->push_back('l');
    const auto count = static_cast<std::uint32_t>(list.size());
    for (int shift = 24; shift >= 0; shift -= 8) {
      out->push_back(static_cast<char>(count >> shift));
    }
    for (const Constant& item : list) {
      const std::size_t at = out->size();
      out->append(4, '\0');
      AppendCanonical(item, out);
      const std::size_t size = out->size() - at - 4;
      for (int i = 0; i < 4; ++i) {
        (*out)[at + static_cast<std::size_t>(i)] =
            static_cast<char>(size >> (24 - 8 * i));
      }
    }
  }
};

std::string_view TakeItem(std::string_view* list) {
  const std::size_t size = TakeBigEndian(*list, 4);
  TOCSIN_CHECK(list->size() >= 4 + size);
  const std::string_view item = list->substr(4, size);
  list->remove_prefix(4 + size);
  return item;
}

// The text of every kind but strings, lists and JSON, the same in both forms.
// False for those three.
bool AppendScalar(char tag, std::string_view body, std::string* out) {
  switch (tag) {
    case 'b':
      out->append(body == "\1" ? "true" : "false");
      return true;
    case 'i':
      out->append(std::to_string(
          static_cast<std::int64_t>(TakeBigEndian(body, 8) ^ kSignBit)));
      return true;
    case 'u':
      out->append(std::to_string(TakeBigEndian(body, 8)));
      return true;
    case 'f':
      AppendDouble(std::bit_cast<double>(TakeBigEndian(body, 8)), out);
      return true;
    case 't':
      out->append(FormatTime(
          static_cast<std::int64_t>(TakeBigEndian(body, 8) ^ kSignBit)));
      return true;
    case 'd':
      out->append(FormatDuration(
          static_cast<std::int64_t>(TakeBigEndian(body, 8) ^ kSignBit)));
      return true;
    case 'a':
      out->append(FormatIp(TakeIp(body)));
      return true;
    case 'c': {
      TOCSIN_CHECK(!body.empty());
      Cidr network;
      network.prefix = static_cast<std::uint8_t>(body[0]);
      network.base = TakeIp(body.substr(1));
      out->append(FormatCidr(network));
      return true;
    }
    default:
      return false;
  }
}

}  // namespace

void AppendCanonical(const Constant& value, std::string* out) {
  std::visit(Append{out}, value.value);
}

void AppendCanonicalMissing(std::string* out) { out->push_back('-'); }

void AppendCanonicalBool(bool value, std::string* out) {
  out->push_back('b');
  out->push_back(value ? '\1' : '\0');
}

void AppendCanonicalInt(std::int64_t value, std::string* out) {
  AppendTagged64('i', Flip(value), out);
}

void AppendCanonicalUint(std::uint64_t value, std::string* out) {
  if (value <= static_cast<std::uint64_t>(INT64_MAX)) {
    AppendCanonicalInt(static_cast<std::int64_t>(value), out);
  } else {
    AppendTagged64('u', value, out);
  }
}

void AppendCanonicalFloat(double value, std::string* out) {
  if (!std::isfinite(value)) return AppendCanonicalMissing(out);
  constexpr double kTwo63 = 9223372036854775808.0;
  if (value >= -kTwo63 && value < kTwo63 && value == std::floor(value)) {
    AppendCanonicalInt(static_cast<std::int64_t>(value), out);
  } else if (value >= kTwo63 && value < 2 * kTwo63) {
    AppendCanonicalUint(static_cast<std::uint64_t>(value), out);
  } else {
    AppendTagged64('f', std::bit_cast<std::uint64_t>(value), out);
  }
}

void AppendCanonicalText(std::string_view text, std::string* out) {
  out->push_back('s');
  out->append(text);
}

void AppendCanonicalTime(std::int64_t us, std::string* out) {
  AppendTagged64('t', Flip(us), out);
}

void AppendCanonicalDuration(std::int64_t us, std::string* out) {
  AppendTagged64('d', Flip(us), out);
}

void AppendCanonicalIp(const IpAddress& address, std::string* out) {
  out->push_back('a');
  AppendIpBytes(address, out);
}

void AppendCanonicalJson(std::string_view json, std::string* out) {
  out->push_back('o');
  out->append(json);
}

void AppendSized(std::string_view encoding, std::string* out) {
  const auto size = static_cast<std::uint32_t>(encoding.size());
  for (int shift = 0; shift < 32; shift += 8) {
    out->push_back(static_cast<char>(size >> shift));
  }
  out->append(encoding);
}

bool TakeSized(std::string_view* rest, std::string_view* encoding) {
  if (rest->size() < 4) return false;
  std::size_t size = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    size |= static_cast<std::size_t>(static_cast<unsigned char>((*rest)[i]))
            << (8 * i);
  }
  if (rest->size() - 4 < size) return false;
  *encoding = rest->substr(4, size);
  rest->remove_prefix(4 + size);
  return true;
}

void AppendCanonicalAsJson(std::string_view encoding, std::string* json) {
  TOCSIN_CHECK(!encoding.empty());
  const char tag = encoding[0];
  std::string_view body = encoding.substr(1);
  switch (tag) {
    case '-':
      json->append("null");
      return;
    case 's':
      json->push_back('"');
      AppendJsonEscaped(body, json);
      json->push_back('"');
      return;
    case 'o':
      json->append(body);
      return;
    case 'l': {
      const std::uint64_t count = TakeBigEndian(body, 4);
      body.remove_prefix(4);
      json->push_back('[');
      for (std::uint64_t i = 0; i < count; ++i) {
        if (i > 0) json->push_back(',');
        AppendCanonicalAsJson(TakeItem(&body), json);
      }
      json->push_back(']');
      return;
    }
    default:
      break;
  }
  const bool quoted = tag == 't' || tag == 'd' || tag == 'a' || tag == 'c';
  if (quoted) json->push_back('"');
  TOCSIN_CHECK(AppendScalar(tag, body, json));
  if (quoted) json->push_back('"');
}

void AppendCanonicalAsText(std::string_view encoding, std::string* text) {
  TOCSIN_CHECK(!encoding.empty());
  const char tag = encoding[0];
  std::string_view body = encoding.substr(1);
  switch (tag) {
    case '-':
      text->push_back('-');
      return;
    case 's':
    case 'o':
      text->append(body);
      return;
    case 'l': {
      const std::uint64_t count = TakeBigEndian(body, 4);
      body.remove_prefix(4);
      for (std::uint64_t i = 0; i < count; ++i) {
        if (i > 0) text->append(", ");
        AppendCanonicalAsText(TakeItem(&body), text);
      }
      return;
    }
    default:
      TOCSIN_CHECK(AppendScalar(tag, body, text));
  }
}

}  // namespace tocsin
