// Where state survives: a port for keyed bytes with one durable batch. Nothing
// is promised of a Put before the Sync behind it has returned; what one Sync
// covers is there wholly or not at all.
//
// The memory store has the semantics of a crash, so that tests exercise
// checkpoint and restart from the start.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tocsin {

// Confined to one thread at a time.
class StateStore {
 public:
  virtual ~StateStore() = default;
  // Ahead and unsynced.
  virtual absl::Status Put(std::string_view key, std::string_view value) = 0;
  virtual absl::Status Delete(std::string_view key) = 0;
  // Makes everything since the last Sync durable, at once.
  virtual absl::Status Sync() = 0;
  // NotFound when there is none. Sees what is not synced yet.
  virtual absl::StatusOr<std::string> Get(std::string_view key) = 0;
  // Keys that begin with `prefix`, in order; stops at the first error.
  using Visit =
      std::function<absl::Status(std::string_view key, std::string_view value)>;
  virtual absl::Status ForEach(std::string_view prefix, const Visit& visit) = 0;
};

// In memory, for tests and for a simulation of crashes.
class MemoryStateStore : public StateStore {
 public:
  absl::Status Put(std::string_view key, std::string_view value) override;
  absl::Status Delete(std::string_view key) override;
  absl::Status Sync() override;
  absl::StatusOr<std::string> Get(std::string_view key) override;
  absl::Status ForEach(std::string_view prefix, const Visit& visit) override;

  // The process dies: what no Sync covered is lost.
  void Crash();
  // The next Sync fails and the process dies within it: with `torn` false
  // nothing of it is there, with true all of it is though the caller saw an
  // error.
  void FailNextSync(bool torn);

 private:
  struct Change {
    std::string key;
    bool deleted = false;
    std::string value;
  };
  void Apply();

  std::map<std::string, std::string, std::less<>> durable_;
  std::vector<Change> pending_;
  bool fail_ = false, torn_ = false;
};

}  // namespace tocsin
