#include "engine/match/row_value.h"

#include <algorithm>
#include <cstring>

namespace tocsin {
namespace {
constexpr std::size_t kBlockBytes = 16u << 10;
}  // namespace

std::string_view Scratch::Copy(std::string_view text) {
  char* bytes = Bytes(text.size());
  std::memcpy(bytes, text.data(), text.size());
  return {bytes, text.size()};
}

char* Scratch::Take(std::size_t size, std::size_t align) {
  for (; block_ < blocks_.size(); ++block_, used_ = 0) {
    const std::size_t at = (used_ + align - 1) / align * align;
    if (at + size <= blocks_[block_].size) {
      used_ = at + size;
      return blocks_[block_].bytes.get() + at;
    }
  }
  AddBlock(std::max({size, kBlockBytes, held_}));
  block_ = blocks_.size() - 1;
  used_ = size;
  return blocks_[block_].bytes.get();
}

void Scratch::AddBlock(std::size_t size) {
  blocks_.push_back({std::make_unique_for_overwrite<char[]>(size), size});
  held_ += size;
}

// As much again in one piece, so that rows like the last fit without a search.
void Scratch::Merge() {
  const std::size_t bytes = held_;
  blocks_.clear();
  held_ = 0;
  if (bytes <= kKeptBytes) AddBlock(bytes);
}

}  // namespace tocsin
