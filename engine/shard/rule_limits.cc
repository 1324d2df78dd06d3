// RuleState at its limits: room for a new key, and who goes when there is none.
#include <algorithm>
#include <cmath>
#include <tuple>

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/shard/rule_state.h"

namespace tocsin {
namespace {

// More than one, so that a table whose limit was lowered comes down to it;
// few, so that no event waits for it.
constexpr int kEvictedAtOnce = 4;

}  // namespace

std::uint64_t KeysOfShard(std::uint64_t keys) {
  if (keys <= limits::kWholeRuleKeys) return std::max<std::uint64_t>(keys, 1);
  const double share = static_cast<double>(keys) / limits::kShards;
  return static_cast<std::uint64_t>(std::ceil(share + 6 * std::sqrt(share)));
}

void RuleState::Report(const Arrival& arrival, std::uint64_t count,
                       ShardOutput* out) {
  out->Delta(rule_)->evictions += count;
  out->evictions.push_back({rule_, arrival.event->position,
                            arrival.event->time_us, arrival.event->clock_us,
                            count});
}

KeyTable::Slot* RuleState::Room(std::uint64_t key, const Arrival& arrival,
                                ShardOutput* out) {
  for (int i = 0; i < kEvictedAtOnce && table_.size() >= limit_; ++i) {
    EvictKey(arrival, out);
  }
  if (table_.Full()) {
    const std::size_t before = table_.size();
    const std::int64_t clock = arrival.event->clock_us;
    table_.Rebuild(table_.capacity(), [&](const KeyTable::Slot& slot) {
      if (!window_->Expired(slot.word, clock, shared_.pool)) return true;
      window_->Free(slot.word, shared_.pool);
      return false;
    });
    out->Delta(rule_)->keys -=
        static_cast<std::int64_t>(before - table_.size());
    if (table_.size() >= table_.capacity() / 8 * 5) {
      table_.Rebuild(table_.NextCapacity(),
                     [](const KeyTable::Slot&) { return true; });
    }
  }
  ++out->Delta(rule_)->keys;
  return table_.Insert(key);
}

bool RuleState::IsCurrentKey(const EvictionOrder::Entry& entry) {
  const KeyTable::Slot* const slot = table_.Find(entry.key);
  return slot != nullptr &&
         window_->Newest(slot->word, shared_.pool) == entry.active_us &&
         window_->Progress(slot->word, shared_.pool) == entry.progress;
}

bool RuleState::IsCurrentIncident(const EvictionOrder::Entry& entry) const {
  const auto found = incidents_.find(entry.key);
  return found != incidents_.end() &&
         found->second->fired_us == entry.active_us;
}

// Keys that expired go without a word: nothing is lost with them.
void RuleState::EvictKey(const Arrival& arrival, ShardOutput* out) {
  if (order_ == nullptr) {
    order_ = std::make_unique<EvictionOrder>();
    std::vector<EvictionOrder::Entry> entries;
    table_.ForEach([&](const KeyTable::Slot& slot) {
      entries.push_back({slot.key, window_->Newest(slot.word, shared_.pool),
                         window_->Progress(slot.word, shared_.pool)});
    });
    std::sort(entries.begin(), entries.end(),
              [](const EvictionOrder::Entry& a, const EvictionOrder::Entry& b) {
                return std::tie(a.active_us, a.key) <
                       std::tie(b.active_us, b.key);
              });
    for (const EvictionOrder::Entry& entry : entries) order_->Touch(entry);
  }
  const std::int64_t clock = arrival.event->clock_us;
  const std::int64_t span = window_->span_us();
  const auto expired = [&](std::int64_t active) {
    return active<clock&& static_cast<std::uint64_t>(clock) -
                  static_cast<std::uint64_t>(
                      active)> static_cast<std::uint64_t>(span);
  };
  EvictionOrder::Entry gone;
  TOCSIN_CHECK(order_->Take(
      [this](const EvictionOrder::Entry& entry) { return IsCurrentKey(entry); },
      expired, &gone));
  KeyTable::Slot* const slot = table_.Find(gone.key);
  window_->Free(slot->word, shared_.pool);
  table_.Erase(slot);
  collected_.erase(gone.key);
  --out->Delta(rule_)->keys;
  if (!expired(gone.active_us)) Report(arrival, 1, out);
}

// The holds that would end first.
void RuleState::EvictIncidents(const Arrival& arrival, ShardOutput* out) {
  for (int i = 0; i < kEvictedAtOnce && incidents_.size() >= limit_; ++i) {
    EvictionOrder::Entry gone;
    TOCSIN_CHECK(incident_order_.Take(
        [this](const EvictionOrder::Entry& entry) {
          return IsCurrentIncident(entry);
        },
        [](std::int64_t) { return false; }, &gone));
    incidents_.erase(gone.key);
    --out->Delta(rule_)->keys;
    Report(arrival, 1, out);
  }
}

void RuleState::PurgeCollected(std::int64_t clock) {
  for (auto i = collected_.begin(); i != collected_.end();) {
    const std::int64_t newest = i->second->newest_us();
    const bool expired =
        newest<clock&& static_cast<std::uint64_t>(clock) -
               static_cast<std::uint64_t>(
                   newest)> static_cast<std::uint64_t>(program_->window_us);
    if (expired && incidents_.find(i->first) == incidents_.end()) {
      collected_.erase(i++);
    } else {
      ++i;
    }
  }
  purge_collected_at_ = std::max<std::size_t>(64, 2 * collected_.size());
}

}  // namespace tocsin
