#include "engine/base/status.h"
#include "engine/state/state_store.h"

namespace tocsin {

std::string_view FamilyName(Family family) {
  constexpr std::string_view kNames[kFamilies] = {
      "meta", "positions", "state", "merge", "outbox", "history", "silences"};
  return kNames[static_cast<std::size_t>(family)];
}

void StoreBatch::Append(StoreBatch more) {
  bytes_ += more.bytes_;
  for (Change& change : more.changes_) changes_.push_back(std::move(change));
}

void MemoryStateStore::Apply(const StoreBatch& batch, Map* map) {
  for (const StoreBatch::Change& change : batch.changes()) {
    if (change.deleted) {
      map->erase({change.family, change.key});
    } else {
      (*map)[{change.family, change.key}] = change.value;
    }
  }
}

absl::Status MemoryStateStore::Write(const StoreBatch& batch, bool sync) {
  MutexLock lock(&mutex_);
  if (full_) return absl::ResourceExhaustedError("writing state: no room");
  if (sync && std::exchange(fail_, false)) {
    if (torn_) {
      for (const StoreBatch& before : unsynced_) Apply(before, &durable_);
      Apply(batch, &durable_);
    }
    unsynced_.clear();
    seen_ = durable_;
    return StorageFailure("syncing state: the store failed");
  }
  Apply(batch, &seen_);
  unsynced_.push_back(batch);
  if (!sync) return absl::OkStatus();
  for (const StoreBatch& before : unsynced_) Apply(before, &durable_);
  unsynced_.clear();
  return absl::OkStatus();
}

absl::StatusOr<std::string> MemoryStateStore::Get(Family family,
                                                  std::string_view key) {
  MutexLock lock(&mutex_);
  const auto found = seen_.find({family, std::string(key)});
  if (found == seen_.end()) return absl::NotFoundError("no such state");
  return found->second;
}

bool MemoryStateStore::low_on_room() const {
  MutexLock lock(&mutex_);
  return low_;
}

// What no sync has made durable stays.
absl::Status MemoryStateStore::Drop(Family family) {
  MutexLock lock(&mutex_);
  const auto is = [family](const Map::value_type& one) {
    return one.first.first == family;
  };
  std::erase_if(seen_, is);
  std::erase_if(durable_, is);
  return absl::OkStatus();
}

void MemoryStateStore::FillNearly(bool low) {
  MutexLock lock(&mutex_);
  low_ = low;
}

// Over a copy: whoever visits may write.
absl::Status MemoryStateStore::ForEach(Family family, std::string_view prefix,
                                       const Visit& visit) {
  std::vector<std::pair<std::string, std::string>> found;
  {
    MutexLock lock(&mutex_);
    for (auto i = seen_.lower_bound({family, std::string(prefix)});
         i != seen_.end() && i->first.first == family &&
         i->first.second.starts_with(prefix);
         ++i) {
      found.emplace_back(i->first.second, i->second);
    }
  }
  for (const auto& [key, value] : found) {
    if (absl::Status status = visit(key, value); !status.ok()) return status;
  }
  return absl::OkStatus();
}

void MemoryStateStore::Crash(std::size_t kept) {
  MutexLock lock(&mutex_);
  for (std::size_t i = 0; i < kept && i < unsynced_.size(); ++i) {
    Apply(unsynced_[i], &durable_);
  }
  unsynced_.clear();
  seen_ = durable_;
}

void MemoryStateStore::FailNextSync(bool torn) {
  MutexLock lock(&mutex_);
  fail_ = true;
  torn_ = torn;
}

void MemoryStateStore::Fill(bool full) {
  MutexLock lock(&mutex_);
  full_ = full;
}

std::size_t MemoryStateStore::unsynced() const {
  MutexLock lock(&mutex_);
  return unsynced_.size();
}

}  // namespace tocsin
