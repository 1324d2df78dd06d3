#include "engine/state/state_store.h"

namespace tocsin {

absl::Status MemoryStateStore::Put(std::string_view key,
                                   std::string_view value) {
  pending_.push_back({std::string(key), false, std::string(value)});
  return absl::OkStatus();
}

absl::Status MemoryStateStore::Delete(std::string_view key) {
  pending_.push_back({std::string(key), true, {}});
  return absl::OkStatus();
}

void MemoryStateStore::Apply() {
  for (Change& change : pending_) {
    if (change.deleted) {
      durable_.erase(change.key);
    } else {
      durable_[change.key] = std::move(change.value);
    }
  }
  pending_.clear();
}

absl::Status MemoryStateStore::Sync() {
  if (fail_) {
    fail_ = false;
    if (torn_) Apply();
    pending_.clear();
    return absl::UnavailableError("syncing state: the store failed");
  }
  Apply();
  return absl::OkStatus();
}

absl::StatusOr<std::string> MemoryStateStore::Get(std::string_view key) {
  for (auto change = pending_.rbegin(); change != pending_.rend(); ++change) {
    if (change->key != key) continue;
    if (change->deleted) return absl::NotFoundError("no such state");
    return change->value;
  }
  const auto found = durable_.find(key);
  if (found == durable_.end()) return absl::NotFoundError("no such state");
  return found->second;
}

absl::Status MemoryStateStore::ForEach(std::string_view prefix,
                                       const Visit& visit) {
  std::map<std::string, std::string, std::less<>> seen = durable_;
  for (const Change& change : pending_) {
    if (change.deleted) {
      seen.erase(change.key);
    } else {
      seen[change.key] = change.value;
    }
  }
  for (auto i = seen.lower_bound(prefix);
       i != seen.end() && i->first.starts_with(prefix); ++i) {
    if (absl::Status status = visit(i->first, i->second); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

void MemoryStateStore::Crash() { pending_.clear(); }

void MemoryStateStore::FailNextSync(bool torn) {
  fail_ = true;
  torn_ = torn;
}

}  // namespace tocsin
