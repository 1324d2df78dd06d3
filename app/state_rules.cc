#include "app/state_rules.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "engine/base/coding.h"
#include "engine/durable/checkpoints.h"

namespace tocsin {
namespace {

constexpr char kNamesKey[] = "rules";

}  // namespace

bool StateByRule::Add(std::string_view records) {
  SavedRecord record;
  while (!records.empty()) {
    if (!TakeRecord(&records, &record)) return false;
    const Entry entry{record.uid, record.entry, record.key};
    switch (record.kind) {
      case RecordKind::kShard:
        if (record.shard / kShardsOfGroup != group_) Count();
        group_ = record.shard / kShardsOfGroup;
        break;
      case RecordKind::kEntry:
        sizes_[entry] = static_cast<std::uint32_t>(record.bytes.size());
        break;
      case RecordKind::kGone:
        sizes_.erase(entry);
        break;
      case RecordKind::kDuplicates:
      case RecordKind::kSamples:
        shared_bytes_ += record.bytes.size();
        break;
      case RecordKind::kRule:
      case RecordKind::kHeader:
        break;
    }
  }
  return true;
}

void StateByRule::Count() {
  for (const auto& [entry, size] : sizes_) {
    RuleKept& rule = rules_[entry.uid];
    rule.bytes += size + sizeof(entry.key);
    rule.keys +=
        entry.kind == EntryKind::kKey || entry.kind == EntryKind::kSeen;
    rule.holds += entry.kind == EntryKind::kIncident;
    rule.collected += entry.kind == EntryKind::kCollected;
  }
  sizes_.clear();
}

std::vector<RuleKept> StateByRule::Take(
    const std::map<Hash128, std::string>& names) {
  Count();
  std::vector<RuleKept> all;
  for (auto& [uid, rule] : rules_) {
    const auto named = names.find(uid);
    rule.uid = uid;
    rule.name = named == names.end() ? ToHex(uid) : named->second;
    all.push_back(std::move(rule));
  }
  rules_.clear();
  std::sort(all.begin(), all.end(), [](const RuleKept& a, const RuleKept& b) {
    return std::tie(b.bytes, a.name) < std::tie(a.bytes, b.name);
  });
  return all;
}

absl::Status WriteRuleNames(const std::map<std::string, Hash128>& rules,
                            StateStore* store) {
  std::string value;
  PutNumber(static_cast<std::uint32_t>(rules.size()), &value);
  for (const auto& [name, uid] : rules) {
    PutNumber(uid.high, &value);
    PutNumber(uid.low, &value);
    PutBytes(name, &value);
  }
  StoreBatch batch;
  batch.Put(Family::kMeta, kNamesKey, std::move(value));
  return store->Write(batch, /*sync=*/false);
}

absl::StatusOr<std::map<Hash128, std::string>> ReadRuleNames(
    StateStore* store) {
  std::map<Hash128, std::string> names;
  const absl::StatusOr<std::string> saved =
      store->Get(Family::kMeta, kNamesKey);
  if (absl::IsNotFound(saved.status())) return names;
  if (!saved.ok()) return saved.status();
  std::string_view rest = *saved, name;
  std::uint32_t count = 0;
  bool sound = TakeNumber(&rest, &count);
  for (; sound && count > 0; --count) {
    Hash128 uid;
    sound = TakeNumber(&rest, &uid.high) && TakeNumber(&rest, &uid.low) &&
            TakeBytes(&rest, &name);
    names[uid] = name;
  }
  if (!sound || !rest.empty()) {
    return absl::DataLossError("the names of rules are damaged");
  }
  return names;
}

}  // namespace tocsin
