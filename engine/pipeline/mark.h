// What a mark in the sequence goes through until its checkpoint is valid.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tocsin {

struct Mark {
  bool under_way = false;  // From its reading until its checkpoint is valid.
  bool holds = false;      // What is told behind it.
  std::uint64_t cut = 0;   // The first entry behind it.
  std::int64_t begun_us = 0;
  std::int64_t took_us = 0;  // The one before, from its reading on.
  // Those that do not wait for their time.
  bool first = false, first_whole = false, last = false;
};

// Shards are saved in slices, by turns with what they have to apply.
struct SaveState {
  bool under_way = false;
  bool runs = false;          // A slice of it, now.
  bool turn = false;          // It is its turn, before the next cut.
  std::int64_t stall_us = 0;  // The longest slice.
  // By group, not handed to who writes them yet.
  std::vector<std::pair<std::size_t, std::string>> pieces;
  std::size_t bytes = 0;  // Theirs.
};

}  // namespace tocsin
