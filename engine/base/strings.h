// Text vocabulary: maps keyed by text that look up a std::string_view.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "engine/base/hash.h"

namespace tocsin {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return static_cast<std::size_t>(Hash64(text));
  }
};

struct TextEqual {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const {
    return a == b;
  }
};

template <typename Value>
using StringMap = absl::flat_hash_map<std::string, Value, TextHash, TextEqual>;
using StringSet = absl::flat_hash_set<std::string, TextHash, TextEqual>;

// The candidate nearest to `word` by edit distance (a swap counts one), within
// a third of its length and at least 2; empty when none is near. For
// did-you-mean; ties go to the first.
std::string_view Nearest(std::string_view word,
                         const std::vector<std::string_view>& candidates);

}  // namespace tocsin
