// RuleState at its limits: room for a new key, and who goes when there is none.
#include <algorithm>
#include <cmath>

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/shard/rule_state.h"
#include "engine/window/span.h"

namespace tocsin {
namespace {

// More than one, so that a table whose limit was lowered comes down to it;
// few, so that no event waits for it.
constexpr int kEvictedAtOnce = 4;

// Evictions before one whose key is asked for.
constexpr std::size_t kLookedUpAhead = 4;

}  // namespace

bool LivesWhole(const RuleProgram& rule) {
  return rule.keys <= limits::kWholeRuleKeys || !rule.hold_per.empty();
}

std::uint64_t KeysOfShard(const RuleProgram& rule) {
  if (LivesWhole(rule)) return std::max<std::uint64_t>(rule.keys, 1);
  const double share = static_cast<double>(rule.keys) / limits::kShards;
  return static_cast<std::uint64_t>(std::ceil(share + 6 * std::sqrt(share)));
}

void RuleState::Report(const Eviction& at, ShardOutput* out) {
  out->Delta(rule_)->evictions += at.count;
  if (at.over_budget) out->Delta(rule_)->over_budget += at.count;
  out->evictions.push_back(at);
}

// ---- a key, however its condition is kept -----------------------------------

std::int64_t RuleState::Newest(const KeyTable::Slot& slot) const {
  if (mode_ == Mode::kNew) return news_[0].seen.Newest(slot.word, shared_.pool);
  return condition_ != nullptr ? condition_->Newest(slot.word, shared_.pool)
                               : window_->Newest(slot.word, shared_.pool);
}

std::uint64_t RuleState::Progress(const KeyTable::Slot& slot) const {
  if (mode_ == Mode::kNew) return 1;
  return condition_ != nullptr ? condition_->Progress(slot.word, shared_.pool)
                               : window_->Progress(slot.word, shared_.pool);
}

std::int64_t RuleState::Span() const {
  if (mode_ == Mode::kNew) return news_[0].seen.span_us();
  return condition_ != nullptr ? condition_->span_us() : window_->span_us();
}

void RuleState::Release(const KeyTable::Slot& slot) {
  bytes_.WordChanged(slot.word, 0);
  if (mode_ == Mode::kNew) {
    news_[0].seen.Free(slot.word, shared_.pool);
  } else if (condition_ != nullptr) {
    condition_->Free(slot.key, slot.word, shared_.pool);
    if (const auto named = names_.find(slot.key); named != names_.end()) {
      bytes_.names -= named->second.size();
      names_.erase(named);
    }
  } else if (window_) {
    window_->Free(slot.word, shared_.pool);
  }
}

KeyTable::Slot* RuleState::SlotOf(std::uint64_t key, const Arrival& arrival,
                                  ShardOutput* out) {
  KeyTable::Slot* const slot = table_.Find(key);
  if (slot != nullptr) return slot;
  const MatchedEvent& event = *arrival.event;
  return Room(key, event.position, event.time_us, event.clock_us, out);
}

KeyTable::Slot* RuleState::Room(std::uint64_t key, std::uint64_t position,
                                std::int64_t time_us, std::int64_t clock_us,
                                ShardOutput* out) {
  for (int i = 0; i < kEvictedAtOnce && table_.size() >= limit_; ++i) {
    EvictKey({rule_, position, time_us, clock_us, 1}, out);
  }
  for (int i = 0; i < kEvictedAtOnce && OverBudget(); ++i) {
    if (!EvictOverBudget({rule_, position, time_us, clock_us, 1}, out)) break;
  }
  if (table_.Full()) {
    const std::size_t before = table_.size();
    const std::int64_t oldest = Minus(clock_us, Span());
    const auto stays = [&](const KeyTable::Slot& slot) {
      return Newest(slot) >= oldest || incidents_.contains(slot.key);
    };
    table_.ForEach([&](const KeyTable::Slot& slot) {
      if (!stays(slot)) Goes(EntryKind::kKey, slot.key, slot.mark);
    });
    table_.Rebuild(table_.capacity(), [&](const KeyTable::Slot& slot) {
      if (stays(slot)) return true;
      Release(slot);
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
  KeyTable::Slot* const slot = table_.Insert(key);
  slot->mark = Made(EntryKind::kKey, key);
  return slot;
}

// Once the table has been full, who would go next is kept in order.
void RuleState::Touched(std::uint64_t key) {
  if (order_ == nullptr) return;
  const KeyTable::Slot* const slot = table_.Find(key);
  if (slot == nullptr) return;
  order_->Touch({key, Newest(*slot), Progress(*slot)});
  order_->Compact(table_.size(), [this](const EvictionOrder::Entry& entry) {
    return IsCurrentKey(entry);
  });
}

bool RuleState::IsCurrentKey(const EvictionOrder::Entry& entry) {
  const KeyTable::Slot* const slot = table_.Find(entry.key);
  return slot != nullptr && Newest(*slot) == entry.active_us &&
         Progress(*slot) == entry.progress;
}

bool RuleState::IsCurrentIncident(const EvictionOrder::Entry& entry) const {
  const auto found = incidents_.find(entry.key);
  return found != incidents_.end() &&
         found->second->fired_us == entry.active_us;
}

// Keys that expired go without a word: nothing is lost with them. A `new` that
// forgets one that has not would invent alerts: it is mute until it has learnt
// again.
void RuleState::EvictKey(const Eviction& at, ShardOutput* out) {
  if (order_ == nullptr) {
    order_ = std::make_unique<EvictionOrder>();
    // From now on one comes for each that goes, so it is worth having room: in
    // a table as full as it may be each looks at dozens of slots.
    if (!at.over_budget && table_.size() > table_.capacity() / 4 * 3) {
      table_.Rebuild(table_.NextCapacity(),
                     [](const KeyTable::Slot&) { return true; });
    }
    table_.ForEach([&](const KeyTable::Slot& slot) {
      order_->Touch({slot.key, Newest(slot), Progress(slot)});
    });
  }
  const std::int64_t oldest = Minus(at.clock_us, Span());
  const auto expired = [&](std::int64_t active) { return active < oldest; };
  EvictionOrder::Entry gone;
  TOCSIN_CHECK(order_->Take(
      [this](const EvictionOrder::Entry& entry) { return IsCurrentKey(entry); },
      expired, &gone));
  table_.Prefetch(order_->Soon(kLookedUpAhead));
  KeyTable::Slot* const slot = table_.Find(gone.key);
  EraseSlot(slot);
  EraseCollected(gone.key);
  --out->Delta(rule_)->keys;
  if (expired(gone.active_us)) return;
  Report(at, out);
  if (mode_ == Mode::kNew) {
    muted_until_ =
        std::max(muted_until_, Plus(at.time_us, program_->condition.learn_us));
  }
}

// The hold that would end first.
bool RuleState::EvictIncident(const Eviction& at, ShardOutput* out) {
  EvictionOrder::Entry gone;
  if (!incident_order_.Take(
          [this](const EvictionOrder::Entry& entry) {
            return IsCurrentIncident(entry);
          },
          [](std::int64_t) { return false; }, &gone)) {
    return false;
  }
  EraseIncident(gone.key);
  --out->Delta(rule_)->keys;
  Report(at, out);
  return true;
}

void RuleState::EvictIncidents(const Moment& moment, ShardOutput* out) {
  Eviction at{rule_, moment.position, moment.time_us, moment.clock_us, 1};
  for (int i = 0; i < kEvictedAtOnce && incidents_.size() >= limit_; ++i) {
    if (!EvictIncident(at, out)) return;
  }
  // Keys stay: the one that fires is among them.
  at.over_budget = true;
  for (int i = 0; i < kEvictedAtOnce && OverBudget() &&
                  held_bytes() > key_bytes() && EvictIncident(at, out);
       ++i) {
  }
}

}  // namespace tocsin
