// The keys of one rule in one shard: an open table of 16-byte slots, small
// enough that growing it never stops the world. A key is known by the keyed
// hash of (rule, key) alone: two keys of a rule that agree in all its bits
// would be counted as one (1 in 10^7 at a million keys, and nobody can aim at
// it). The order of slots never reaches an output. Confined to its shard.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/base/prefetch.h"

namespace tocsin {

class KeyTable {
 public:
  struct Slot {
    std::uint64_t key : 62 = 0;  // 0: free.
    std::uint64_t mark : 2 = 0;  // A SaveMark.
    std::uint64_t word = 0;      // The window's.
  };

  // Key hashes have 62 bits and are never 0 in here.
  static std::uint64_t Hash(std::uint64_t key_hash) {
    key_hash &= (std::uint64_t{1} << 62) - 1;
    return key_hash == 0 ? 1 : key_hash;
  }

  // A key that will be asked for soon.
  void Prefetch(std::uint64_t key) const {
    if (!slots_.empty()) tocsin::Prefetch(slots_.data() + Home(key));
  }
  Slot* Find(std::uint64_t key);
  // `key` is not there and the table not Full().
  Slot* Insert(std::uint64_t key);
  void Erase(Slot* slot);
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return slots_.size(); }
  // No more fits: Rebuild() first. A slot always stays free, so probes end.
  bool Full() const { return size_ + 1 >= slots_.size() - slots_.size() / 8; }
  // A quarter as large again, so that slots seldom stand empty.
  std::size_t NextCapacity() const {
    return slots_.empty() ? 4 : slots_.size() + (slots_.size() + 3) / 4;
  }

  template <typename Visit>
  void ForEach(const Visit& visit) {
    for (Slot& slot : slots_) {
      if (slot.key != 0) visit(slot);
    }
  }
  // Keeps what `keep` says, at a new capacity.
  template <typename Keep>
  void Rebuild(std::size_t capacity, const Keep& keep) {
    std::vector<Slot> old(capacity);
    old.swap(slots_);
    size_ = 0;
    for (Slot& slot : old) {
      if (slot.key == 0 || !keep(slot)) continue;
      Slot* const kept = Insert(slot.key);
      kept->word = slot.word;
      kept->mark = slot.mark;
    }
  }

 private:
  std::size_t Home(std::uint64_t key) const {
    return static_cast<std::size_t>((key & 0xFFFFFFFF) * slots_.size() >> 32);
  }
  std::size_t After(std::size_t i) const {
    return i + 1 == slots_.size() ? 0 : i + 1;
  }

  std::vector<Slot> slots_;
  std::size_t size_ = 0;
};

}  // namespace tocsin
