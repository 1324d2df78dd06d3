// In a file of its own, so that the compiler never sees a `new` and this
// `delete` side by side and takes them for a mismatch.
#include "tests/testing/count_allocations.h"

#include <malloc.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::uint64_t> allocations{0}, live_bytes{0};

void* Allocate(std::size_t size, std::size_t alignment) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
  void* memory = alignment <= alignof(std::max_align_t)
                     ? std::malloc(size == 0 ? 1 : size)
                     : std::aligned_alloc(alignment, rounded);
  if (memory == nullptr) std::abort();
  live_bytes.fetch_add(malloc_usable_size(memory), std::memory_order_relaxed);
  return memory;
}

void Free(void* memory) {
  if (memory == nullptr) return;
  live_bytes.fetch_sub(malloc_usable_size(memory), std::memory_order_relaxed);
  std::free(memory);
}

}  // namespace

namespace tocsin::testing {
std::uint64_t Allocations() { return allocations.load(); }
std::uint64_t LiveBytes() { return live_bytes.load(); }
}  // namespace tocsin::testing

// The forms for arrays too: a sanitizer has its own, which go past these.
#define TOCSIN_COUNTED(FORM)                                                  \
  void* operator new FORM(std::size_t size) {                                 \
    return Allocate(size, alignof(std::max_align_t));                         \
  }                                                                           \
  void* operator new FORM(std::size_t size, std::align_val_t alignment) {     \
    return Allocate(size, static_cast<std::size_t>(alignment));               \
  }                                                                           \
  void* operator new FORM(std::size_t size, const std::nothrow_t&) noexcept { \
    return Allocate(size, alignof(std::max_align_t));                         \
  }                                                                           \
  void operator delete FORM(void* memory) noexcept { Free(memory); }          \
  void operator delete FORM(void* memory, std::size_t) noexcept {             \
    Free(memory);                                                             \
  }                                                                           \
  void operator delete FORM(void* memory, std::align_val_t) noexcept {        \
    Free(memory);                                                             \
  }                                                                           \
  void operator delete FORM(void* memory, std::size_t,                        \
                            std::align_val_t) noexcept {                      \
    Free(memory);                                                             \
  }
TOCSIN_COUNTED()
TOCSIN_COUNTED([])
#undef TOCSIN_COUNTED
