// The window of one rule over all its keys of a shard: CountWindow for a single
// count, JointWindow for the rest. A key's state is one word and what it names
// in the shard's BlockPool. Confined to its shard.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/window/count_window.h"
#include "engine/window/joint_window.h"

namespace tocsin {

class KeyWindow {
 public:
  explicit KeyWindow(const WindowSpec& spec)
      : is_count_(spec.IsCount()),
        stateless_(is_count_ && spec.aggregates[0].threshold == 1),
        span_(spec.span_us),
        count_(spec),
        joint_(spec) {}

  // count() >= 1: every event completes it and nothing is kept.
  bool stateless() const { return stateless_; }
  std::int64_t span_us() const { return span_; }
  std::uint64_t settled_early() const {
    return count_.settled_early() + joint_.settled_early();
  }

  // `adds` is not empty. See CountWindow::Arrive.
  bool Arrive(std::int64_t time, std::int64_t clock,
              std::span<const Contribution> adds, std::uint64_t* word,
              BlockPool* pool, Evidence* evidence) {
    return is_count_ ? count_.Arrive(time, clock, word, pool, evidence)
                     : joint_.Arrive(time, clock, adds, word, pool, evidence);
  }
  std::int64_t Newest(std::uint64_t word, BlockPool* pool) const {
    return is_count_ ? count_.Newest(word, pool) : joint_.Newest(word, pool);
  }
  std::uint64_t Progress(std::uint64_t word, BlockPool* pool) const {
    return is_count_ ? count_.Progress(word, pool)
                     : joint_.Progress(word, pool);
  }
  // No arrival at or above the clock can use what the key holds.
  bool Expired(std::uint64_t word, std::int64_t clock, BlockPool* pool) const {
    const std::int64_t newest = Newest(word, pool);
    return newest<clock&& static_cast<std::uint64_t>(clock) -
                  static_cast<std::uint64_t>(
                      newest)> static_cast<std::uint64_t>(span_);
  }
  void Free(std::uint64_t word, BlockPool* pool) const {
    is_count_ ? count_.Free(word, pool) : joint_.Free(word, pool);
  }
  void Save(std::uint64_t word, BlockPool* pool, std::string* out) const {
    is_count_ ? count_.Save(word, pool, out) : joint_.Save(word, pool, out);
  }
  bool Load(std::string_view* rest, BlockPool* pool,
            std::uint64_t* word) const {
    return is_count_ ? count_.Load(rest, pool, word)
                     : joint_.Load(rest, pool, word);
  }

 private:
  bool is_count_;
  bool stateless_;
  std::int64_t span_;
  CountWindow count_;
  JointWindow joint_;
};

}  // namespace tocsin
