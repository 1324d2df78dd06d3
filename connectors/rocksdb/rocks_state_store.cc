#include "connectors/rocksdb/rocks_state_store.h"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_format.h"
#include "connectors/rocksdb/rocks_logger.h"
#include "engine/base/coding.h"
#include "engine/base/status.h"
#include "engine/base/status_macros.h"

namespace tocsin {
namespace {

// Over all families: state is read at the start only.
constexpr std::size_t kWriteBufferBytes = 32u << 20;
constexpr std::size_t kBlockCacheBytes = 16u << 20;
// The last ones came later: a store that nobody has opened for writing since
// does not have them.
constexpr std::size_t kFirstFamilies = 6;
constexpr std::string_view kFormatKey = "format";

rocksdb::Slice SliceOf(std::string_view text) {
  return {text.data(), text.size()};
}

std::string_view ViewOf(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

// The first family is RocksDB's own "default": it cannot be without.
std::string NameOf(std::size_t family) {
  return family == 0 ? rocksdb::kDefaultColumnFamilyName
                     : std::string(FamilyName(static_cast<Family>(family)));
}

absl::Status FromRocks(const rocksdb::Status& status, std::string_view doing) {
  if (status.ok()) return absl::OkStatus();
  const std::string text = absl::StrFormat("%s: %s", doing, status.ToString());
  if (status.IsNotFound()) return absl::NotFoundError(text);
  if (status.IsNoSpace()) return absl::ResourceExhaustedError(text);
  return StorageFailure(text);
}

rocksdb::Options MakeOptions(const RocksOptions& asked) {
  rocksdb::Options options;
  if (asked.env != nullptr) options.env = asked.env;
  options.create_if_missing = !asked.read_only;
  options.create_missing_column_families = !asked.read_only;
  options.db_write_buffer_size = kWriteBufferBytes;
  options.max_background_jobs = 2;
  options.max_open_files = 128;
  options.info_log = MakeRocksLogger();
  // A torn end is what a crash leaves; anything else is damage, and told.
  options.wal_recovery_mode =
      rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.track_and_verify_wals_in_manifest = true;
  // What is young is soon deleted: state by the next checkpoints, alerts when
  // they are delivered.
  options.compression = rocksdb::kLZ4Compression;
  options.compression_per_level = {rocksdb::kNoCompression,
                                   rocksdb::kLZ4Compression};
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(kBlockCacheBytes);
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

// Nothing waits for files to be written and merged, unless so much is behind
// that writing does: events go first.
void GiveWay(rocksdb::Env* env) {
  for (const auto pool : {rocksdb::Env::HIGH, rocksdb::Env::LOW}) {
    env->LowerThreadPoolCPUPriority(pool, rocksdb::CpuPriority::kLow);
  }
}

absl::Status OpenFailure(const rocksdb::Status& status,
                         const std::string& path) {
  const std::string text =
      absl::StrFormat("opening the state in %s: %s", path, status.ToString());
  if (status.IsCorruption()) return absl::DataLossError(text);
  if (status.IsNoSpace()) return absl::ResourceExhaustedError(text);
  if (text.find("lock") != std::string::npos) {
    return absl::UnavailableError(text);
  }
  // RocksDB keeps of errno what it says.
  if (text.find(std::strerror(EIO)) != std::string::npos) {
    return StorageFailure(text);
  }
  return absl::FailedPreconditionError(text);
}

absl::Status Missing(const std::string& path, const std::string& what) {
  return absl::DataLossError(absl::StrFormat(
      "the state in %s is damaged: %s is missing: restore the data directory "
      "from a copy, or begin with an empty one",
      path, what));
}

bool HasFiles(const std::string& path, std::string_view extension) {
  std::error_code error;
  for (const auto& file : std::filesystem::directory_iterator(path, error)) {
    if (file.path().extension() == extension) return true;
  }
  return false;
}

absl::Status NewerFormat(const std::string& path, const std::string& what) {
  return absl::FailedPreconditionError(absl::StrFormat(
      "the state in %s was written by a newer version of tocsin (%s, this one "
      "reads format %d): run that version, or begin with an empty directory",
      path, what, RocksStateStore::kFormat));
}

}  // namespace

RocksStateStore::RocksStateStore() = default;

RocksStateStore::~RocksStateStore() {
  if (db_ == nullptr) return;
  for (rocksdb::ColumnFamilyHandle* handle : handles_) {
    db_->DestroyColumnFamilyHandle(handle);
  }
  db_->Close();
}

absl::StatusOr<std::unique_ptr<RocksStateStore>> RocksStateStore::Open(
    const RocksOptions& options) {
  std::unique_ptr<RocksStateStore> store(new RocksStateStore());
  store->path_ = options.path;
  store->reserve_bytes_ = options.reserve_bytes;
  TOCSIN_RETURN_IF_ERROR(store->OpenDb(options));
  TOCSIN_RETURN_IF_ERROR(store->CheckFormat(options.read_only));
  return store;
}

absl::Status RocksStateStore::OpenDb(const RocksOptions& asked) {
  const rocksdb::Options options = MakeOptions(asked);
  std::vector<std::string> there;
  const rocksdb::Status listed =
      rocksdb::DB::ListColumnFamilies(options, asked.path, &there);
  const bool absent = listed.IsPathNotFound();
  if (!listed.ok() && !listed.IsCorruption() && !absent) {
    return OpenFailure(listed, asked.path);
  }
  if (absent &&
      (HasFiles(asked.path, ".sst") || HasFiles(asked.path, ".log"))) {
    return Missing(asked.path, "CURRENT, or the manifest that it names,");
  }
  // There is one as soon as the first families are there. RocksDB would go on
  // without, as if what it held had not been.
  if (there.size() >= kFirstFamilies && !HasFiles(asked.path, ".log") &&
      !HasFiles(asked.path, ".log")) {  // A look may fall between two logs.
    return Missing(asked.path, "its write-ahead log (*.log)");
  }
  if (absent && asked.must_exist) return Missing(asked.path, "all of it");
  if (absent && asked.read_only) {
    return absl::NotFoundError(
        absl::StrFormat("there is no state in %s", asked.path));
  }
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (std::size_t i = 0; i < kFamilies; ++i) {
    const bool has = std::erase(there, NameOf(i)) > 0;
    if (asked.read_only && !has && i >= kFirstFamilies) break;
    families.emplace_back(NameOf(i), options);
  }
  if (!there.empty()) {
    return NewerFormat(asked.path, absl::StrFormat("family %s", there[0]));
  }
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened =
      asked.read_only
          ? rocksdb::DB::OpenForReadOnly(options, asked.path, families,
                                         &handles_, &db)
          : rocksdb::DB::Open(options, asked.path, families, &handles_, &db);
  db_.reset(db);
  if (opened.ok()) GiveWay(db->GetEnv());
  return opened.ok() ? absl::OkStatus() : OpenFailure(opened, asked.path);
}

absl::Status RocksStateStore::WriteFormat() {
  std::string format;
  PutNumber(kFormat, &format);
  StoreBatch batch;
  batch.Put(Family::kMeta, std::string(kFormatKey), std::move(format));
  return Write(batch, /*sync=*/true);
}

absl::Status RocksStateStore::CheckFormat(bool read_only) {
  const absl::StatusOr<std::string> saved = Get(Family::kMeta, kFormatKey);
  if (absl::IsNotFound(saved.status())) {
    return read_only ? absl::OkStatus() : WriteFormat();
  }
  if (!saved.ok()) return saved.status();
  std::string_view rest = *saved;
  std::uint32_t format = 0;
  if (!TakeNumber(&rest, &format)) {
    return absl::DataLossError(
        absl::StrFormat("the format of the state in %s is damaged", path_));
  }
  if (format > kFormat) {
    return NewerFormat(path_, absl::StrFormat("format %d", format));
  }
  if (format < kOldestFormat) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "the state in %s has format %d, this version reads %d to %d: begin "
        "with an empty directory, or let a version in between migrate it",
        path_, format, kOldestFormat, kFormat));
  }
  // What format 2 adds may be missing, so 1 is read as it stands; from the
  // first write on no older version may read it.
  return read_only || format == kFormat ? absl::OkStatus() : WriteFormat();
}

// A disk that cannot say how much it has free has enough.
bool RocksStateStore::HasFree(std::uint64_t bytes) const {
  std::uint64_t free = 0;
  return !db_->GetEnv()->GetFreeSpace(path_, &free).ok() || free >= bytes;
}

bool RocksStateStore::low_on_room() const {
  return !HasFree(2 * reserve_bytes_);
}

// Whole files, which needs no room.
absl::Status RocksStateStore::Drop(Family family) {
  rocksdb::ColumnFamilyHandle* const handle = Handle(family);
  const rocksdb::RangePtr all;
  return FromRocks(rocksdb::DeleteFilesInRanges(db_.get(), handle, &all, 1),
                   absl::StrFormat("deleting state in %s", path_));
}

absl::Status RocksStateStore::Write(const StoreBatch& batch, bool sync) {
  if (!HasFree(reserve_bytes_ + batch.bytes())) {
    return absl::ResourceExhaustedError(absl::StrFormat(
        "writing state in %s: less than %d MiB of the disk are free", path_,
        reserve_bytes_ >> 20));
  }
  rocksdb::WriteBatch changes(batch.bytes() + 64);
  for (const StoreBatch::Change& change : batch.changes()) {
    if (change.deleted) {
      changes.Delete(Handle(change.family), change.key);
    } else {
      changes.Put(Handle(change.family), change.key, change.value);
    }
  }
  rocksdb::WriteOptions options;
  options.sync = sync;
  rocksdb::Status status = db_->Write(options, &changes);
  if (status.IsNoSpace() && db_->Resume().ok()) {
    // There is room again.
    status = db_->Write(options, &changes);
  }
  return FromRocks(status, absl::StrFormat("writing state in %s", path_));
}

absl::StatusOr<std::string> RocksStateStore::Get(Family family,
                                                 std::string_view key) {
  if (Handle(family) == nullptr) return absl::NotFoundError("no such family");
  std::string value;
  const rocksdb::Status status =
      db_->Get(rocksdb::ReadOptions(), Handle(family), SliceOf(key), &value);
  if (!status.ok()) {
    return FromRocks(status, absl::StrFormat("reading state in %s", path_));
  }
  return value;
}

absl::Status RocksStateStore::ForEach(Family family, std::string_view prefix,
                                      const Visit& visit) {
  if (Handle(family) == nullptr) return absl::OkStatus();
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> i(
      db_->NewIterator(options, Handle(family)));
  for (i->Seek(SliceOf(prefix));
       i->Valid() && i->key().starts_with(SliceOf(prefix)); i->Next()) {
    TOCSIN_RETURN_IF_ERROR(visit(ViewOf(i->key()), ViewOf(i->value())));
  }
  return FromRocks(i->status(), absl::StrFormat("reading state in %s", path_));
}

absl::Status RocksStateStore::Verify() {
  const rocksdb::Status status = db_->VerifyChecksum();
  if (status.ok()) return absl::OkStatus();
  return absl::DataLossError(absl::StrFormat("the state in %s is damaged: %s",
                                             path_, status.ToString()));
}

absl::Status RocksStateStore::Compact() {
  for (rocksdb::ColumnFamilyHandle* handle : handles_) {
    rocksdb::CompactRangeOptions options;
    options.bottommost_level_compaction =
        rocksdb::BottommostLevelCompaction::kForce;
    TOCSIN_RETURN_IF_ERROR(
        FromRocks(db_->CompactRange(options, handle, nullptr, nullptr),
                  absl::StrFormat("compacting %s", path_)));
  }
  return absl::OkStatus();
}

std::uint64_t RocksStateStore::BytesOnDisk() const {
  std::uint64_t bytes = 0;
  for (rocksdb::ColumnFamilyHandle* handle : handles_) {
    std::uint64_t of_family = 0;
    db_->GetIntProperty(handle, rocksdb::DB::Properties::kLiveSstFilesSize,
                        &of_family);
    bytes += of_family;
  }
  return bytes;
}

}  // namespace tocsin
