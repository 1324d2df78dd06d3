// A small table from the keys of one object to numbers, for the hot read: most
// keys of an event are read by no rule and miss at the first probe.
// Immutable after construction; safe from any thread.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

static_assert(std::endian::native == std::endian::little);

namespace tocsin {

class KeyIndex {
 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  KeyIndex()
      : KeyIndex(std::span<const std::pair<std::string, std::uint32_t>>()) {}
  explicit KeyIndex(
      std::span<const std::pair<std::string, std::uint32_t>> keys);

  // The number of a decoded key, or kNone.
  std::uint32_t Find(std::string_view key) const {
    char padded[8] = {};
    if (key.size() < sizeof padded) {
      std::memcpy(padded, key.data(), key.size());
      return FindPadded({padded, key.size()});
    }
    return FindPadded(key);
  }
  // The same where eight bytes can be read from the key's beginning, however
  // short it is.
  std::uint32_t FindPadded(std::string_view key) const {
    const std::uint64_t word = Word(key.data(), key.size());
    std::uint32_t at = Place(word, key.size());
    while (true) {
      const Slot& slot = slots_[at];
      if (slot.value == kNone) return kNone;
      if (slot.word == word && slot.size == key.size() &&
          (key.size() <= 8 ||
           BeginsEqual(text_.data() + slot.offset, key.data(), key.size()))) {
        return slot.value;
      }
      at = (at + 1) & mask_;
    }
  }

 private:
  struct Slot {
    std::uint64_t word = 0;
    std::uint32_t value = kNone;
    std::uint32_t size = 0;
    std::uint32_t offset = 0;
  };

  template <typename Integer>
  static Integer Load(const char* from) {
    Integer value;
    std::memcpy(&value, from, sizeof value);
    return value;
  }
  // The last eight bytes of a key, or all of a shorter one: endings tell the
  // keys of one object apart better than beginnings. Without a branch.
  static std::uint64_t Word(const char* key, std::size_t size) {
    static constexpr std::uint64_t kMasks[9] = {0,
                                                0xFF,
                                                0xFFFF,
                                                0xFFFFFF,
                                                0xFFFFFFFF,
                                                0xFFFFFFFFFF,
                                                0xFFFFFFFFFFFF,
                                                0xFFFFFFFFFFFFFF,
                                                0xFFFFFFFFFFFFFFFF};
    const std::size_t ending = size > 8 ? size - 8 : 0;
    return Load<std::uint64_t>(key + ending) & kMasks[size - ending];
  }
  std::uint32_t Place(std::uint64_t word, std::size_t size) const {
    return static_cast<std::uint32_t>(((word ^ size) * multiplier_) >> shift_);
  }
  // All but the last eight bytes, of a key longer than that.
  static bool BeginsEqual(const char* a, const char* b, std::size_t size) {
    if (size <= 16) {
      return Load<std::uint64_t>(a) == Load<std::uint64_t>(b);
    }
    return std::memcmp(a, b, size - 8) == 0;
  }

  std::vector<Slot> slots_;
  std::string text_;
  std::uint32_t mask_ = 0;
  std::uint32_t shift_ = 0;
  std::uint64_t multiplier_ = 1;  // Chosen so that the keys do not collide,
                                  // where one can be found.
};

}  // namespace tocsin
