#include "engine/shard/sample_ring.h"

#include <algorithm>
#include <tuple>

#include "engine/base/coding.h"
#include "engine/base/limits.h"

namespace tocsin {

void SampleRing::PopFront() {
  live_ -= At(0).size;
  head_ = (head_ + 1) & (ring_.size() - 1);
  --count_;
}

void SampleRing::Add(std::uint64_t key_hash, std::int64_t time_us,
                     std::uint64_t position, std::uint16_t schema,
                     std::string_view identity) {
  identity = identity.substr(0, kSampleBytes);
  while (count_ > 0 && (count_ == limits::kSampleRing ||
                        live_ + identity.size() > kSampleBytes)) {
    PopFront();
  }
  if (bytes_.size() - live_ > kSampleBytes / 2) {
    const std::size_t dead = bytes_.size() - live_;
    bytes_.erase(0, dead);
    base_ += dead;
  }
  if (count_ == ring_.size()) {
    std::vector<Entry> grown(ring_.empty() ? 4 : 2 * ring_.size());
    for (std::size_t i = 0; i < count_; ++i) grown[i] = At(i);
    ring_ = std::move(grown);
    head_ = 0;
  }
  ring_[(head_ + count_++) & (ring_.size() - 1)] = {
      key_hash,
      time_us,
      position,
      base_ + bytes_.size(),
      static_cast<std::uint32_t>(identity.size()),
      schema};
  bytes_.append(identity);
  live_ += identity.size();
  ++added_;
}

// The first, the one at `position`, and the latest of the others: `most` in all
// where that leaves room for these.
void SampleRing::Thin(std::uint64_t most, std::uint64_t position,
                      std::vector<const Entry*>* entries) {
  std::vector<const Entry*>& all = *entries;
  if (all.size() <= most) return;
  const std::size_t rest = std::max<std::uint64_t>(most, 2) - 1;
  const auto tail = all.end() - static_cast<std::ptrdiff_t>(rest);
  const auto own = std::find_if(all.begin() + 1, tail, [&](const Entry* entry) {
    return entry->position == position;
  });
  if (own == tail) {
    all.erase(all.begin() + 1, tail);
    return;
  }
  all[1] = *own;
  all.erase(all.begin() + 2, most > 2 ? tail + 1 : tail);
}

std::vector<EventRef> SampleRing::Of(std::uint64_t key_hash,
                                     std::int64_t first_us,
                                     std::int64_t last_us, std::uint64_t events,
                                     bool counted, std::uint64_t position,
                                     std::span<const std::int64_t> only) const {
  const auto is_asked = [only](std::int64_t time) {
    return only.empty() ||
           std::find(only.begin(), only.end(), time) != only.end();
  };
  std::vector<const Entry*> found;
  for (std::size_t i = 0; i < count_; ++i) {
    const Entry& entry = At(i);
    if (entry.key_hash == key_hash && entry.time_us >= first_us &&
        entry.time_us <= last_us && is_asked(entry.time_us)) {
      found.push_back(&entry);
    }
  }
  std::sort(found.begin(), found.end(), [](const Entry* a, const Entry* b) {
    return std::tie(a->time_us, a->position) <
           std::tie(b->time_us, b->position);
  });
  if (found.size() > events) {
    // Equals of the first or last that are not of the run.
    const auto own = std::find_if(
        found.begin(), found.end(),
        [&](const Entry* entry) { return entry->position == position; });
    // Not there: it completed what others are the evidence of.
    const std::size_t behind =
        own == found.end() ? found.size() : own - found.begin() + 1;
    const std::size_t from = behind > events ? behind - events : 0;
    const std::vector<const Entry*> run(found.begin() + from,
                                        found.begin() + from + events);
    if (run.front()->time_us == first_us && run.back()->time_us == last_us) {
      found = run;
    } else if (counted) {
      Thin(events, position, &found);
    }
  }
  Thin(limits::kSamples, position, &found);
  std::vector<EventRef> samples;
  for (const Entry* entry : found) {
    samples.push_back({entry->position, entry->time_us, entry->schema,
                       std::string(Identity(*entry))});
  }
  return samples;
}

// Adding alone changes the ring: the newest entries say it all.
void SampleRing::Save(bool whole, std::string* out) {
  const std::size_t newest =
      whole ? count_
            : static_cast<std::size_t>(std::min<std::uint64_t>(added_, count_));
  added_ = 0;
  PutNumber(static_cast<std::uint8_t>(whole), out);
  PutNumber(static_cast<std::uint32_t>(count_), out);
  PutNumber(static_cast<std::uint32_t>(newest), out);
  for (std::size_t i = count_ - newest; i < count_; ++i) {
    const Entry& entry = At(i);
    PutNumber(entry.key_hash, out);
    PutNumber(entry.time_us, out);
    PutNumber(entry.position, out);
    PutNumber(entry.schema, out);
    PutBytes(Identity(entry), out);
  }
}

bool SampleRing::Load(std::string_view* rest) {
  std::uint8_t whole = 0;
  std::uint32_t count = 0, newest = 0;
  if (!TakeNumber(rest, &whole) || !TakeNumber(rest, &count) ||
      !TakeNumber(rest, &newest) || count > limits::kSampleRing ||
      newest > count) {
    return false;
  }
  if (whole != 0) *this = SampleRing();
  while (count_ > 0 && count_ + newest > count) PopFront();
  if (count_ + newest != count) return false;
  for (std::uint32_t i = 0; i < newest; ++i) {
    std::uint64_t key_hash = 0, position = 0;
    std::int64_t time_us = 0;
    std::uint16_t schema = 0;
    std::string_view identity;
    if (!TakeNumber(rest, &key_hash) || !TakeNumber(rest, &time_us) ||
        !TakeNumber(rest, &position) || !TakeNumber(rest, &schema) ||
        !TakeBytes(rest, &identity)) {
      return false;
    }
    Add(key_hash, time_us, position, schema, identity);
  }
  added_ = 0;
  return count_ == count;
}

}  // namespace tocsin
