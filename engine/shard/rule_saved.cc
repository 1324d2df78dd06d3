// RuleState in checkpoints: what has changed since when, its entries to records
// and back (docs/reference/state.md).
#include <algorithm>

#include "engine/base/coding.h"
#include "engine/base/hash.h"
#include "engine/shard/rule_state.h"

namespace tocsin {
namespace {

void PutHashes(const std::vector<std::uint64_t>& hashes, std::string* out) {
  PutNumber(static_cast<std::uint32_t>(hashes.size()), out);
  for (const std::uint64_t hash : hashes) PutNumber(hash, out);
}

bool TakeHashes(std::string_view* rest, std::vector<std::uint64_t>* hashes) {
  std::uint32_t count = 0;
  if (!TakeNumber(rest, &count) || count > rest->size() / sizeof(count)) {
    return false;
  }
  hashes->resize(count);
  for (std::uint64_t& hash : *hashes) {
    if (!TakeNumber(rest, &hash)) return false;
  }
  return true;
}

constexpr std::uint64_t kCapacityMost = 1u << 30;

}  // namespace

// ---- what has changed -------------------------------------------------------

SaveMark RuleState::NoteChange(EntryKind kind, std::uint64_t key,
                               SaveMark mark) {
  if (shared_.saving->Pending(mark)) WriteEntry(kind, key);
  changed_.push_back({key, static_cast<std::uint64_t>(kind)});
  return shared_.saving->changed();
}

SaveMark RuleState::Made(EntryKind kind, std::uint64_t key) {
  if (!shared_.saving->on()) return 0;
  changed_.push_back({key, static_cast<std::uint64_t>(kind)});
  return shared_.saving->changed();
}

void RuleState::Goes(EntryKind kind, std::uint64_t key, SaveMark mark) {
  if (!shared_.saving->on()) return;
  if (shared_.saving->Pending(mark)) WriteEntry(kind, key);
  gone_.push_back({key, static_cast<std::uint64_t>(kind)});
}

void RuleState::EraseIncident(std::uint64_t hold) {
  const auto found = incidents_.find(hold);
  if (found == incidents_.end()) return;
  Goes(EntryKind::kIncident, hold, found->second->mark);
  bytes_.incidents -= found->second->counted;
  incidents_.erase(found);
}

void RuleState::EraseCollected(std::uint64_t key) {
  const auto found = collected_.find(key);
  if (found == collected_.end()) return;
  Goes(EntryKind::kCollected, key, found->second->mark);
  bytes_.collected -= found->second->footprint();
  collected_.erase(found);
}

void RuleState::EraseSlot(KeyTable::Slot* slot) {
  Goes(EntryKind::kKey, slot->key, slot->mark);
  Release(*slot);
  table_.Erase(slot);
}

// ---- to records -------------------------------------------------------------

std::string RuleState::Header() const {
  std::string header;
  PutHashes(HashesOf(program_->captures), &header);
  PutHashes(HashesOf(program_->collects), &header);
  PutNumber(static_cast<std::uint8_t>(order_ != nullptr), &header);
  PutNumber(static_cast<std::uint64_t>(table_.capacity()), &header);
  PutNumber(static_cast<std::uint64_t>(seen_.capacity()), &header);
  PutNumber(muted_until_, &header);
  PutNumber(static_cast<std::uint64_t>(purge_collected_at_), &header);
  PutNumber(bytes_.limit, &header);
  return header;
}

void RuleState::NameRule() {
  PutNumber(RecordKind::kRule, shared_.records);
  PutNumber(program_->uid.high, shared_.records);
  PutNumber(program_->uid.low, shared_.records);
}

void RuleState::PutEntry(EntryKind kind, std::uint64_t key, std::string* out) {
  switch (kind) {
    case EntryKind::kKey:
      return SaveSlot(*table_.Find(key), out);
    case EntryKind::kIncident:
      return incidents_.find(key)->second->Save(out);
    case EntryKind::kCollected:
      return collected_.find(key)->second->Save(out);
    case EntryKind::kSeen:
      return news_[0].seen.Save(seen_.Find(key)->word, shared_.pool, out);
  }
}

// Before it changes: it stands alone among the records.
void RuleState::WriteEntry(EntryKind kind, std::uint64_t key) {
  NameRule();
  PutNumber(RecordKind::kEntry, shared_.records);
  PutNumber(kind, shared_.records);
  PutNumber(key, shared_.records);
  std::string bytes;
  PutEntry(kind, key, &bytes);
  PutBytes(bytes, shared_.records);
}

bool RuleState::BeginSave(bool whole) {
  frozen_.swap(changed_);
  changed_.clear();
  if (whole) {
    frozen_.clear();
    const auto add = [this](EntryKind kind, std::uint64_t key) {
      frozen_.push_back({key, static_cast<std::uint64_t>(kind)});
    };
    table_.ForEach(
        [&](const KeyTable::Slot& slot) { add(EntryKind::kKey, slot.key); });
    for (const auto& [key, i] : incidents_) add(EntryKind::kIncident, key);
    for (const auto& [key, i] : collected_) add(EntryKind::kCollected, key);
    seen_.ForEach(
        [&](const KeyTable::Slot& slot) { add(EntryKind::kSeen, slot.key); });
    gone_.clear();
  }
  const std::string header = Header();
  const std::uint64_t hash = Hash64(header);
  const bool header_changed = hash != header_hash_;
  if (whole || header_changed || !gone_.empty()) NameRule();
  if (whole || header_changed) {
    header_hash_ = hash;
    PutNumber(RecordKind::kHeader, shared_.records);
    PutBytes(header, shared_.records);
  }
  for (const EntryId& id : gone_) {
    PutNumber(RecordKind::kGone, shared_.records);
    PutNumber(static_cast<EntryKind>(id.kind), shared_.records);
    PutNumber(std::uint64_t{id.key}, shared_.records);
  }
  gone_.clear();
  return !frozen_.empty();
}

// False when it went, or is saved already.
bool RuleState::SaveEntry(EntryKind kind, std::uint64_t key) {
  const Saving& saving = *shared_.saving;
  const auto take = [&](auto* entry) {
    if (entry == nullptr || !saving.Pending(entry->mark)) return false;
    PutNumber(RecordKind::kEntry, shared_.records);
    PutNumber(kind, shared_.records);
    PutNumber(key, shared_.records);
    const std::size_t at = shared_.records->size();
    PutNumber(std::uint32_t{0}, shared_.records);
    PutEntry(kind, key, shared_.records);
    const auto size = static_cast<std::uint32_t>(shared_.records->size() - at -
                                                 sizeof(std::uint32_t));
    std::memcpy(shared_.records->data() + at, &size, sizeof(size));
    entry->mark = saving.saved();
    return true;
  };
  const auto of = [key](const auto& map) {
    const auto found = map.find(key);
    return found == map.end() ? nullptr : found->second.get();
  };
  switch (kind) {
    case EntryKind::kKey:
      return take(table_.Find(key));
    case EntryKind::kIncident:
      return take(of(incidents_));
    case EntryKind::kCollected:
      return take(of(collected_));
    case EntryKind::kSeen:
      break;
  }
  return take(seen_.Find(key));
}

std::size_t RuleState::SaveSome(std::size_t most) {
  if (frozen_.empty()) return 0;
  NameRule();
  std::size_t looked_at = 0;
  for (; looked_at < most && !frozen_.empty(); ++looked_at) {
    const EntryId id = frozen_.back();
    frozen_.pop_back();
    SaveEntry(static_cast<EntryKind>(id.kind), id.key);
  }
  return looked_at;
}

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

// ---- and back ---------------------------------------------------------------

bool RuleState::LoadHeader(std::string_view bytes) {
  std::uint8_t ordered = 0;
  std::uint64_t capacity = 0, seen_capacity = 0, purge_at = 0;
  if (!TakeHashes(&bytes, &loaded_captures_) ||
      !TakeHashes(&bytes, &loaded_collects_) || !TakeNumber(&bytes, &ordered) ||
      !TakeNumber(&bytes, &capacity) || !TakeNumber(&bytes, &seen_capacity) ||
      !TakeNumber(&bytes, &muted_until_) || !TakeNumber(&bytes, &purge_at) ||
      (!bytes.empty() && !TakeNumber(&bytes, &bytes_.limit)) ||
      !bytes.empty() || capacity > kCapacityMost ||
      seen_capacity > kCapacityMost) {
    return false;
  }
  const auto all = [](const KeyTable::Slot&) { return true; };
  if (capacity != table_.capacity()) {
    if (table_.size() >= capacity && table_.size() > 0) return false;
    table_.Rebuild(capacity, all);
  }
  if (seen_capacity != seen_.capacity()) {
    if (seen_.size() >= seen_capacity && seen_.size() > 0) return false;
    seen_.Rebuild(seen_capacity, all);
  }
  if (ordered != 0) {
    order_ = std::make_unique<EvictionOrder>();
  } else {
    order_.reset();
  }
  purge_collected_at_ = purge_at;
  return true;
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
    Name(slot->key, name);
  }
  return condition_->Load(rest, slot->key, shared_.pool, &slot->word);
}

// In the place of what was loaded for it before.
bool RuleState::LoadKey(std::uint64_t key, std::string_view* rest) {
  if (IsFilter()) return false;
  KeyTable::Slot* slot = table_.Find(key);
  if (slot != nullptr) {
    Release(*slot);
    slot->word = 0;
  } else {
    if (table_.size() + 1 >= table_.capacity()) return false;
    slot = table_.Insert(key);
  }
  const bool loaded = LoadSlot(rest, slot);
  bytes_.WordChanged(0, slot->word);
  return loaded;
}

bool RuleState::LoadSeen(std::uint64_t key, std::string_view* rest) {
  if (news_.empty()) return false;
  KeyTable::Slot* slot = seen_.Find(key);
  if (slot != nullptr) {
    news_[0].seen.Free(slot->word, shared_.pool);
    bytes_.SeenChanged(slot->word, 0);
    slot->word = 0;
  } else {
    if (seen_.size() + 1 >= seen_.capacity()) return false;
    slot = seen_.Insert(key);
  }
  const bool loaded = news_[0].seen.Load(rest, shared_.pool, &slot->word);
  bytes_.SeenChanged(0, slot->word);
  return loaded;
}

bool RuleState::LoadEntry(EntryKind kind, std::uint64_t key,
                          std::string_view bytes) {
  if (key == 0 || key != KeyTable::Hash(key)) return false;
  bool ok = false;
  switch (kind) {
    case EntryKind::kKey:
      ok = LoadKey(key, &bytes);
      break;
    case EntryKind::kIncident: {
      std::unique_ptr<Incident>& incident = incidents_[key];
      incident = std::make_unique<Incident>();
      ok = incident->Load(&bytes);
      break;
    }
    case EntryKind::kCollected: {
      std::unique_ptr<Collected>& collected = collected_[key];
      collected = std::make_unique<Collected>();
      ok = collected->Load(&bytes);
      break;
    }
    case EntryKind::kSeen:
      ok = LoadSeen(key, &bytes);
      break;
  }
  return ok && bytes.empty();
}

bool RuleState::LoadGone(EntryKind kind, std::uint64_t key) {
  switch (kind) {
    case EntryKind::kKey:
      if (KeyTable::Slot* const slot = table_.Find(key)) {
        Release(*slot);
        table_.Erase(slot);
      }
      return true;
    case EntryKind::kIncident:
      incidents_.erase(key);
      return true;
    case EntryKind::kCollected:
      collected_.erase(key);
      return true;
    case EntryKind::kSeen:
      if (KeyTable::Slot* const slot = seen_.Find(key)) {
        news_[0].seen.Free(slot->word, shared_.pool);
        bytes_.SeenChanged(slot->word, 0);
        seen_.Erase(slot);
      }
      return true;
  }
  return false;
}

// What follows from the entries: deadlines, and who would go next. Everything
// that was loaded is in a checkpoint.
void RuleState::EndLoad() {
  const SaveMark saved = shared_.saving->saved();
  if (condition_ != nullptr) condition_->AdoptCaptures(loaded_captures_);
  AdoptCollects(loaded_collects_);
  std::vector<std::uint64_t> keys;
  table_.ForEach([&](KeyTable::Slot& slot) {
    slot.mark = saved;
    keys.push_back(slot.key);
    if (order_ != nullptr) {
      order_->Touch({slot.key, Newest(slot), Progress(slot)});
    }
  });
  seen_.ForEach([saved](KeyTable::Slot& slot) { slot.mark = saved; });
  for (const auto& [key, collected] : collected_) collected->mark = saved;
  for (const auto& [key, incident] : incidents_) {
    incident->mark = saved;
    incident_order_.Touch({key, incident->fired_us, 1});
    SetTimer(key, *incident);
  }
  CountAgain();
  if (condition_ == nullptr) return;
  for (const std::uint64_t key : keys) {
    deadlines_.clear();
    condition_->Deadlines(key, table_.Find(key)->word, shared_.pool,
                          &deadlines_);
    SetTimers(key);
  }
}

}  // namespace tocsin
