// Where state survives: a port for keyed bytes in families, written in batches.
// Nothing is promised of a batch before a synced one behind it has returned;
// a crash leaves the batches up to some point of their order, the synced ones
// among them, each wholly or not at all.
//
// The memory store has the semantics of a crash, so that tests and the
// simulation exercise checkpoint and restart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/mutex.h"

namespace tocsin {

// docs/reference/state.md has the keys and values of each.
enum class Family : std::uint8_t {
  kMeta,       // What this store is, and its checkpoint.
  kPositions,  // Of sources, by name.
  kState,      // Of shards.
  kMerge,      // The order in which sources were read.
  kOutbox,     // Alerts on their way, and how far each sink has come.
  kHistory,    // Alerts that were delivered.
  kSilences,   // Reserved: empty.
};
inline constexpr std::size_t kFamilies = 7;
std::string_view FamilyName(Family family);

// Changes that happen together, in their order.
class StoreBatch {
 public:
  struct Change {
    Family family = Family::kMeta;
    bool deleted = false;
    std::string key, value;
  };
  void Put(Family family, std::string key, std::string value) {
    bytes_ += key.size() + value.size();
    changes_.push_back({family, false, std::move(key), std::move(value)});
  }
  void Delete(Family family, std::string key) {
    bytes_ += key.size();
    changes_.push_back({family, true, std::move(key), {}});
  }
  const std::vector<Change>& changes() const { return changes_; }
  bool empty() const { return changes_.empty(); }
  std::size_t bytes() const { return bytes_; }
  void Append(StoreBatch more);

 private:
  std::vector<Change> changes_;
  std::size_t bytes_ = 0;
};

// Thread-safe.
class StateStore {
 public:
  virtual ~StateStore() = default;
  // `sync`: durable when it returns, with every batch before it. A store that
  // has no room left gives ResourceExhausted and may be tried again; any other
  // failure of a write is final (StorageFailure).
  virtual absl::Status Write(const StoreBatch& batch, bool sync) = 0;
  // NotFound when there is none. Sees what is not synced yet.
  virtual absl::StatusOr<std::string> Get(Family family,
                                          std::string_view key) = 0;
  // Keys that begin with `prefix`, in order; stops at the first error.
  using Visit =
      std::function<absl::Status(std::string_view key, std::string_view value)>;
  virtual absl::Status ForEach(Family family, std::string_view prefix,
                               const Visit& visit) = 0;
  // There is little room left: what can be spared should go.
  virtual bool low_on_room() const { return false; }
  // All of a family goes at once and gives its room back, as far as that needs
  // no room: what of it stays must still be deleted by a batch.
  virtual absl::Status Drop(Family family) = 0;
};

// In memory, for tests and for a simulation of crashes.
class MemoryStateStore : public StateStore {
 public:
  absl::Status Write(const StoreBatch& batch, bool sync) override;
  absl::StatusOr<std::string> Get(Family family, std::string_view key) override;
  absl::Status ForEach(Family family, std::string_view prefix,
                       const Visit& visit) override;
  bool low_on_room() const override;
  absl::Status Drop(Family family) override;

  // The machine dies: of the batches that nothing synced the first `kept`
  // remain.
  void Crash(std::size_t kept = 0);
  // The next synced write fails and the process dies within it: with `torn`
  // false nothing of it is there, with true all of it is though the caller saw
  // an error.
  void FailNextSync(bool torn);
  // From now on, until it is called with false, there is no room.
  void Fill(bool full);
  // The same of little room.
  void FillNearly(bool low);
  std::size_t unsynced() const;

 private:
  using Key = std::pair<Family, std::string>;
  using Map = std::map<Key, std::string>;
  static void Apply(const StoreBatch& batch, Map* map);

  mutable Mutex mutex_;
  Map durable_ TOCSIN_GUARDED_BY(mutex_);
  Map seen_ TOCSIN_GUARDED_BY(mutex_);
  std::vector<StoreBatch> unsynced_ TOCSIN_GUARDED_BY(mutex_);
  bool fail_ TOCSIN_GUARDED_BY(mutex_) = false;
  bool torn_ TOCSIN_GUARDED_BY(mutex_) = false;
  bool full_ TOCSIN_GUARDED_BY(mutex_) = false;
  bool low_ TOCSIN_GUARDED_BY(mutex_) = false;
};

}  // namespace tocsin
