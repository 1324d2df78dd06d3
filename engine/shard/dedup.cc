// A ring in order of arrival and an open table into it.
#include "engine/shard/dedup.h"

#include <algorithm>
#include <limits>

#include "engine/base/coding.h"
#include "engine/base/limits.h"

namespace tocsin {
namespace {

constexpr std::size_t kLeastCapacity = 8;
constexpr std::int64_t kNoClock = std::numeric_limits<std::int64_t>::min();

// Both halves are hashes already; an odd factor keeps (a, b) from (b, a).
std::uint64_t MarkOf(const Hash128& identity, std::uint64_t key_hash) {
  std::uint64_t mark = identity.low ^ (key_hash * 0x9e3779b97f4a7c15);
  mark ^= mark >> 29;
  return mark * 0xbf58476d1ce4e5b9 ^ identity.high;
}

bool FarApart(std::int64_t a, std::int64_t b) {
  const std::uint64_t distance = a < b ? static_cast<std::uint64_t>(b) - a
                                       : static_cast<std::uint64_t>(a) - b;
  return distance > static_cast<std::uint64_t>(limits::kDedupMicros);
}

bool IsOver(std::int64_t time_us, std::int64_t clock_us) {
  return time_us < clock_us && FarApart(time_us, clock_us);
}

}  // namespace

void Dedup::PopFront() {
  const std::uint32_t gone = static_cast<std::uint32_t>(head_) + 1;
  std::size_t hole = Place(ring_[head_].mark);
  while (table_[hole] != gone) hole = (hole + 1) & (table_.size() - 1);
  // Close the hole: what probed past it moves up.
  for (std::size_t i = (hole + 1) & (table_.size() - 1); table_[i] != 0;
       i = (i + 1) & (table_.size() - 1)) {
    const std::size_t home = Place(ring_[table_[i] - 1].mark);
    const std::size_t from_home = (i - home) & (table_.size() - 1);
    const std::size_t from_hole = (i - hole) & (table_.size() - 1);
    if (from_home >= from_hole) {
      table_[hole] = table_[i];
      hole = i;
    }
  }
  table_[hole] = 0;
  head_ = (head_ + 1) & (ring_.size() - 1);
  --count_;
  popped_ = true;
}

void Dedup::Rebuild(std::size_t capacity, std::int64_t clock_us) {
  std::vector<Entry> ring(capacity);
  std::size_t count = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    if (!IsOver(At(i).time_us, clock_us)) ring[count++] = At(i);
  }
  rebuilt_ = true;
  ring_ = std::move(ring);
  head_ = 0;
  count_ = count;
  table_ = std::vector<std::uint32_t>(2 * capacity);
  for (std::size_t i = 0; i < count_; ++i) {
    std::size_t at = Place(ring_[i].mark);
    while (table_[at] != 0) at = (at + 1) & (table_.size() - 1);
    table_[at] = static_cast<std::uint32_t>(i) + 1;
  }
}

// A full ring first lets go of what is over: behind an event from the future
// nothing else does.
void Dedup::Push(const Entry& entry, std::int64_t clock_us) {
  if (ring_.empty()) Rebuild(kLeastCapacity, clock_us);
  if (count_ == ring_.size()) {
    const auto kept = static_cast<std::size_t>(std::count_if(
        ring_.begin(), ring_.end(),
        [&](const Entry& held) { return !IsOver(held.time_us, clock_us); }));
    const bool grows = kept > ring_.size() / 2;
    Rebuild(grows ? 2 * ring_.size() : ring_.size(), clock_us);
  }
  ++pushed_;
  const std::size_t slot = (head_ + count_++) & (ring_.size() - 1);
  ring_[slot] = entry;
  std::size_t at = Place(entry.mark);
  while (table_[at] != 0) at = (at + 1) & (table_.size() - 1);
  table_[at] = static_cast<std::uint32_t>(slot) + 1;
}

bool Dedup::Seen(const Hash128& identity, std::uint64_t key_hash,
                 std::int64_t time_us, std::int64_t clock_us) {
  while (count_ > 0 && IsOver(At(0).time_us, clock_us)) PopFront();
  if (ring_.size() > kLeastCapacity && count_ < ring_.size() / 8) {
    Rebuild(std::max(kLeastCapacity, ring_.size() / 4), clock_us);
  }
  const std::uint64_t mark = MarkOf(identity, key_hash);
  if (!table_.empty()) {
    for (std::size_t i = Place(mark); table_[i] != 0;
         i = (i + 1) & (table_.size() - 1)) {
      const Entry& entry = ring_[table_[i] - 1];
      if (entry.mark == mark && !IsOver(entry.time_us, clock_us) &&
          !FarApart(entry.time_us, time_us)) {
        return true;
      }
    }
  }
  if (count_ == limits::kDedupEntries) {
    PopFront();
    ++forgotten_;
  }
  Push({mark, time_us}, clock_us);
  return false;
}

// The ring is a queue until it is rebuilt: the newest entries say it all.
void Dedup::Save(bool whole, std::string* out) {
  whole = whole || rebuilt_;
  const std::size_t newest =
      whole
          ? count_
          : static_cast<std::size_t>(std::min<std::uint64_t>(pushed_, count_));
  PutNumber(static_cast<std::uint8_t>(whole), out);
  PutNumber(static_cast<std::uint32_t>(ring_.size()), out);
  PutNumber(static_cast<std::uint32_t>(count_), out);
  PutNumber(static_cast<std::uint32_t>(newest), out);
  for (std::size_t i = count_ - newest; i < count_; ++i) {
    PutNumber(At(i).mark, out);
    PutNumber(At(i).time_us, out);
  }
  pushed_ = 0;
  popped_ = rebuilt_ = false;
}

bool Dedup::Load(std::string_view* rest) {
  std::uint8_t whole = 0;
  std::uint32_t capacity = 0, count = 0, newest = 0;
  if (!TakeNumber(rest, &whole) || !TakeNumber(rest, &capacity) ||
      !TakeNumber(rest, &count) || !TakeNumber(rest, &newest) ||
      (capacity & (capacity - 1)) != 0 || capacity > limits::kDedupEntries ||
      count > capacity || newest > count ||
      (capacity != 0 && capacity < kLeastCapacity)) {
    return false;
  }
  if (whole != 0) {
    *this = Dedup();
    if (capacity != 0) Rebuild(capacity, kNoClock);
  }
  if (ring_.size() != capacity) return false;
  while (count_ > 0 && count_ + newest > count) PopFront();
  if (count_ + newest != count) return false;
  for (std::uint32_t i = 0; i < newest; ++i) {
    Entry entry;
    if (!TakeNumber(rest, &entry.mark) || !TakeNumber(rest, &entry.time_us)) {
      return false;
    }
    Push(entry, kNoClock);
  }
  pushed_ = 0;
  popped_ = rebuilt_ = false;
  return true;
}

}  // namespace tocsin
