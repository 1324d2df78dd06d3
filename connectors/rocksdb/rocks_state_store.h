// The state store on disk: RocksDB, one column family a family. Every key and
// value is described in docs/reference/state.md.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/limits.h"
#include "engine/state/state_store.h"

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
class Env;
class Status;
}  // namespace rocksdb

namespace tocsin {

struct RocksOptions {
  std::string path;
  // Nothing is written, and it may be open elsewhere for writing: what is seen
  // is what was written when it was opened.
  bool read_only = false;
  rocksdb::Env* env = nullptr;  // Null: the machine's. Outlives the store.
  // There was one: when there is none it is lost, and none is made.
  bool must_exist = false;
  // So much of the disk stays free: a write that would take of it gives
  // ResourceExhausted before RocksDB meets a full disk, which it does not
  // always survive. With less than twice as much the store is low on room.
  std::uint64_t reserve_bytes = limits::kDiskReserveBytes;
};

// Thread-safe.
class RocksStateStore : public StateStore {
 public:
  static constexpr std::uint32_t kFormat = 2;
  // The oldest that is read. Opened to be written, it becomes the newest.
  static constexpr std::uint32_t kOldestFormat = 1;

  // Makes it when there is none. FailedPrecondition when a newer version wrote
  // it, NotFound when it is to be read and not there, DataLoss when RocksDB
  // finds it damaged or some of it is gone, Unavailable when it is open
  // elsewhere.
  static absl::StatusOr<std::unique_ptr<RocksStateStore>> Open(
      const RocksOptions& options);
  ~RocksStateStore() override;

  absl::Status Write(const StoreBatch& batch, bool sync) override;
  absl::StatusOr<std::string> Get(Family family, std::string_view key) override;
  absl::Status ForEach(Family family, std::string_view prefix,
                       const Visit& visit) override;
  bool low_on_room() const override;
  absl::Status Drop(Family family) override;

  // Reads every block; DataLoss with the place of the first that is damaged.
  absl::Status Verify();
  // Writes everything anew, without what is deleted.
  absl::Status Compact();
  std::uint64_t BytesOnDisk() const;

 private:
  RocksStateStore();
  absl::Status OpenDb(const RocksOptions& options);
  absl::Status CheckFormat(bool read_only);
  absl::Status WriteFormat();
  bool HasFree(std::uint64_t bytes) const;
  // Null: one that came later, in an older store that is only read.
  rocksdb::ColumnFamilyHandle* Handle(Family family) const {
    const auto index = static_cast<std::size_t>(family);
    return index < handles_.size() ? handles_[index] : nullptr;
  }

  std::string path_;
  std::uint64_t reserve_bytes_ = 0;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;  // By family.
};

}  // namespace tocsin
