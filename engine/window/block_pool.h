// Memory for the windows of keys: blocks in size classes, carved from slabs, so
// that a million small windows cost no allocator headers and freed blocks are
// used again. Confined to its shard.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace tocsin {

class BlockPool {
 public:
  // Of a block; 0 is none. Fits in 63 bits.
  using Handle = std::uint64_t;

  // A block of at least `bytes`, aligned to 8; its content is undefined.
  Handle Allocate(std::size_t bytes);
  void Free(Handle handle);
  char* At(Handle handle) {
    Class& c = classes_[handle >> 32];
    const std::size_t index = static_cast<std::uint32_t>(handle) - 1;
    return c.slabs[index / c.per_slab].get() +
           index % c.per_slab * c.block_bytes;
  }
  // How many bytes Allocate(bytes) really gives: depends on nothing else.
  static std::size_t RoundUp(std::size_t bytes);
  // Of slabs, used or free.
  std::size_t bytes() const { return bytes_; }

 private:
  struct Class {
    std::size_t block_bytes = 0;
    std::size_t per_slab = 1;
    std::vector<std::unique_ptr<char[]>> slabs;
    std::vector<std::uint32_t> free;  // Indexes + 1.
    std::uint32_t used = 0;           // Blocks ever carved.
  };
  static std::size_t ClassOf(std::size_t bytes);
  static std::size_t ClassBytes(std::size_t index);

  std::vector<Class> classes_;
  std::size_t bytes_ = 0;
};

}  // namespace tocsin
