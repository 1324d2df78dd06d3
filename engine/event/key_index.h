// A small table from the keys of one object to numbers, for the hot read: most
// keys of an event are read by no rule and miss at the first probe.
// Immutable after construction; safe from any thread.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tocsin {

class KeyIndex {
 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  KeyIndex() : KeyIndex(std::span<const std::pair<std::string, std::uint32_t>>()) {}
  explicit KeyIndex(std::span<const std::pair<std::string, std::uint32_t>> keys);

  // The number of a decoded key, or kNone.
  std::uint32_t Find(std::string_view key) const {
    std::uint32_t at = Hash(key.data(), key.size());
    while (true) {
      const Slot& slot = slots_[at];
      if (slot.value == kNone) return kNone;
      if (slot.size == key.size() &&
          Equal(text_.data() + slot.offset, key.data(), key.size())) {
        return slot.value;
      }
      at = (at + 1) & mask_;
    }
  }

 private:
  struct Slot {
    std::uint32_t value = kNone;
    std::uint32_t size = 0;
    std::uint32_t offset = 0;
  };

  // Length, first, middle and last byte tell the keys of one object apart; the
  // multiplier is chosen so that they do not collide, where one can be found.
  std::uint32_t Hash(const char* key, std::size_t size) const {
    if (size == 0) return 0;
    const auto byte = [key](std::size_t i) {
      return static_cast<std::uint32_t>(static_cast<unsigned char>(key[i]));
    };
    const std::uint32_t mix = static_cast<std::uint32_t>(size) ^ byte(0) << 8 ^
                              byte(size / 2) << 16 ^ byte(size - 1) << 24;
    return (mix * multiplier_) >> shift_;
  }

  template <typename Word>
  static bool EndsEqual(const char* a, const char* b, std::size_t size) {
    Word first[2], last[2];
    std::memcpy(&first[0], a, sizeof(Word));
    std::memcpy(&first[1], b, sizeof(Word));
    std::memcpy(&last[0], a + size - sizeof(Word), sizeof(Word));
    std::memcpy(&last[1], b + size - sizeof(Word), sizeof(Word));
    return ((first[0] ^ first[1]) | (last[0] ^ last[1])) == 0;
  }
  // memcmp() without the call, for the sizes that keys have.
  static bool Equal(const char* a, const char* b, std::size_t size) {
    if (size > 16) return std::memcmp(a, b, size) == 0;
    if (size >= 8) return EndsEqual<std::uint64_t>(a, b, size);
    if (size >= 4) return EndsEqual<std::uint32_t>(a, b, size);
    for (std::size_t i = 0; i < size; ++i) {
      if (a[i] != b[i]) return false;
    }
    return true;
  }

  std::vector<Slot> slots_;
  std::string text_;
  std::uint32_t mask_ = 0;
  std::uint32_t shift_ = 0;
  std::uint32_t multiplier_ = 1;
};

}  // namespace tocsin
