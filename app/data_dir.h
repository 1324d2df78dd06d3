// The data directory: what survives a restart, owned by one process at a time.
//
//   LOCK      the process that has it
//   FORMAT    says that there was a state/: without one it is lost
//   state/    RocksDB (docs/reference/state.md)
//   journal/  what webhooks sent (docs/reference/journal.md)
//   dead-letters.ndjson, .1  lines that were no events
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "connectors/rocksdb/rocks_state_store.h"
#include "connectors/stdio/fd_reader.h"

namespace tocsin {

class DataDir {
 public:
  // Makes it (mode 0700) when there is none. FailedPrecondition when another
  // process has it or a newer version wrote it; PermissionDenied, DataLoss.
  static absl::StatusOr<std::unique_ptr<DataDir>> Open(const std::string& path);

  const std::string& path() const { return path_; }
  RocksStateStore* store() { return store_.get(); }
  // Of the hashes of keys: clients choose keys, so where one lives must not be
  // foreseeable. Made once.
  std::uint64_t key_seed() const { return key_seed_; }

 private:
  DataDir() = default;
  absl::Status Lock();
  absl::Status MakeStateFolder() const;
  absl::Status Mark() const;
  absl::Status ReadSeed();

  std::string path_;
  UniqueFd lock_;
  std::unique_ptr<RocksStateStore> store_;
  std::uint64_t key_seed_ = 0;
};

// A seed that nobody foresees.
std::uint64_t RandomSeed();

// How the store of a data directory is opened. When one was made there before,
// its loss is a loss and no beginning.
RocksOptions StoreOptions(const std::string& data_dir);

}  // namespace tocsin
