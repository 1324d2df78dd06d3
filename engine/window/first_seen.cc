// A word is 0, a single time (shifted, lowest bit set), or a block: its size,
// then its times in order.
#include "engine/window/first_seen.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "engine/base/coding.h"

namespace tocsin {
namespace {

constexpr std::uint32_t kMost = 1u << 16;

// Times that a word can hold beside its mark; others go into a block.
bool Fits(std::int64_t time) {
  return time >= 0 && time < std::numeric_limits<std::int64_t>::max() / 2;
}

std::uint64_t Apart(std::int64_t a, std::int64_t b) {
  return a < b ? static_cast<std::uint64_t>(b) - static_cast<std::uint64_t>(a)
               : static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b);
}

}  // namespace

void FirstSeen::Read(std::uint64_t word, BlockPool* pool,
                     std::vector<std::int64_t>* times) const {
  times->clear();
  if (word == 0) return;
  if ((word & 1) != 0) {
    times->push_back(static_cast<std::int64_t>(word >> 1));
    return;
  }
  const char* const block = pool->At(word >> 1);
  std::uint64_t size = 0;
  std::memcpy(&size, block, sizeof size);
  times->resize(size);
  std::memcpy(times->data(), block + sizeof size, size * sizeof(std::int64_t));
}

void FirstSeen::Write(const std::vector<std::int64_t>& times, BlockPool* pool,
                      std::uint64_t* word) const {
  Free(*word, pool);
  if (times.size() == 1 && Fits(times[0])) {
    *word = static_cast<std::uint64_t>(times[0]) << 1 | 1;
    return;
  }
  const std::uint64_t size = times.size();
  const BlockPool::Handle handle =
      pool->Allocate(sizeof size + size * sizeof(std::int64_t));
  char* const block = pool->At(handle);
  std::memcpy(block, &size, sizeof size);
  std::memcpy(block + sizeof size, times.data(), size * sizeof(std::int64_t));
  *word = handle << 1;
}

bool FirstSeen::Arrive(std::int64_t time, std::int64_t clock,
                       std::uint64_t* word, BlockPool* pool) {
  const auto span = static_cast<std::uint64_t>(span_);
  if ((*word & 1) != 0 && Fits(time)) {
    const auto last = static_cast<std::int64_t>(*word >> 1);
    const std::int64_t newest = std::max(time, last);
    // Whatever arrives at or above the clock lies within reach of the newest,
    // or behind it.
    if (time >= clock && (newest <= clock || Apart(newest, clock) <= span)) {
      *word = static_cast<std::uint64_t>(newest) << 1 | 1;
      return Apart(time, last) > span;
    }
  }
  if (*word == 0 && Fits(time)) {
    *word = static_cast<std::uint64_t>(time) << 1 | 1;
    return true;
  }
  Read(*word, pool, &times_);
  const auto at = std::lower_bound(times_.begin(), times_.end(), time);
  const bool seen = (at != times_.end() && Apart(*at, time) <= span) ||
                    (at != times_.begin() && Apart(*(at - 1), time) <= span);
  times_.insert(at, time);
  // Only the latest at or below the clock can reach an arrival above it.
  std::size_t settled = 0;
  while (settled + 1 < times_.size() && times_[settled + 1] <= clock) ++settled;
  std::vector<std::int64_t> kept(1, times_[settled]);
  for (std::size_t i = settled + 1; i < times_.size(); ++i) {
    const bool covered =
        i + 1 < times_.size() && Apart(kept.back(), times_[i + 1]) / 2 < span;
    if (!covered) kept.push_back(times_[i]);
  }
  Write(kept, pool, word);
  return !seen;
}

std::int64_t FirstSeen::Newest(std::uint64_t word, BlockPool* pool) const {
  if (word == 0) return std::numeric_limits<std::int64_t>::min();
  if ((word & 1) != 0) return static_cast<std::int64_t>(word >> 1);
  std::vector<std::int64_t> times;
  Read(word, pool, &times);
  return times.back();
}

void FirstSeen::Free(std::uint64_t word, BlockPool* pool) const {
  if (word != 0 && (word & 1) == 0) pool->Free(word >> 1);
}

void FirstSeen::Save(std::uint64_t word, BlockPool* pool,
                     std::string* out) const {
  std::vector<std::int64_t> times;
  Read(word, pool, &times);
  PutNumber(static_cast<std::uint32_t>(times.size()), out);
  for (const std::int64_t time : times) PutNumber(time, out);
}

bool FirstSeen::Load(std::string_view* rest, BlockPool* pool,
                     std::uint64_t* word) const {
  std::uint32_t count = 0;
  if (!TakeNumber(rest, &count) || count == 0 || count > kMost) return false;
  std::vector<std::int64_t> times(count);
  for (std::int64_t& time : times) {
    if (!TakeNumber(rest, &time)) return false;
  }
  Write(times, pool, word);
  return true;
}

}  // namespace tocsin
