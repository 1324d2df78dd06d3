// A block holds contributions in time order, those of equal times in order of
// arrival. The way in is Arrive().
#include "engine/window/joint_window.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "engine/base/coding.h"
#include "engine/base/limits.h"
#include "engine/window/span.h"

namespace tocsin {
namespace {

constexpr std::uint32_t kLeastCapacity = 3;
constexpr std::uint32_t kManyValues = 64;

constexpr std::uint64_t kBegins = 0x100;
constexpr std::uint64_t kAggregate = 0xFF;

std::uint64_t Tag(const Contribution& add, bool begins) {
  return (add.value & ~(kBegins | kAggregate)) | (begins ? kBegins : 0) |
         add.aggregate;
}
bool Begins(std::uint64_t tag) { return (tag & kBegins) != 0; }
std::uint64_t ValueOf(std::uint64_t tag) { return tag & ~kBegins; }
std::size_t AggregateOf(std::uint64_t tag) { return tag & kAggregate; }

// How many may be kept in a block before a larger one pays.
std::uint32_t RoomFor(std::uint32_t capacity) {
  return capacity - capacity / 4;
}

}  // namespace

void JointWindow::ValueSet::Clear() {
  size_ = 0;
  values_.clear();
  table_.clear();
}

bool JointWindow::ValueSet::Insert(std::uint64_t tag) {
  if (size_ < few_.size()) {
    for (std::size_t i = 0; i < size_; ++i) {
      if (few_[i] == tag) return false;
    }
    few_[size_++] = tag;
    return true;
  }
  return InsertIntoMany(tag);
}

bool JointWindow::ValueSet::InsertIntoMany(std::uint64_t tag) {
  if (values_.empty()) values_.assign(few_.begin(), few_.end());
  const auto place = [this](std::uint64_t value) {
    std::size_t i = (value * 0x9e3779b97f4a7c15 >> 20) % table_.size();
    while (table_[i] != 0 && values_[table_[i] - 1] != value) {
      i = (i + 1) % table_.size();
    }
    return i;
  };
  if (table_.size() < 2 * (values_.size() + 1)) {
    table_.assign(std::bit_ceil(4 * (values_.size() + 1)), 0);
    for (std::uint32_t i = 0; i < values_.size(); ++i) {
      table_[place(values_[i])] = i + 1;
    }
  }
  const std::size_t at = place(tag);
  if (table_[at] != 0) return false;
  values_.push_back(tag);
  ++size_;
  table_[at] = static_cast<std::uint32_t>(values_.size());
  return true;
}

JointWindow::Block* JointWindow::At(std::uint64_t word, BlockPool* pool) {
  return static_cast<Block*>(static_cast<void*>(pool->At(word >> 1)));
}

void JointWindow::Write(std::span<const Entry> entries, std::uint32_t least,
                        BlockPool* pool, std::uint64_t* word) {
  const std::size_t bytes =
      BlockPool::RoundUp(sizeof(Block) + least * sizeof(Entry));
  const BlockPool::Handle handle = pool->Allocate(bytes);
  Block* const block = new (pool->At(handle)) Block;
  block->capacity =
      static_cast<std::uint32_t>((bytes - sizeof(Block)) / sizeof(Entry));
  block->size = static_cast<std::uint32_t>(entries.size());
  std::copy(entries.begin(), entries.end(), block->entries());
  *word = handle << 1;
}

// The last entry from which the aggregate holds up to (not with) `end`; false
// when it does not hold from `lowest`.
bool JointWindow::LatestStart(std::span<const Entry> entries, std::size_t end,
                              std::size_t aggregate, std::int64_t lowest,
                              std::size_t* start) {
  const WindowSpec::Aggregate& wanted = spec_.aggregates[aggregate];
  if (end < wanted.threshold) return false;
  std::uint64_t seen = 0;
  values_.Clear();
  while (end > 0 && entries[end - 1].time >= lowest) {
    const Entry& entry = entries[--end];
    if (AggregateOf(entry.tag) != aggregate) continue;
    if (wanted.distinct && !values_.Insert(ValueOf(entry.tag))) continue;
    if (++seen == wanted.threshold) {
      *start = end;
      return true;
    }
  }
  return false;
}

// Whether every aggregate holds on all that any run with the event at `at` can
// reach: without it, each later end would be tried in vain.
bool JointWindow::MayHold(std::span<const Entry> entries, std::size_t at) {
  const std::int64_t time = entries[at].time;
  std::size_t end = entries.size();
  while (Minus(entries[end - 1].time, spec_.span_us) > time) --end;
  std::size_t start = 0;
  for (std::size_t i = 0; i < spec_.aggregates.size(); ++i) {
    if (!LatestStart(entries, end, i, Minus(time, spec_.span_us), &start)) {
      return false;
    }
  }
  return true;
}

// `entries` of [at, end) are the arriving event's. For the ends of events from
// there on, the earliest first: does everything hold on some run up to it that
// spans at most span_us and holds the arriving event?
bool JointWindow::Decide(std::span<const Entry> entries, std::size_t at,
                         std::size_t end, Evidence* evidence) {
  if (end < entries.size() && !MayHold(entries, at)) return false;
  while (true) {
    const std::int64_t lowest = Minus(entries[end - 1].time, spec_.span_us);
    if (lowest > entries[at].time) return false;
    std::size_t first = at, start = 0;
    bool all = true;
    for (std::size_t i = 0; all && i < spec_.aggregates.size(); ++i) {
      all = LatestStart(entries, end, i, lowest, &start);
      if (all) first = std::min(first, start);
    }
    if (all) {
      const bool latest = first == start && Begins(entries[first].tag);
      while (!Begins(entries[first].tag)) --first;
      Tell(entries.subspan(first, end - first), latest, evidence);
      return true;
    }
    if (end == entries.size()) return false;
    do {
      ++end;
    } while (end < entries.size() && !Begins(entries[end].tag));
  }
}

// `latest`: the run begins where the last aggregate looked at holds for the
// first time.
void JointWindow::Tell(std::span<const Entry> run, bool latest,
                       Evidence* evidence) {
  *evidence = {run.front().time, run.back().time, spec_.aggregates[0].threshold,
               0};
  for (const Entry& entry : run) {
    if (Begins(entry.tag)) ++evidence->events;
  }
  if (!spec_.aggregates[0].distinct) return;
  if (latest && spec_.aggregates.size() == 1) return;  // As many as it asks.
  values_.Clear();
  for (const Entry& entry : run) {
    if (AggregateOf(entry.tag) == 0) values_.Insert(ValueOf(entry.tag));
  }
  evidence->count = values_.size();
}

// Deciding looks at every value of the span; where there are thousands, that is
// spared until enough have come. At most a few steps for each that came.
void JointWindow::CountAway(Block* block, std::int64_t more) {
  if (spec_.aggregates.size() != 1 || !spec_.aggregates[0].distinct ||
      block->size < kManyValues) {
    return;
  }
  block->away = std::min<std::int64_t>(block->away + more, 0);
  if (block->away < 0) return;
  values_.Clear();
  for (std::uint32_t i = 0; i < block->size; ++i) {
    values_.Insert(ValueOf(block->entries()[i].tag));
  }
  const std::int64_t missing =
      static_cast<std::int64_t>(spec_.aggregates[0].threshold) -
      static_cast<std::int64_t>(values_.size());
  block->away = missing > 1 ? missing : -std::int64_t{block->size / 4};
}

void JointWindow::MarkSettled(std::span<const Entry> entries, std::size_t end,
                              std::size_t aggregate, std::int64_t lowest) {
  const WindowSpec::Aggregate& wanted = spec_.aggregates[aggregate];
  std::uint64_t kept = 0;
  values_.Clear();
  while (end > 0 && kept < wanted.threshold &&
         entries[end - 1].time >= lowest) {
    const Entry& entry = entries[--end];
    if (AggregateOf(entry.tag) != aggregate) continue;
    if (wanted.distinct && !values_.Insert(ValueOf(entry.tag))) continue;
    keep_[end] = 1;
    ++kept;
  }
}

// Marks the first N (different) of [from, to) from either end.
void JointWindow::MarkEnds(std::span<const Entry> entries, std::size_t from,
                           std::size_t to, std::size_t aggregate) {
  const WindowSpec::Aggregate& wanted = spec_.aggregates[aggregate];
  const auto mark = [&](std::size_t i, std::uint64_t* kept) {
    if (AggregateOf(entries[i].tag) != aggregate) return;
    if (wanted.distinct && !values_.Insert(ValueOf(entries[i].tag))) return;
    keep_[i] = 1;
    ++*kept;
  };
  std::uint64_t kept = 0;
  values_.Clear();
  for (std::size_t i = from; i < to && kept < wanted.threshold; ++i) {
    mark(i, &kept);
  }
  kept = 0;
  values_.Clear();
  for (std::size_t i = to; i > from && kept < wanted.threshold; --i) {
    mark(i - 1, &kept);
  }
}

void JointWindow::MarkStretch(std::span<const Entry> entries, std::size_t from,
                              std::size_t to, std::size_t aggregate) {
  while (from < to) {
    std::size_t end = from;
    while (end < to &&
           Minus(entries[end].time, spec_.span_us) <= entries[from].time) {
      ++end;
    }
    MarkEnds(entries, from, end, aggregate);
    from = end;
  }
}

// Drops every event of which no aggregate needs anything; returns how many
// entries that were. Entries from `zone` on are those above the clock.
std::size_t JointWindow::Sweep(std::vector<Entry>* entries, std::size_t zone,
                               std::int64_t lowest) {
  keep_.assign(entries->size(), 0);
  for (std::size_t i = 0; i < spec_.aggregates.size(); ++i) {
    MarkSettled(*entries, zone, i, lowest);
    MarkStretch(*entries, zone, entries->size(), i);
  }
  std::size_t out = 0, next = 0;
  for (std::size_t from = 0; from < entries->size(); from = next) {
    bool keep = keep_[from] != 0;
    next = from + 1;
    while (next < entries->size() && !Begins((*entries)[next].tag)) {
      keep = keep || keep_[next] != 0;
      ++next;
    }
    if (!keep) continue;
    std::copy(entries->begin() + from, entries->begin() + next,
              entries->begin() + out);
    out += next - from;
  }
  const std::size_t dropped = entries->size() - out;
  entries->resize(out);
  return dropped;
}

void JointWindow::Thin(std::vector<Entry>* entries, std::int64_t clock) {
  const auto zone = [&] {
    return static_cast<std::size_t>(
        std::upper_bound(
            entries->begin(), entries->end(), clock,
            [](std::int64_t t, const Entry& e) { return t < e.time; }) -
        entries->begin());
  };
  const std::int64_t lowest = Minus(clock, spec_.span_us);
  Sweep(entries, zone(), lowest);
  if (entries->size() - zone() <= limits::kZoneEvents) return;
  std::size_t early = entries->size() - limits::kZoneEvents;
  while (early < entries->size() && !Begins((*entries)[early].tag)) ++early;
  settled_early_ += Sweep(entries, early, lowest);
}

// Of a block for so many: what the thresholds need, when that is near.
std::uint32_t JointWindow::Larger(std::uint32_t need) const {
  std::uint64_t kept = 0;
  for (const WindowSpec::Aggregate& wanted : spec_.aggregates) {
    kept += wanted.threshold;
  }
  const std::uint64_t whole = (kept + 1) * 4 / 3 + 1;
  return whole > need && whole <= std::uint64_t{4} * need
             ? static_cast<std::uint32_t>(whole)
             : 2 * need;
}

// As Thin(), in the block itself: the usual case of one distinct() to which
// events add one value each. False: nothing has changed.
bool JointWindow::Settle(Block* block, std::uint32_t more, std::int64_t clock) {
  if (spec_.aggregates.size() != 1) return false;
  Entry* const entries = block->entries();
  const std::uint32_t size = block->size;
  std::uint32_t zone = size;
  while (zone > 0 && entries[zone - 1].time > clock) --zone;
  const std::int64_t lowest = Minus(clock, spec_.span_us);
  for (std::uint32_t i = 0; i < size; ++i) {
    if (!Begins(entries[i].tag)) return false;
  }
  keep_.assign(size, 0);
  MarkSettled({entries, size}, zone, 0, lowest);
  std::fill(keep_.begin() + zone, keep_.end(), 1);
  const std::uint32_t need = more + static_cast<std::uint32_t>(std::count(
                                        keep_.begin(), keep_.end(), 1));
  if (size - zone > limits::kZoneEvents || need > RoomFor(block->capacity) ||
      need < block->capacity / 4) {
    return false;
  }
  std::uint32_t out = 0;
  for (std::uint32_t i = 0; i < size; ++i) {
    if (keep_[i] != 0) entries[out++] = entries[i];
  }
  block->size = out;
  return true;
}

bool JointWindow::Arrive(std::int64_t time, std::int64_t clock,
                         std::span<const Contribution> adds,
                         std::uint64_t* word, BlockPool* pool,
                         Evidence* evidence) {
  const std::uint32_t more = static_cast<std::uint32_t>(adds.size());
  if (*word == 0) {
    Write({}, std::max(more, kLeastCapacity), pool, word);
  } else if (Block* const full = At(*word, pool);
             full->size + more > full->capacity && !Settle(full, more, clock)) {
    const std::uint32_t capacity = full->capacity;
    scratch_.assign(At(*word, pool)->entries(),
                    At(*word, pool)->entries() + full->size);
    Thin(&scratch_, clock);
    const std::uint32_t need =
        static_cast<std::uint32_t>(scratch_.size()) + more;
    std::uint32_t least = capacity;
    if (need > RoomFor(capacity)) least = Larger(need);
    if (need < capacity / 4) least = 2 * need;
    Free(*word, pool);
    Write(scratch_, least, pool, word);
  }
  Block* const block = At(*word, pool);
  Entry* const entries = block->entries();
  std::size_t at = block->size;
  while (at > 0 && entries[at - 1].time > time) --at;
  std::move_backward(entries + at, entries + block->size,
                     entries + block->size + more);
  for (std::uint32_t i = 0; i < more; ++i) {
    entries[at + i] = {time, Tag(adds[i], i == 0)};
  }
  block->size += more;
  if (block->away > more) {
    block->away -= more;
    return false;
  }
  if (Decide({entries, block->size}, at, at + more, evidence)) return true;
  CountAway(block, more);
  return false;
}

std::int64_t JointWindow::Newest(std::uint64_t word, BlockPool* pool) const {
  if (word == 0 || At(word, pool)->size == 0) {
    return std::numeric_limits<std::int64_t>::min();
  }
  Block* const block = At(word, pool);
  return block->entries()[block->size - 1].time;
}

std::uint64_t JointWindow::Progress(std::uint64_t word, BlockPool* pool) const {
  if (word == 0 || At(word, pool)->size == 0) return 0;
  Block* const block = At(word, pool);
  const std::int64_t lowest = Minus(Newest(word, pool), spec_.span_us);
  std::uint32_t from = block->size;
  while (from > 0 && block->size - from < kProgressCap &&
         block->entries()[from - 1].time >= lowest) {
    --from;
  }
  return block->size - from;
}

void JointWindow::Free(std::uint64_t word, BlockPool* pool) const {
  if (word != 0) pool->Free(word >> 1);
}

std::size_t JointWindow::Size(std::uint64_t word, BlockPool* pool) const {
  return word == 0 ? 0 : At(word, pool)->size;
}

void JointWindow::Save(std::uint64_t word, BlockPool* pool,
                       std::string* out) const {
  Block none;
  Block* const block = word == 0 ? &none : At(word, pool);
  PutNumber(block->capacity, out);
  PutNumber(block->size, out);
  for (std::uint32_t i = 0; i < block->size; ++i) {
    PutNumber(block->entries()[i].time, out);
    PutNumber(block->entries()[i].tag, out);
  }
}

bool JointWindow::Load(std::string_view* rest, BlockPool* pool,
                       std::uint64_t* word) const {
  std::uint32_t capacity = 0, size = 0;
  if (!TakeNumber(rest, &capacity) || !TakeNumber(rest, &size)) return false;
  if (size > capacity || size > rest->size() / sizeof(Entry)) return false;
  std::vector<Entry> entries(size);
  for (Entry& entry : entries) {
    TakeNumber(rest, &entry.time);
    TakeNumber(rest, &entry.tag);
    if (AggregateOf(entry.tag) >= spec_.aggregates.size()) return false;
  }
  if (size > 0 && !Begins(entries[0].tag)) return false;
  *word = 0;
  if (capacity > 0) Write(entries, capacity, pool, word);
  return true;
}

}  // namespace tocsin
