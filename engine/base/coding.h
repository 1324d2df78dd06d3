// Little-endian numbers in byte strings: state on its way to a store, the
// values of a matched row. Taking more than there is gives false, never reads
// on.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace tocsin {

static_assert(std::endian::native == std::endian::little);

template <typename Number>
void PutNumber(Number number, std::string* out) {
  char bytes[sizeof(Number)];
  std::memcpy(bytes, &number, sizeof(Number));
  out->append(bytes, sizeof(Number));
}

template <typename Number>
bool TakeNumber(std::string_view* rest, Number* number) {
  if (rest->size() < sizeof(Number)) return false;
  std::memcpy(number, rest->data(), sizeof(Number));
  rest->remove_prefix(sizeof(Number));
  return true;
}

// Bytes behind their size (u32).
inline void PutBytes(std::string_view bytes, std::string* out) {
  PutNumber(static_cast<std::uint32_t>(bytes.size()), out);
  out->append(bytes);
}

inline bool TakeBytes(std::string_view* rest, std::string_view* bytes) {
  std::uint32_t size = 0;
  if (!TakeNumber(rest, &size) || rest->size() < size) return false;
  *bytes = rest->substr(0, size);
  rest->remove_prefix(size);
  return true;
}

// A number as a key: keys sort as their numbers do.
inline std::string BigEndian(std::uint64_t number) {
  std::string key(8, '\0');
  for (int i = 7; i >= 0; --i, number >>= 8) {
    key[i] = static_cast<char>(number & 0xFF);
  }
  return key;
}

inline bool ReadBigEndian(std::string_view key, std::uint64_t* number) {
  if (key.size() != 8) return false;
  *number = 0;
  for (const char byte : key) {
    *number = *number << 8 | static_cast<unsigned char>(byte);
  }
  return true;
}

}  // namespace tocsin
