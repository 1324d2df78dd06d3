// Asks for memory that will be read soon, so that it comes while something else
// is worked on.
#pragma once

namespace tocsin {

inline void Prefetch(const void* address) {
  __builtin_prefetch(address);
  // GCC drops calls of functions that do nothing but prefetch: they look as if
  // they had no effect. Costs no instruction.
  asm volatile("" : : "r"(address));
}

}  // namespace tocsin
