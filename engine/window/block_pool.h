// Memory for the windows of keys: blocks in size classes, carved from slabs, so
// that a million small windows cost no allocator headers and freed blocks are
// used again. A handle names the memory itself: a key's block is one step away
// from its slot. Confined to its shard.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/base/prefetch.h"

namespace tocsin {

class BlockPool {
 public:
  // Of a block: its address, and its class above that; 0 is none. Fits in 63
  // bits.
  using Handle = std::uint64_t;

  BlockPool() = default;
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  // A block of at least `bytes`, aligned to 8; its content is undefined.
  Handle Allocate(std::size_t bytes);
  void Free(Handle handle);
  static char* At(Handle handle) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): what a handle is.
    return reinterpret_cast<char*>(
        static_cast<std::uintptr_t>(handle & kAddress));
  }
  // A key's word that will be asked for soon: 0, a value with its lowest bit
  // set, or a block's handle moved up by one bit.
  static void PrefetchWord(std::uint64_t word) {
    if (word == 0 || (word & 1) != 0) return;
    // A block of 64 bytes is a line, a larger one of up to 128 two.
    const std::size_t index = word >> (kClassShift + 1);
    PrefetchLines(At(word >> 1), index == 7 ? 1 : index < 12 ? 2 : 4);
  }
  // How many bytes Allocate(bytes) really gives: depends on nothing else.
  static std::size_t RoundUp(std::size_t bytes);
  // The block that a key's word (see PrefetchWord) names; 0 for no block.
  static std::size_t WordBytes(std::uint64_t word) {
    return word == 0 || (word & 1) != 0 ? 0
                                        : ClassBytes(word >> (kClassShift + 1));
  }
  // Of slabs, used or free.
  std::size_t bytes() const { return bytes_; }

 private:
  static constexpr int kClassShift = 48;  // User addresses end below.
  static constexpr Handle kAddress = (Handle{1} << kClassShift) - 1;

  struct alignas(64) Line {
    char bytes[64];
  };
  struct Class {
    std::uint64_t free = 0;  // A handle; the next one stands in it.
    char* next = nullptr;    // Of the latest slab: not carved yet.
    char* end = nullptr;
  };
  static std::size_t ClassOf(std::size_t bytes);
  static std::size_t ClassBytes(std::size_t index);

  std::vector<Class> classes_;
  std::vector<std::unique_ptr<Line[]>> slabs_;
  std::size_t bytes_ = 0;
};

}  // namespace tocsin
