#include "engine/window/block_pool.h"

#include <algorithm>
#include <bit>

namespace tocsin {
namespace {

constexpr std::size_t kSlabBytes = 1'024;

}  // namespace

// Classes in steps of 16 bytes up to 128, then four to a doubling: at most a
// fifth of a block is air.
std::size_t BlockPool::ClassBytes(std::size_t index) {
  if (index < 8) return 16 * (index + 1);
  const std::size_t octave = (index - 8) / 4, step = (index - 8) % 4;
  return (std::size_t{128} << octave) / 4 * (5 + step);
}

std::size_t BlockPool::ClassOf(std::size_t bytes) {
  if (bytes <= 128) return (std::max<std::size_t>(bytes, 1) - 1) / 16;
  const std::size_t octave = std::bit_width(bytes - 1) - 8;
  const std::size_t quarter = (std::size_t{128} << octave) / 4;
  return 8 + octave * 4 + (bytes + quarter - 1) / quarter - 5;
}

std::size_t BlockPool::RoundUp(std::size_t bytes) {
  return ClassBytes(ClassOf(bytes));
}

BlockPool::Handle BlockPool::Allocate(std::size_t bytes) {
  const std::size_t index = ClassOf(bytes);
  if (index >= classes_.size()) classes_.resize(index + 1);
  Class& c = classes_[index];
  if (c.block_bytes == 0) {
    c.block_bytes = ClassBytes(index);
    c.per_slab = std::max<std::size_t>(1, kSlabBytes / c.block_bytes);
  }
  std::uint32_t block = 0;
  if (!c.free.empty()) {
    block = c.free.back();
    c.free.pop_back();
  } else {
    if (c.used == c.slabs.size() * c.per_slab) {
      const std::size_t slab = c.per_slab * c.block_bytes;
      c.slabs.push_back(std::make_unique<char[]>(slab));
      bytes_ += slab;
    }
    block = ++c.used;
  }
  return static_cast<Handle>(index) << 32 | block;
}

void BlockPool::Free(Handle handle) {
  classes_[handle >> 32].free.push_back(static_cast<std::uint32_t>(handle));
}

}  // namespace tocsin
