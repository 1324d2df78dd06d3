// RuleState and `new`: what it has seen, and when it learns.
#include <algorithm>

#include "engine/base/coding.h"
#include "engine/base/hash.h"
#include "engine/shard/rule_state.h"
#include "engine/window/span.h"

namespace tocsin {
namespace {

// Of a key and one of its tuples.
std::uint64_t TupleKey(std::uint64_t key, const Contribution& add) {
  std::string bytes;
  PutNumber(key, &bytes);
  PutNumber(add.aggregate, &bytes);
  PutNumber(add.value, &bytes);
  return KeyTable::Hash(Hash64(bytes));
}

}  // namespace

void RuleState::FindNews(const ConditionProgram& condition) {
  if (condition.kind == ConditionProgram::Kind::kNew) {
    news_.push_back({&condition, FirstSeen(condition.length_us)});
  }
  for (const ConditionProgram& child : condition.children) FindNews(child);
}

// While it learns, a value is remembered and not told.
bool RuleState::Learns(const Arrival& arrival,
                       const ConditionProgram& condition) const {
  const std::span<const std::int64_t> started = arrival.slice->started_us;
  const std::int64_t learn = condition.learn_us;
  const std::int64_t time = arrival.event->time_us;
  if (time < muted_until_) return true;
  if (learn == 0 || rule_ >= started.size()) return false;
  const std::int64_t from =
      started[rule_] == kNotStarted ? time : started[rule_];
  return time < Plus(from, learn);
}

// What nothing that arrives can meet any more goes.
void RuleState::PurgeSeen(std::int64_t clock_us) {
  const std::int64_t oldest = Minus(clock_us, program_->window_us);
  const FirstSeen& any = news_[0].seen;
  const auto stays = [&](const KeyTable::Slot& slot) {
    return any.Newest(slot.word, shared_.pool) >= oldest;
  };
  seen_.ForEach([&](const KeyTable::Slot& slot) {
    if (!stays(slot)) Goes(EntryKind::kSeen, slot.key, slot.mark);
  });
  seen_.Rebuild(seen_.capacity(), [&](const KeyTable::Slot& slot) {
    if (stays(slot)) return true;
    bytes_.SeenChanged(slot.word, 0);
    any.Free(slot.word, shared_.pool);
    return false;
  });
}

// What a joined `new` has seen. Null when there is no room: it learns again.
KeyTable::Slot* RuleState::SeenSlot(std::uint64_t tuple, const Arrival& arrival,
                                    ShardOutput* out) {
  if (KeyTable::Slot* const slot = seen_.Find(tuple)) return slot;
  const MatchedEvent& event = *arrival.event;
  if (seen_.Full() || seen_.size() >= limit_) PurgeSeen(event.clock_us);
  const bool over_budget = OverBudget() && seen_bytes() > bytes() / 2;
  if (seen_.size() >= limit_ || over_budget) {
    muted_until_ =
        std::max(muted_until_, Plus(event.time_us, program_->window_us));
    Report({rule_, event.position, event.time_us, event.clock_us, 1,
            seen_.size() < limit_},
           out);
    return nullptr;
  }
  if (seen_.Full() || seen_.size() >= seen_.capacity() / 8 * 5) {
    seen_.Rebuild(seen_.NextCapacity(),
                  [](const KeyTable::Slot&) { return true; });
  }
  KeyTable::Slot* const slot = seen_.Insert(tuple);
  slot->mark = Made(EntryKind::kSeen, tuple);
  return slot;
}

bool RuleState::IsNew(const Arrival& arrival, NewPart* part, ShardOutput* out) {
  const MatchedEvent& event = *arrival.event;
  const std::uint64_t key = KeyTable::Hash(arrival.row->key_hash);
  bool any = false;
  for (const Contribution& add : arrival.values->adds) {
    if (add.aggregate != part->condition->first_aggregate) continue;
    const std::uint64_t tuple = TupleKey(key, add);
    KeyTable::Slot* const slot = mode_ == Mode::kNew
                                     ? SlotOf(tuple, arrival, out)
                                     : SeenSlot(tuple, arrival, out);
    if (slot == nullptr) continue;
    slot->mark =
        Changed(mode_ == Mode::kNew ? EntryKind::kKey : EntryKind::kSeen, tuple,
                slot->mark);
    const std::uint64_t before = slot->word;
    any = part->seen.Arrive(event.time_us, event.clock_us, &slot->word,
                            shared_.pool) ||
          any;
    mode_ == Mode::kNew ? bytes_.WordChanged(before, slot->word)
                        : bytes_.SeenChanged(before, slot->word);
    if (mode_ == Mode::kNew) Touched(tuple);
  }
  return any && !Learns(arrival, *part->condition);
}

}  // namespace tocsin
