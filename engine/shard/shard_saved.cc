// Shard in checkpoints (docs/reference/state.md).
#include <map>

#include "engine/base/check.h"
#include "engine/base/coding.h"
#include "engine/shard/shard.h"

namespace tocsin {

void Shard::BeginSave(std::uint64_t marker, bool whole) {
  TOCSIN_CHECK(saving_.on() && !saving_.saving());
  marker_ = marker;
  saving_.Begin(whole);
  for (std::uint8_t i = 0; i < strata_.size(); ++i) {
    Stratum& stratum = *strata_[i];
    std::string bytes;
    if (whole || stratum.dedup.HasChanged()) {
      stratum.dedup.Save(whole, &bytes);
      PutNumber(RecordKind::kDuplicates, &records_);
      PutNumber(i, &records_);
      PutBytes(bytes, &records_);
    }
    bytes.clear();
    if (whole || stratum.samples.HasChanged()) {
      stratum.samples.Save(whole, &bytes);
      PutNumber(RecordKind::kSamples, &records_);
      PutNumber(i, &records_);
      PutBytes(bytes, &records_);
    }
  }
  for (const auto& [rule, state] : states_) {
    if (state->BeginSave(whole)) to_be_saved_.push_back(state.get());
  }
}

// The rules write into the caller's bytes meanwhile, behind what was written
// for changes before.
std::size_t Shard::SaveSome(std::size_t most, std::string* out) {
  out->append(records_);
  records_.swap(*out);
  std::size_t entries = 0;
  while (entries < most && !to_be_saved_.empty()) {
    RuleState* const state = to_be_saved_.back();
    entries += state->SaveSome(most - entries);
    if (state->AllSaved()) to_be_saved_.pop_back();
  }
  if (to_be_saved_.empty()) saving_.End();
  records_.swap(*out);
  records_ = std::string();  // Most shards need no room until the next one.
  return entries;
}

bool Shard::Load(std::string_view* rest) {
  std::map<Hash128, std::uint32_t> by_uid;
  for (std::uint32_t i = 0; i < rules_->rules.size(); ++i) {
    by_uid.emplace(rules_->rules[i].uid, i);
  }
  RuleState* state = nullptr;
  SavedRecord record;
  while (!rest->empty() &&
         static_cast<RecordKind>(rest->front()) != RecordKind::kShard) {
    if (!TakeRecord(rest, &record)) return false;
    if (record.kind == RecordKind::kRule) {
      const auto found = by_uid.find(record.uid);
      state = found == by_uid.end() ? nullptr : StateOf(found->second);
    } else if (!LoadRecord(record, state)) {
      return false;
    }
  }
  return true;
}

// `state`: of its rule; null when there is no such rule any more.
bool Shard::LoadRecord(const SavedRecord& record, RuleState* state) {
  switch (record.kind) {
    case RecordKind::kShard:
    case RecordKind::kRule:
      return false;  // Not for here.
    case RecordKind::kHeader:
      return state == nullptr || state->LoadHeader(record.bytes);
    case RecordKind::kEntry:
      return state == nullptr ||
             state->LoadEntry(record.entry, record.key, record.bytes);
    case RecordKind::kGone:
      return state == nullptr || state->LoadGone(record.entry, record.key);
    case RecordKind::kDuplicates:
    case RecordKind::kSamples:
      break;
  }
  if (record.stratum >= strata_.size()) return true;  // It is no more.
  Stratum& of = *strata_[record.stratum];
  std::string_view bytes = record.bytes;
  const bool loaded = record.kind == RecordKind::kDuplicates
                          ? of.dedup.Load(&bytes)
                          : of.samples.Load(&bytes);
  return loaded && bytes.empty();
}

void Shard::EndLoad() {
  for (const auto& [rule, state] : states_) state->EndLoad();
}

}  // namespace tocsin
