#include "engine/shard/key_table.h"

#include "engine/base/check.h"

namespace tocsin {

KeyTable::Slot* KeyTable::Find(std::uint64_t key) {
  if (slots_.empty()) return nullptr;
  for (std::size_t i = Home(key); slots_[i].key != 0; i = After(i)) {
    if (slots_[i].key == key) return &slots_[i];
  }
  return nullptr;
}

KeyTable::Slot* KeyTable::Insert(std::uint64_t key) {
  TOCSIN_CHECK(key == Hash(key));
  TOCSIN_CHECK(size_ < slots_.size());
  std::size_t i = Home(key);
  while (slots_[i].key != 0) i = After(i);
  slots_[i] = {key, 0, 0};
  ++size_;
  return &slots_[i];
}

// Moves up what probed past the hole.
void KeyTable::Erase(Slot* slot) {
  const std::size_t n = slots_.size();
  std::size_t hole = slot - slots_.data();
  // How far on `to` is, around the end.
  const auto steps = [n](std::size_t from, std::size_t to) {
    return to >= from ? to - from : to + n - from;
  };
  for (std::size_t i = After(hole); slots_[i].key != 0; i = After(i)) {
    if (steps(Home(slots_[i].key), i) >= steps(hole, i)) {
      slots_[hole] = slots_[i];
      hole = i;
    }
  }
  slots_[hole] = Slot();
  --size_;
}

}  // namespace tocsin
