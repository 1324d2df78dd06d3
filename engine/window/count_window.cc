// A block is a header and its times in order: as u32 offsets from a base while
// they span less than 71 minutes, else as int64. The way in is Arrive().
#include "engine/window/count_window.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "engine/base/coding.h"
#include "engine/base/limits.h"
#include "engine/window/span.h"

namespace tocsin {

struct CountWindow::Block {
  std::int64_t base = 0;  // 0 when wide.
  std::uint32_t size = 0;
  std::uint32_t capacity : 31 = 0;
  std::uint32_t wide : 1 = 0;

  template <typename Offset>
  Offset* times() {
    return static_cast<Offset*>(static_cast<void*>(this + 1));
  }
  std::int64_t At(std::uint32_t i) {
    return wide ? times<std::int64_t>()[i] : base + times<std::uint32_t>()[i];
  }
  bool Holds(std::int64_t time) const {
    return wide || (time >= base && time - base <= UINT32_MAX);
  }
};

namespace {

// A single time stands in the word itself; a block's handle is even.
std::uint64_t Single(std::int64_t time) {
  return static_cast<std::uint64_t>(time) << 1 | 1;
}
bool IsSingle(std::uint64_t word) { return (word & 1) != 0; }
std::int64_t SingleTime(std::uint64_t word) {
  return static_cast<std::int64_t>(word) >> 1;
}

// Differences of any two times, without overflow.
bool Within(std::int64_t first, std::int64_t last, std::int64_t span) {
  return static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first) <=
         static_cast<std::uint64_t>(span);
}

// How many may be kept in a block before a larger one pays: in a small one it
// costs nothing to make room for one at a time.
std::uint32_t RoomFor(std::uint32_t capacity) {
  return capacity <= 16 ? capacity - 1 : capacity / 4 * 3;
}

}  // namespace

CountWindow::Block* CountWindow::At(std::uint64_t word, BlockPool* pool) {
  return static_cast<Block*>(static_cast<void*>(pool->At(word >> 1)));
}

// Inserts behind its equals and looks for the run of N that holds it and ends
// earliest.
template <typename Offset>
bool CountWindow::Insert(Block* block, std::int64_t time,
                         Evidence* evidence) const {
  Offset* const times = block->times<Offset>();
  const std::int64_t base = block->wide ? 0 : block->base;
  const Offset offset = static_cast<Offset>(time - base);
  std::uint32_t at = block->size;
  while (at > 0 && times[at - 1] > offset) --at;
  if (at < block->size) {
    std::memmove(times + at + 1, times + at,
                 (block->size - at) * sizeof(Offset));
  }
  times[at] = offset;
  const std::uint64_t size = ++block->size;
  if (size < threshold_) return false;
  const std::uint64_t from = at + 1 > threshold_ ? at + 1 - threshold_ : 0;
  const std::uint64_t to = std::min<std::uint64_t>(at, size - threshold_);
  for (std::uint64_t i = from; i <= to; ++i) {
    const std::int64_t first = base + static_cast<std::int64_t>(times[i]);
    const std::int64_t last =
        base + static_cast<std::int64_t>(times[i + threshold_ - 1]);
    if (Within(first, last, span_)) {
      *evidence = {first, last, threshold_, threshold_};
      return true;
    }
  }
  return false;
}

// Drops what no arrival within the lateness can need; returns how many are
// left.
std::uint32_t CountWindow::Thin(std::vector<std::int64_t>* times,
                                std::int64_t clock) {
  std::vector<std::int64_t>& t = *times;
  const std::size_t keep = threshold_ - 1;
  const auto settled_from =
      std::lower_bound(t.begin(), t.end(), Minus(clock, span_));
  auto zone = std::upper_bound(settled_from, t.end(), clock);
  auto out = t.begin();
  const auto settle = [&](auto from, auto to) {
    if (static_cast<std::size_t>(to - from) > keep) from = to - keep;
    return std::move(from, to, t.begin());
  };
  out = settle(settled_from, zone);
  const auto zone_out = out;
  while (zone != t.end()) {
    auto end = zone;
    while (end != t.end() && Within(*zone, *end, span_)) ++end;
    if (static_cast<std::size_t>(end - zone) > 2 * keep) {
      out = std::move(zone, zone + keep, out);
      out = std::move(end - keep, end, out);
    } else {
      out = std::move(zone, end, out);
    }
    zone = end;
  }
  const std::size_t in_zone = out - zone_out;
  t.erase(out, t.end());
  if (in_zone > limits::kZoneEvents) {
    const auto early = t.end() - limits::kZoneEvents;
    const std::size_t before = early - t.begin();
    const auto rest = settle(t.begin(), early);
    settled_early_ += before - (rest - t.begin());
    t.erase(std::move(early, t.end(), rest), t.end());
  }
  return static_cast<std::uint32_t>(t.size());
}

// As MakeRoom(), in the block itself: the usual case, where what nobody needs
// stands in front. False: nothing has changed.
bool CountWindow::Settle(Block* block, std::int64_t time,
                         std::int64_t clock) const {
  if (block->wide || !block->Holds(time)) return false;
  std::uint32_t* const times = block->times<std::uint32_t>();
  const std::int64_t base = block->base;
  const std::uint32_t size = block->size;
  std::uint32_t settled = size;
  while (settled > 0 && base + times[settled - 1] > clock) --settled;
  const std::uint64_t keep = threshold_ - 1;
  std::uint32_t from =
      settled > keep ? settled - static_cast<std::uint32_t>(keep) : 0;
  const std::int64_t lowest = Minus(clock, span_);
  while (from < settled && base + times[from] < lowest) ++from;
  const std::uint32_t left = size - from;
  if (left == 0 || size - settled > limits::kZoneEvents ||
      left > RoomFor(block->capacity) || left < block->capacity / 4) {
    return false;
  }
  std::memmove(times, times + from, left * sizeof *times);
  block->size = left;
  return true;
}

// A block of at least `least` times that can also take `next`.
void CountWindow::Rewrite(const std::vector<std::int64_t>& times,
                          std::int64_t next, std::uint32_t least,
                          BlockPool* pool, std::uint64_t* word) const {
  std::int64_t low = next, high = next;
  if (!times.empty()) {
    low = std::min(low, times.front());
    high = std::max(high, times.back());
  }
  const bool wide = !Within(low, high, UINT32_MAX);
  Free(*word, pool);
  Write(times, wide ? 0 : low, wide, least, pool, word);
}

void CountWindow::Write(const std::vector<std::int64_t>& times,
                        std::int64_t base, bool wide, std::uint32_t least,
                        BlockPool* pool, std::uint64_t* word) {
  const std::size_t each = wide ? sizeof(std::int64_t) : sizeof(std::uint32_t);
  const std::size_t bytes = BlockPool::RoundUp(sizeof(Block) + least * each);
  const BlockPool::Handle handle = pool->Allocate(bytes);
  Block* const block = new (pool->At(handle)) Block;
  block->base = base;
  block->wide = wide;
  block->capacity = static_cast<std::uint32_t>((bytes - sizeof(Block)) / each);
  block->size = static_cast<std::uint32_t>(times.size());
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (wide) {
      block->times<std::int64_t>()[i] = times[i];
    } else {
      block->times<std::uint32_t>()[i] =
          static_cast<std::uint32_t>(times[i] - base);
    }
  }
  *word = handle << 1;
}

// Called when the block is full or cannot hold `time`. False: nothing of it is
// needed any more, and `time` now stands alone in the word.
bool CountWindow::MakeRoom(std::int64_t time, std::int64_t clock,
                           BlockPool* pool, std::uint64_t* word) {
  const bool first = IsSingle(*word);
  scratch_.clear();
  // The second time of a key mostly has company soon: what a small threshold
  // asks for is there at once.
  auto capacity =
      static_cast<std::uint32_t>(std::clamp<std::uint64_t>(threshold_, 4, 12));
  if (first) {
    scratch_.push_back(SingleTime(*word));
  } else {
    Block* const block = At(*word, pool);
    capacity = block->capacity;
    for (std::uint32_t i = 0; i < block->size; ++i) {
      scratch_.push_back(block->At(i));
    }
  }
  const std::uint32_t size = Thin(&scratch_, clock);
  if (size == 0) {
    Free(*word, pool);
    *word = Single(time);
    return false;
  }
  std::uint32_t least = capacity;
  if (size > RoomFor(capacity)) {
    least = capacity + std::max(capacity / 2, 4u);
  } else if (!first && size < capacity / 4) {
    least = std::max(2 * size, 4u);
  }
  Rewrite(scratch_, time, least, pool, word);
  return true;
}

bool CountWindow::Arrive(std::int64_t time, std::int64_t clock,
                         std::uint64_t* word, BlockPool* pool,
                         Evidence* evidence) {
  if (threshold_ == 1) {
    *evidence = {time, time, 1, 1};
    return true;
  }
  if (*word == 0) {
    *word = Single(time);
    return false;
  }
  bool full = IsSingle(*word);
  if (!full) {
    const Block* block = At(*word, pool);
    full = block->size == block->capacity || !block->Holds(time);
  }
  if (full && (IsSingle(*word) || !Settle(At(*word, pool), time, clock)) &&
      !MakeRoom(time, clock, pool, word)) {
    return false;
  }
  Block* const block = At(*word, pool);
  return block->wide ? Insert<std::int64_t>(block, time, evidence)
                     : Insert<std::uint32_t>(block, time, evidence);
}

std::vector<std::int64_t> CountWindow::Kept(std::uint64_t word,
                                            BlockPool* pool) const {
  std::vector<std::int64_t> kept;
  if (word == 0) return kept;
  if (IsSingle(word)) return {SingleTime(word)};
  Block* const block = At(word, pool);
  for (std::uint32_t i = 0; i < block->size; ++i) kept.push_back(block->At(i));
  return kept;
}

std::int64_t CountWindow::Newest(std::uint64_t word, BlockPool* pool) const {
  if (word == 0) return std::numeric_limits<std::int64_t>::min();
  if (IsSingle(word)) return SingleTime(word);
  Block* const block = At(word, pool);
  return block->At(block->size - 1);
}

std::uint64_t CountWindow::Progress(std::uint64_t word, BlockPool* pool) const {
  if (word == 0) return 0;
  if (IsSingle(word)) return 1;
  Block* const block = At(word, pool);
  std::uint32_t from = block->size;
  const std::int64_t newest = block->At(from - 1);
  while (from > 0 && block->size - from < kProgressCap &&
         Within(block->At(from - 1), newest, span_)) {
    --from;
  }
  return block->size - from;
}

void CountWindow::Free(std::uint64_t word, BlockPool* pool) const {
  if (word != 0 && !IsSingle(word)) pool->Free(word >> 1);
}

void CountWindow::Save(std::uint64_t word, BlockPool* pool,
                       std::string* out) const {
  Block none;
  const Block& block = word != 0 && !IsSingle(word) ? *At(word, pool) : none;
  const std::vector<std::int64_t> kept = Kept(word, pool);
  PutNumber(static_cast<std::uint32_t>(block.capacity), out);
  PutNumber(static_cast<std::uint8_t>(block.wide), out);
  PutNumber(block.base, out);
  PutNumber(static_cast<std::uint32_t>(kept.size()), out);
  for (const std::int64_t time : kept) PutNumber(time, out);
}

bool CountWindow::Load(std::string_view* rest, BlockPool* pool,
                       std::uint64_t* word) const {
  std::uint32_t capacity = 0, size = 0;
  std::uint8_t wide = 0;
  std::int64_t base = 0;
  if (!TakeNumber(rest, &capacity) || !TakeNumber(rest, &wide) ||
      !TakeNumber(rest, &base) || !TakeNumber(rest, &size)) {
    return false;
  }
  if (size > rest->size() / sizeof(std::int64_t)) return false;
  std::vector<std::int64_t> times(size);
  for (std::int64_t& time : times) TakeNumber(rest, &time);
  *word = 0;
  if (capacity == 0) {
    if (size > 1) return false;
    if (size == 1) *word = Single(times[0]);
    return true;
  }
  if (size > capacity || !std::is_sorted(times.begin(), times.end())) {
    return false;
  }
  if (!wide && size > 0 &&
      (times.front() < base || !Within(base, times.back(), UINT32_MAX))) {
    return false;
  }
  Write(times, base, wide != 0, capacity, pool, word);
  return true;
}

}  // namespace tocsin
