#include "engine/window/block_pool.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "engine/base/check.h"

namespace tocsin {
namespace {

constexpr std::size_t kSlabBytes = 1'024;

}  // namespace

// Classes in steps of 8 bytes up to 64, then four to a doubling: at most a
// fifth of a block is air.
std::size_t BlockPool::ClassBytes(std::size_t index) {
  if (index < 8) return 8 * (index + 1);
  const std::size_t octave = (index - 8) / 4, step = (index - 8) % 4;
  return (std::size_t{64} << octave) / 4 * (5 + step);
}

std::size_t BlockPool::ClassOf(std::size_t bytes) {
  if (bytes <= 64) return (std::max<std::size_t>(bytes, 1) - 1) / 8;
  const std::size_t octave = std::bit_width(bytes - 1) - 7;
  const std::size_t quarter = (std::size_t{64} << octave) / 4;
  return 8 + octave * 4 + (bytes + quarter - 1) / quarter - 5;
}

std::size_t BlockPool::RoundUp(std::size_t bytes) {
  return ClassBytes(ClassOf(bytes));
}

BlockPool::Handle BlockPool::Allocate(std::size_t bytes) {
  const std::size_t index = ClassOf(bytes);
  if (index >= classes_.size()) classes_.resize(index + 1);
  Class& c = classes_[index];
  if (c.free != 0) {
    const Handle handle = c.free;
    std::memcpy(&c.free, At(handle), sizeof c.free);
    return handle;
  }
  const std::size_t block = ClassBytes(index);
  if (c.next == c.end) {
    const std::size_t slab =
        std::max<std::size_t>(1, kSlabBytes / block) * block;
    const std::size_t lines = (slab + sizeof(Line) - 1) / sizeof(Line);
    slabs_.push_back(std::make_unique_for_overwrite<Line[]>(lines));
    bytes_ += lines * sizeof(Line);
    c.next = slabs_.back()[0].bytes;
    c.end = c.next + slab;
  }
  const auto address = reinterpret_cast<std::uintptr_t>(c.next);
  TOCSIN_CHECK(address <= kAddress);
  c.next += block;
  return static_cast<Handle>(index) << kClassShift | address;
}

void BlockPool::Free(Handle handle) {
  Class& c = classes_[handle >> kClassShift];
  std::memcpy(At(handle), &c.free, sizeof c.free);
  c.free = handle;
}

}  // namespace tocsin
