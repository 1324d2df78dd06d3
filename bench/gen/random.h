// The generator's randomness: the same stream on every machine, unlike the
// distributions of the standard library.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace tocsin::bench {

// Several draws in one expression: a list is evaluated from left to right, the
// operands of `+` and the arguments of a call are not.
inline std::string Join(std::initializer_list<std::string> parts) {
  std::string text;
  for (const std::string& part : parts) text += part;
  return text;
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  // splitmix64.
  std::uint64_t Next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  std::uint32_t Below(std::uint32_t bound) {
    return static_cast<std::uint32_t>((Next() >> 32) * bound >> 32);
  }
  // Small numbers are much more likely than large ones.
  std::uint32_t Skewed(std::uint32_t bound) {
    const std::uint64_t a = Below(bound), b = Below(bound);
    return static_cast<std::uint32_t>(a * b / bound);
  }
  bool OneIn(std::uint32_t n) { return Below(n) == 0; }
  // `share` in thousandths.
  bool Chance(std::uint32_t share) { return Below(1000) < share; }

  void AppendHex(int digits, std::string* out) {
    std::uint64_t bits = Next();
    for (int i = 0; i < digits; ++i) {
      if (i == 16) bits = Next();
      out->push_back("0123456789abcdef"[bits & 15]);
      bits >>= 4;
    }
  }
  std::string Uuid() {
    std::string text;
    for (const int digits : {8, 4, 4, 4, 12}) {
      if (!text.empty()) text += '-';
      AppendHex(digits, &text);
    }
    return text;
  }

 private:
  std::uint64_t state_;
};

}  // namespace tocsin::bench
