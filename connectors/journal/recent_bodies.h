// The bodies of the last minutes, one hash each: a retry sends the same bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "engine/base/hash.h"

namespace tocsin::journal {

// Confined.
class RecentBodies {
 public:
  RecentBodies(std::size_t most, std::int64_t micros)
      : most_(most), micros_(micros) {}
  // Whether it came in the `micros` before `now_us`.
  bool Has(const Hash128& body, std::int64_t now_us);
  // Past `most`, the oldest is forgotten.
  void Add(const Hash128& body, std::int64_t received_us);
  std::size_t size() const { return known_.size(); }

 private:
  void Forget(std::int64_t now_us);

  std::size_t most_;
  std::int64_t micros_;
  absl::flat_hash_set<Hash128> known_;
  std::deque<std::pair<Hash128, std::int64_t>> order_;
};

}  // namespace tocsin::journal
