// What the parts of a rule's state in a shard count in bytes, beside what a
// number of entries gives (docs/decisions/0022-state-budget.md).
#pragma once

#include <cstdint>

#include "engine/shard/budget.h"
#include "engine/window/block_pool.h"

namespace tocsin {

struct StateBytes {
  std::uint64_t limit = kNoBudget;  // Of all.
  std::uint64_t told = 0;           // Of all, so far.
  std::uint64_t blocks = 0;         // Of keys.
  std::uint64_t seen_blocks = 0;    // Of what a joined `new` has seen.
  std::uint64_t names = 0, incidents = 0, collected = 0;

  // A key's word, which names its block.
  void WordChanged(std::uint64_t before, std::uint64_t after) {
    Change(before, after, &blocks);
  }
  void SeenChanged(std::uint64_t before, std::uint64_t after) {
    Change(before, after, &seen_blocks);
  }

 private:
  static void Change(std::uint64_t before, std::uint64_t after,
                     std::uint64_t* bytes) {
    if (before == after) return;
    *bytes -= BlockPool::WordBytes(before);
    *bytes += BlockPool::WordBytes(after);
  }
};

}  // namespace tocsin
