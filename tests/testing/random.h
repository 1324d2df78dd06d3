// Seeded choices for generated tests: the same everywhere for one seed.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

namespace tocsin::testing {

// SplitMix64. Not for cryptography; one owner, not thread-safe.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t Next() {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  // 0 .. n - 1; n > 0.
  std::uint64_t Below(std::uint64_t n) { return Next() % n; }
  // low .. high, both in.
  std::int64_t Between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(
                     Below(static_cast<std::uint64_t>(high - low) + 1));
  }
  bool Chance(int percent) {
    return Below(100) < static_cast<unsigned>(percent);
  }
  template <typename T>
  const T& Pick(const std::vector<T>& from) {
    return from[Below(from.size())];
  }

 private:
  std::uint64_t state_;
};

// TOCSIN_SEED, else `fallback`.
inline std::uint64_t SeedOr(std::uint64_t fallback) {
  const char* named = std::getenv("TOCSIN_SEED");
  return named != nullptr ? std::strtoull(named, nullptr, 10) : fallback;
}

// TOCSIN_ROUNDS, else `fallback`: how many cases a property test tries.
inline int RoundsOr(int fallback) {
  const char* named = std::getenv("TOCSIN_ROUNDS");
  return named != nullptr ? std::atoi(named) : fallback;
}

}  // namespace tocsin::testing
