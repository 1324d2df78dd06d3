#include "engine/window/history.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/base/coding.h"
#include "engine/window/footprint.h"

namespace tocsin {
namespace {

constexpr std::uint32_t kLeastEntries = 2;  // Of a key's first block.
constexpr std::uint32_t kMost = 1u << 20;   // Of one key, when read back.

}  // namespace

void Record::Remap(const std::vector<std::size_t>& from) {
  std::vector<std::string> before(from.size());
  before.swap(captures);
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (from[i] < before.size()) captures[i] = before[from[i]];
  }
}

std::size_t Record::Footprint() const {
  std::size_t bytes =
      footprint::kRecord + identity_values.size() +
      (adds.size() + numbers.size()) * footprint::kContribution +
      thresholds.size() * footprint::kNumber;
  for (const std::string& capture : captures) {
    bytes += footprint::kText + capture.size();
  }
  return bytes;
}

void Record::Save(std::string* out) const {
  PutNumber(position, out);
  PutNumber(identity.high, out);
  PutNumber(identity.low, out);
  PutNumber(schema, out);
  PutBytes(identity_values, out);
  PutNumber(static_cast<std::uint32_t>(adds.size()), out);
  for (const Contribution& add : adds) {
    PutNumber(add.aggregate, out);
    PutNumber(add.value, out);
  }
  PutNumber(static_cast<std::uint32_t>(numbers.size()), out);
  for (const NumberAdded& number : numbers) {
    PutNumber(number.aggregate, out);
    PutNumber(number.value, out);
  }
  PutNumber(static_cast<std::uint32_t>(thresholds.size()), out);
  for (const double threshold : thresholds) PutNumber(threshold, out);
  PutNumber(static_cast<std::uint32_t>(captures.size()), out);
  for (const std::string& capture : captures) PutBytes(capture, out);
}

bool Record::Load(std::string_view* rest) {
  std::string_view bytes;
  std::uint32_t count = 0;
  if (!TakeNumber(rest, &position) || !TakeNumber(rest, &identity.high) ||
      !TakeNumber(rest, &identity.low) || !TakeNumber(rest, &schema) ||
      !TakeBytes(rest, &bytes) || !TakeNumber(rest, &count) ||
      count > rest->size()) {
    return false;
  }
  identity_values = bytes;
  adds.resize(count);
  for (Contribution& add : adds) {
    if (!TakeNumber(rest, &add.aggregate) || !TakeNumber(rest, &add.value)) {
      return false;
    }
  }
  if (!TakeNumber(rest, &count) || count > rest->size()) return false;
  numbers.resize(count);
  for (NumberAdded& number : numbers) {
    if (!TakeNumber(rest, &number.aggregate) ||
        !TakeNumber(rest, &number.value)) {
      return false;
    }
  }
  if (!TakeNumber(rest, &count) || count > rest->size()) return false;
  thresholds.resize(count);
  for (double& threshold : thresholds) {
    if (!TakeNumber(rest, &threshold)) return false;
  }
  if (!TakeNumber(rest, &count) || count > rest->size()) return false;
  captures.resize(count);
  for (std::string& capture : captures) {
    if (!TakeBytes(rest, &bytes)) return false;
    capture = bytes;
  }
  return true;
}

std::span<History::Entry> History::Entries(std::uint64_t word,
                                           BlockPool* pool) const {
  if (word == 0) return {};
  Block* const block = At(word, pool);
  return {block->entries(), block->size};
}

// A block for at least so many; what the word named before is copied and freed.
History::Block* History::Room(std::uint32_t entries, std::uint64_t* word,
                              BlockPool* pool) {
  const std::size_t bytes =
      BlockPool::RoundUp(sizeof(Block) + entries * sizeof(Entry));
  const BlockPool::Handle handle = pool->Allocate(bytes);
  Block* const made = ::new (pool->At(handle)) Block;
  made->newest = std::numeric_limits<std::int64_t>::min();
  if (*word != 0) {
    Block* const old = At(*word, pool);
    made->size = old->size;
    made->newest = old->newest;
    std::copy(old->entries(), old->entries() + old->size, made->entries());
    pool->Free(*word >> 1);
  }
  made->capacity =
      static_cast<std::uint32_t>((bytes - sizeof(Block)) / sizeof(Entry));
  *word = handle << 1;
  return made;
}

void History::Grow(std::uint64_t* word, BlockPool* pool) {
  const Block* const block = At(*word, pool);
  if (block->size > block->capacity - block->capacity / 4) {
    Room(2 * block->size, word, pool);
  }
}

std::size_t History::Insert(const Entry& entry, std::uint64_t* word,
                            BlockPool* pool) {
  Block* block = *word == 0 ? Room(kLeastEntries, word, pool) : At(*word, pool);
  if (block->size == block->capacity) {
    block = Room(2 * block->size, word, pool);
  }
  Entry* const begin = block->entries();
  std::size_t at = block->size;
  while (at > 0 && begin[at - 1].time > entry.time) --at;
  std::copy_backward(begin + at, begin + block->size, begin + block->size + 1);
  begin[at] = entry;
  ++block->size;
  block->newest = std::max(block->newest, entry.time);
  return at;
}

void History::FreeRecord(const Entry& entry) {
  if (entry.record == 0) return;
  record_footprint_ -= records_[entry.record]->Footprint();
  records_[entry.record].reset();
  free_records_.push_back(entry.record);
}

void History::Keep(std::span<const char> keep, std::uint64_t word,
                   BlockPool* pool) {
  if (word == 0) return;
  Block* const block = At(word, pool);
  std::uint32_t kept = 0;
  for (std::uint32_t i = 0; i < block->size; ++i) {
    if (keep[i] != 0) {
      block->entries()[kept++] = block->entries()[i];
    } else {
      FreeRecord(block->entries()[i]);
    }
  }
  block->size = kept;
}

void History::KeepOneAnd(std::size_t one, std::size_t from, std::uint64_t word,
                         BlockPool* pool) {
  Block* const block = At(word, pool);
  Entry* const entries = block->entries();
  std::uint32_t kept = 0;
  for (std::size_t i = 0; i < from; ++i) {
    if (i != one) FreeRecord(entries[i]);
  }
  if (one != kNone) entries[kept++] = entries[one];
  for (std::size_t i = from; i < block->size; ++i) {
    entries[kept++] = entries[i];
  }
  block->size = kept;
}

void History::Free(std::uint64_t word, BlockPool* pool) {
  if (word == 0) return;
  for (const Entry& entry : Entries(word, pool)) FreeRecord(entry);
  pool->Free(word >> 1);
}

std::int64_t History::Newest(std::uint64_t word, BlockPool* pool) const {
  return word == 0 ? std::numeric_limits<std::int64_t>::min()
                   : At(word, pool)->newest;
}

std::uint32_t History::AddRecord(Record record) {
  std::uint32_t place = 0;
  if (free_records_.empty()) {
    place = static_cast<std::uint32_t>(records_.size());
    records_.emplace_back();
  } else {
    place = free_records_.back();
    free_records_.pop_back();
  }
  record_footprint_ += record.Footprint();
  records_[place] = std::make_unique<Record>(std::move(record));
  return place;
}

void History::RemapCaptures(const std::vector<std::size_t>& from) {
  record_footprint_ = 0;
  for (const std::unique_ptr<Record>& record : records_) {
    if (record == nullptr) continue;
    record->Remap(from);
    record_footprint_ += record->Footprint();
  }
}

void History::Save(std::uint64_t word, BlockPool* pool,
                   std::string* out) const {
  const std::span<const Entry> entries = Entries(word, pool);
  PutNumber(word == 0 ? 0 : At(word, pool)->capacity, out);
  PutNumber(static_cast<std::uint32_t>(entries.size()), out);
  PutNumber(Newest(word, pool), out);
  for (const Entry& entry : entries) {
    PutNumber(entry.time, out);
    PutNumber(entry.events, out);
    PutNumber(entry.flags, out);
    PutNumber(static_cast<std::uint8_t>(entry.record != 0), out);
    if (entry.record != 0) RecordOf(entry).Save(out);
  }
}

bool History::Load(std::string_view* rest, BlockPool* pool,
                   std::uint64_t* word) {
  std::uint32_t capacity = 0, count = 0;
  std::int64_t newest = 0;
  if (!TakeNumber(rest, &capacity) || !TakeNumber(rest, &count) ||
      !TakeNumber(rest, &newest) || count > capacity || capacity > kMost) {
    return false;
  }
  if (capacity > 0) Room(capacity, word, pool);
  for (; count > 0; --count) {
    Entry entry;
    std::uint8_t with_record = 0;
    if (!TakeNumber(rest, &entry.time) || !TakeNumber(rest, &entry.events) ||
        !TakeNumber(rest, &entry.flags) || !TakeNumber(rest, &with_record)) {
      return false;
    }
    if (with_record != 0) {
      Record record;
      if (!record.Load(rest)) return false;
      entry.record = AddRecord(std::move(record));
    }
    Insert(entry, word, pool);
  }
  if (*word != 0) At(*word, pool)->newest = newest;
  return true;
}

}  // namespace tocsin
