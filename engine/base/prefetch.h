// Asks for memory that will be read soon, so that it comes while something else
// is worked on.
#pragma once

#include <cstddef>

namespace tocsin {

inline void Prefetch(const void* address) {
  __builtin_prefetch(address);
  // GCC drops calls of functions that do nothing but prefetch: they look as if
  // they had no effect. Costs no instruction.
  asm volatile("" : : "r"(address));
}

// `lines` of 64 bytes from `address` on.
inline void PrefetchLines(const void* address, std::size_t lines) {
  const auto* const line = static_cast<const char*>(address);
  for (std::size_t i = 0; i < lines; ++i) Prefetch(line + 64 * i);
}

}  // namespace tocsin
