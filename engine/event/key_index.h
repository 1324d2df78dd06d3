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
  // keys of one object apart better than beginnings.
  static std::uint64_t Word(const char* key, std::size_t size) {
    if (size >= 8) return Load<std::uint64_t>(key + size - 8);
    if (size >= 4) {
      return Load<std::uint32_t>(key) |
             std::uint64_t{Load<std::uint32_t>(key + size - 4)} << 32;
    }
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < size; ++i) {
      word = word << 8 | static_cast<unsigned char>(key[i]);
    }
    return word;
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
