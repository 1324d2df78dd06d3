// RuleState to bytes and back (docs/reference/state.md).
#include <algorithm>

#include "engine/base/coding.h"
#include "engine/shard/rule_state.h"

namespace tocsin {
namespace {

template <typename Map>
std::vector<std::uint64_t> SortedKeys(const Map& map) {
  std::vector<std::uint64_t> keys;
  for (const auto& [key, value] : map) keys.push_back(key);
  std::sort(keys.begin(), keys.end());
  return keys;
}

}  // namespace

void RuleState::SaveSlot(const KeyTable::Slot& slot, std::string* out) {
  if (mode_ == Mode::kNew) {
    news_[0].seen.Save(slot.word, shared_.pool, out);
  } else if (condition_ != nullptr) {
    PutNumber(static_cast<std::uint8_t>(names_.contains(slot.key)), out);
    if (names_.contains(slot.key)) PutBytes(NameOf(slot.key, {}), out);
    condition_->Save(slot.key, slot.word, shared_.pool, out);
  } else {
    window_->Save(slot.word, shared_.pool, out);
  }
}

bool RuleState::LoadSlot(std::string_view* rest, KeyTable::Slot* slot) {
  if (mode_ == Mode::kNew) {
    return news_[0].seen.Load(rest, shared_.pool, &slot->word);
  }
  if (condition_ == nullptr) {
    return window_->Load(rest, shared_.pool, &slot->word);
  }
  std::uint8_t named = 0;
  std::string_view name;
  if (!TakeNumber(rest, &named)) return false;
  if (named != 0) {
    if (!TakeBytes(rest, &name)) return false;
    names_.try_emplace(slot->key, name);
  }
  if (!condition_->Load(rest, slot->key, shared_.pool, &slot->word)) {
    return false;
  }
  deadlines_.clear();
  condition_->Deadlines(slot->key, slot->word, shared_.pool, &deadlines_);
  SetTimers(slot->key);
  return true;
}

// In a table that has been full the keys stand in the order in which they
// would be evicted.
void RuleState::Save(std::string* out) {
  std::vector<std::uint64_t> keys;
  if (order_ != nullptr) {
    for (const EvictionOrder::Entry& entry :
         order_->Current([this](const EvictionOrder::Entry& e) {
           return IsCurrentKey(e);
         })) {
      keys.push_back(entry.key);
    }
  } else {
    table_.ForEach(
        [&keys](const KeyTable::Slot& slot) { keys.push_back(slot.key); });
    std::sort(keys.begin(), keys.end());
  }
  const std::vector<std::uint64_t> captures = HashesOf(program_->captures);
  PutNumber(static_cast<std::uint32_t>(captures.size()), out);
  for (const std::uint64_t hash : captures) PutNumber(hash, out);
  PutNumber(static_cast<std::uint8_t>(order_ != nullptr), out);
  PutNumber(static_cast<std::uint64_t>(table_.capacity()), out);
  PutNumber(static_cast<std::uint64_t>(keys.size()), out);
  for (const std::uint64_t key : keys) {
    PutNumber(key, out);
    SaveSlot(*table_.Find(key), out);
  }
  const std::vector<EvictionOrder::Entry> incidents =
      incident_order_.Current([this](const EvictionOrder::Entry& entry) {
        return IsCurrentIncident(entry);
      });
  const std::vector<std::uint64_t> collects = HashesOf(program_->collects);
  PutNumber(static_cast<std::uint32_t>(collects.size()), out);
  for (const std::uint64_t hash : collects) PutNumber(hash, out);
  PutNumber(static_cast<std::uint64_t>(incidents.size()), out);
  for (const EvictionOrder::Entry& entry : incidents) {
    PutNumber(entry.key, out);
    incidents_.find(entry.key)->second->Save(out);
  }
  PutNumber(muted_until_, out);
  std::vector<std::uint64_t> seen;
  seen_.ForEach(
      [&seen](const KeyTable::Slot& slot) { seen.push_back(slot.key); });
  std::sort(seen.begin(), seen.end());
  PutNumber(static_cast<std::uint64_t>(seen_.capacity()), out);
  PutNumber(static_cast<std::uint64_t>(seen.size()), out);
  for (const std::uint64_t key : seen) {
    PutNumber(key, out);
    news_[0].seen.Save(seen_.Find(key)->word, shared_.pool, out);
  }
  PutNumber(static_cast<std::uint64_t>(purge_collected_at_), out);
  PutNumber(static_cast<std::uint64_t>(collected_.size()), out);
  for (const std::uint64_t key : SortedKeys(collected_)) {
    PutNumber(key, out);
    collected_.find(key)->second->Save(out);
  }
}

bool RuleState::LoadIncidents(std::string_view* rest) {
  std::uint64_t count = 0, key = 0;
  if (!TakeNumber(rest, &count)) return false;
  for (; count > 0; --count) {
    auto incident = std::make_unique<Incident>();
    if (!TakeNumber(rest, &key) || !incident->Load(rest)) return false;
    incident_order_.Touch({key, incident->fired_us, 1});
    SetTimer(key, *incident);
    incidents_[key] = std::move(incident);
  }
  return true;
}

bool RuleState::LoadSeen(std::string_view* rest) {
  std::uint64_t capacity = 0, count = 0, key = 0;
  if (!TakeNumber(rest, &muted_until_) || !TakeNumber(rest, &capacity) ||
      !TakeNumber(rest, &count) || count > rest->size() ||
      capacity > 1u << 30 ||
      (count > 0 && (news_.empty() || capacity <= count))) {
    return false;
  }
  seen_.Rebuild(capacity, [](const KeyTable::Slot&) { return true; });
  for (; count > 0; --count) {
    if (!TakeNumber(rest, &key) || key == 0 || seen_.Find(key) != nullptr) {
      return false;
    }
    KeyTable::Slot* const slot = seen_.Insert(key);
    if (!news_[0].seen.Load(rest, shared_.pool, &slot->word)) return false;
  }
  return true;
}

bool RuleState::Load(std::string_view* rest) {
  std::uint8_t ordered = 0;
  std::uint32_t captured = 0;
  std::uint64_t capacity = 0, count = 0, key = 0;
  if (!TakeNumber(rest, &captured) || captured > rest->size()) return false;
  std::vector<std::uint64_t> captures(captured);
  for (std::uint64_t& hash : captures) {
    if (!TakeNumber(rest, &hash)) return false;
  }
  if (!TakeNumber(rest, &ordered) || !TakeNumber(rest, &capacity) ||
      !TakeNumber(rest, &count) || count > rest->size() ||
      (count > 0 && (IsFilter() || capacity <= count)) || capacity > 1u << 30) {
    return false;
  }
  table_.Rebuild(capacity, [](const KeyTable::Slot&) { return true; });
  if (ordered != 0) order_ = std::make_unique<EvictionOrder>();
  for (; count > 0; --count) {
    if (!TakeNumber(rest, &key) || key == 0 || table_.Find(key) != nullptr) {
      return false;
    }
    KeyTable::Slot* const slot = table_.Insert(key);
    if (!LoadSlot(rest, slot)) return false;
    if (ordered != 0) order_->Touch({key, Newest(*slot), Progress(*slot)});
  }
  if (condition_ != nullptr) condition_->AdoptCaptures(captures);
  std::uint32_t collects = 0;
  if (!TakeNumber(rest, &collects) || collects > rest->size()) return false;
  std::vector<std::uint64_t> hashes(collects);
  for (std::uint64_t& hash : hashes) {
    if (!TakeNumber(rest, &hash)) return false;
  }
  std::uint64_t purge_at = 0, collected = 0;
  if (!LoadIncidents(rest) || !LoadSeen(rest) || !TakeNumber(rest, &purge_at) ||
      !TakeNumber(rest, &collected)) {
    return false;
  }
  purge_collected_at_ = purge_at;
  for (; collected > 0; --collected) {
    auto values = std::make_unique<Collected>();
    if (!TakeNumber(rest, &key) || !values->Load(rest)) return false;
    collected_[key] = std::move(values);
  }
  AdoptCollects(hashes);
  return true;
}

}  // namespace tocsin
