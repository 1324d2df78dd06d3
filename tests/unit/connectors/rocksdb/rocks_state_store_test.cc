// The store's promises on a real disk: batches whole and in order through a
// kill, damage that is told, no room, and a write after which nothing is known.
#include "connectors/rocksdb/rocks_state_store.h"

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "engine/base/coding.h"
#include "engine/base/limits.h"
#include "engine/base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/temp_dir.h"

namespace tocsin {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::TempDir;

std::unique_ptr<RocksStateStore> MustOpen(const std::string& path,
                                          rocksdb::Env* env = nullptr) {
  auto store = RocksStateStore::Open({path, false, env});
  EXPECT_TRUE(store.ok()) << store.status();
  return store.ok() ? *std::move(store) : nullptr;
}

StoreBatch One(Family family, const std::string& key,
               const std::string& value) {
  StoreBatch batch;
  batch.Put(family, key, value);
  return batch;
}

TEST(RocksStateStoreTest, WhatWasWrittenIsThereInItsFamilyAndOrder) {
  const TempDir dir;
  {
    const auto store = MustOpen(dir.File("state"));
    StoreBatch batch;
    for (const char* key : {"b", "a", "c"}) {
      batch.Put(Family::kState, key, "state");
      batch.Put(Family::kOutbox, key, "outbox");
    }
    batch.Delete(Family::kState, "c");
    ASSERT_TRUE(store->Write(batch, true).ok());
    EXPECT_TRUE(absl::IsNotFound(store->Get(Family::kState, "c").status()));
  }
  const auto store = MustOpen(dir.File("state"));
  EXPECT_EQ(*store->Get(Family::kOutbox, "c"), "outbox");
  std::string keys;
  ASSERT_TRUE(store
                  ->ForEach(Family::kState, "",
                            [&](std::string_view key, std::string_view value) {
                              EXPECT_EQ(value, "state");
                              keys += key;
                              return absl::OkStatus();
                            })
                  .ok());
  EXPECT_EQ(keys, "ab");
  EXPECT_TRUE(store->Verify().ok());
  EXPECT_TRUE(store->Compact().ok());
}

// A child writes numbered batches, every third synced, and says so; it is
// killed at any time. What it said is there, and of the rest a beginning.
TEST(RocksStateStoreTest, AKillLeavesABeginningWithAllThatWasSynced) {
  for (int run = 0; run < 12; ++run) {
    const TempDir dir;
    int pipes[2];
    ASSERT_EQ(pipe(pipes), 0);
    const pid_t child = fork();
    if (child == 0) {
      const auto store = MustOpen(dir.File("state"));
      for (std::uint64_t i = 1;; ++i) {
        StoreBatch batch;
        batch.Put(Family::kMerge, BigEndian(i), "x");
        batch.Put(Family::kOutbox, BigEndian(i), std::string(2'000, 'y'));
        if (!store->Write(batch, i % 3 == 0).ok()) _exit(1);
        if (i % 3 == 0 && write(pipes[1], &i, sizeof(i)) != sizeof(i)) {
          _exit(1);
        }
      }
    }
    close(pipes[1]);
    std::uint64_t synced = 0, next = 0;
    for (int reads = 0; reads < 1 + run * 7; ++reads) {
      if (read(pipes[0], &next, sizeof(next)) != sizeof(next)) break;
      synced = next;
    }
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    while (read(pipes[0], &next, sizeof(next)) == sizeof(next)) synced = next;
    close(pipes[0]);

    const auto store = MustOpen(dir.File("state"));
    for (const Family family : {Family::kMerge, Family::kOutbox}) {
      std::uint64_t count = 0;
      ASSERT_TRUE(store
                      ->ForEach(family, "",
                                [&](std::string_view key, std::string_view) {
                                  EXPECT_EQ(key, BigEndian(++count));
                                  return absl::OkStatus();
                                })
                      .ok());
      EXPECT_GE(count, synced);
      EXPECT_GT(count, 0u);
    }
  }
}

TEST(RocksStateStoreTest, ItIsOpenOnceAndReadByOthers) {
  const TempDir dir;
  const auto store = MustOpen(dir.File("state"));
  ASSERT_TRUE(store->Write(One(Family::kMeta, "a", "1"), true).ok());

  EXPECT_FALSE(RocksStateStore::Open({dir.File("state"), false}).ok());
  const auto reader = RocksStateStore::Open({dir.File("state"), true});
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ(*(*reader)->Get(Family::kMeta, "a"), "1");
  EXPECT_TRUE(absl::IsNotFound(
      RocksStateStore::Open({dir.File("none"), true}).status()));
  EXPECT_FALSE(std::filesystem::exists(dir.File("none")));
}

void WriteFormat(std::uint32_t format, RocksStateStore* store) {
  std::string bytes;
  PutNumber(format, &bytes);
  EXPECT_TRUE(store->Write(One(Family::kMeta, "format", bytes), true).ok());
}

std::uint32_t FormatOf(const std::string& path) {
  const auto store = RocksStateStore::Open({path, true});
  EXPECT_TRUE(store.ok()) << store.status();
  const std::string bytes = *(*store)->Get(Family::kMeta, "format");
  std::string_view rest = bytes;
  std::uint32_t format = 0;
  EXPECT_TRUE(TakeNumber(&rest, &format));
  return format;
}

TEST(RocksStateStoreTest, AnOlderFormatIsReadAndMigratedWhenItIsWritten) {
  const TempDir dir;
  const std::string path = dir.File("state");
  WriteFormat(RocksStateStore::kOldestFormat, MustOpen(path).get());

  EXPECT_EQ(FormatOf(path), RocksStateStore::kOldestFormat);
  MustOpen(path);
  EXPECT_EQ(FormatOf(path), RocksStateStore::kFormat);
}

// What opening says of a store of that format.
std::string WhyRefused(std::uint32_t format, bool read_only) {
  const TempDir dir;
  WriteFormat(format, MustOpen(dir.File("state")).get());
  const auto store = RocksStateStore::Open({dir.File("state"), read_only});
  EXPECT_TRUE(absl::IsFailedPrecondition(store.status())) << store.status();
  return std::string(Message(store.status()));
}

TEST(RocksStateStoreTest, WhatANewerVersionWroteIsRefused) {
  for (const bool read_only : {false, true}) {
    const std::string why = WhyRefused(RocksStateStore::kFormat + 1, read_only);
    EXPECT_THAT(why, HasSubstr("was written by a newer version of tocsin"));
    EXPECT_THAT(why, HasSubstr("(format 3, this one reads format 2)"));
    EXPECT_THAT(
        why, HasSubstr("run that version, or begin with an empty directory"));
  }
}

TEST(RocksStateStoreTest, WhatIsOlderThanAnyThatIsReadIsRefused) {
  for (const bool read_only : {false, true}) {
    const std::string why =
        WhyRefused(RocksStateStore::kOldestFormat - 1, read_only);
    EXPECT_THAT(why, HasSubstr("has format 0, this version reads 1 to 2"));
    EXPECT_THAT(why, HasSubstr("begin with an empty directory"));
  }
}

// RocksDB opens a store without its log as if that had been empty.
TEST(RocksStateStoreTest, AMissingFileIsToldAndNothingBegunAnew) {
  const TempDir dir;
  {
    const auto store = MustOpen(dir.File("state"));
    ASSERT_TRUE(store->Write(One(Family::kMeta, "a", "1"), true).ok());
  }
  int tried = 0;
  for (const char* const missing : {"CURRENT", "MANIFEST-", ".log"}) {
    const std::string copy = dir.File(absl::StrCat("copy", tried++));
    std::filesystem::copy(dir.File("state"), copy);
    int removed = 0;
    for (const auto& file : std::filesystem::directory_iterator(copy)) {
      const std::string name = file.path().filename();
      if (name.find(missing) == std::string::npos) continue;
      removed += std::filesystem::remove(file.path());
    }
    ASSERT_GT(removed, 0) << missing;
    for (const bool read_only : {true, false}) {
      const auto store = RocksStateStore::Open({copy, read_only});
      EXPECT_TRUE(absl::IsDataLoss(store.status()))
          << missing << ": " << store.status();
      EXPECT_THAT(std::string(Message(store.status())), HasSubstr("missing"));
    }
  }
}

TEST(RocksStateStoreTest, WhatMustExistIsNotMade) {
  const TempDir dir;
  std::filesystem::create_directory(dir.File("empty"));
  for (const char* const name : {"empty", "none"}) {
    for (const bool read_only : {true, false}) {
      RocksOptions options{dir.File(name), read_only};
      options.must_exist = true;
      const absl::Status status = RocksStateStore::Open(options).status();
      EXPECT_TRUE(absl::IsDataLoss(status)) << status;
      EXPECT_THAT(std::string(Message(status)),
                  HasSubstr("all of it is missing: restore the data directory "
                            "from a copy, or begin with an empty one"));
    }
  }
  EXPECT_TRUE(std::filesystem::is_empty(dir.File("empty")));
  EXPECT_FALSE(std::filesystem::exists(dir.File("none")));
}

// As a version made it that knew six families.
void MakeOlder(const std::string& path) {
  rocksdb::Options options;
  options.create_if_missing = options.create_missing_column_families = true;
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const char* const name :
       {"default", "positions", "state", "merge", "outbox", "history"}) {
    families.emplace_back(name, options);
  }
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, path, families, &handles, &db).ok());
  EXPECT_TRUE(db->Put({}, handles[1], "log", "1").ok());
  for (rocksdb::ColumnFamilyHandle* handle : handles) {
    EXPECT_TRUE(db->DestroyColumnFamilyHandle(handle).ok());
  }
  delete db;  // NOLINT(cppcoreguidelines-owning-memory): RocksDB gave it.
}

TEST(RocksStateStoreTest, AStoreWithoutTheFamilyOfSilencesIsReadAndGetsIt) {
  const TempDir dir;
  MakeOlder(dir.File("state"));
  const auto families = [&] {
    std::vector<std::string> names;
    EXPECT_TRUE(
        rocksdb::DB::ListColumnFamilies({}, dir.File("state"), &names).ok());
    return names;
  };
  {
    const auto reader = RocksStateStore::Open({dir.File("state"), true});
    ASSERT_TRUE(reader.ok()) << reader.status();
    EXPECT_EQ(*(*reader)->Get(Family::kPositions, "log"), "1");
    EXPECT_TRUE(
        absl::IsNotFound((*reader)->Get(Family::kSilences, "a").status()));
    EXPECT_TRUE((*reader)->ForEach(Family::kSilences, "", nullptr).ok());
    EXPECT_TRUE((*reader)->Verify().ok());
  }
  EXPECT_THAT(families(), Not(Contains("silences")));
  {
    const auto store = MustOpen(dir.File("state"));
    EXPECT_EQ(*store->Get(Family::kPositions, "log"), "1");
    ASSERT_TRUE(store->Write(One(Family::kSilences, "a", "later"), true).ok());
  }
  EXPECT_THAT(families(), Contains("silences"));
  EXPECT_EQ(*MustOpen(dir.File("state"))->Get(Family::kSilences, "a"), "later");
}

TEST(RocksStateStoreTest, AnOlderStoreWithoutItsLogIsDamaged) {
  const TempDir dir;
  MakeOlder(dir.File("state"));
  for (const auto& file :
       std::filesystem::directory_iterator(dir.File("state"))) {
    if (file.path().extension() == ".log") std::filesystem::remove(file);
  }
  EXPECT_TRUE(absl::IsDataLoss(
      RocksStateStore::Open({dir.File("state"), false}).status()));
}

// A flipped bit anywhere in what holds the data is told or does no harm; the
// last record alone may be taken for the torn end that a crash leaves.
TEST(RocksStateStoreTest, DamageIsNeverSilent) {
  const TempDir dir;
  {
    const auto store = MustOpen(dir.File("state"));
    for (int i = 0; i < 50; ++i) {
      ASSERT_TRUE(store
                      ->Write(One(Family::kState, BigEndian(i),
                                  std::string(500, 'a' + i % 26)),
                              true)
                      .ok());
    }
  }
  int told = 0, tried = 0;
  for (const auto& file :
       std::filesystem::directory_iterator(dir.File("state"))) {
    const std::string extension = file.path().extension();
    if (extension != ".sst" && extension != ".log") continue;
    const auto size = std::filesystem::file_size(file.path());
    for (std::uint64_t at = size / 7; at < size; at += size / 7 + 1) {
      const std::string copy = dir.File(absl::StrCat("copy", tried++));
      std::filesystem::copy(dir.File("state"), copy);
      {
        std::fstream bytes(copy + "/" + file.path().filename().string(),
                           std::ios::in | std::ios::out | std::ios::binary);
        bytes.seekg(static_cast<std::streamoff>(at));
        const char was = static_cast<char>(bytes.get());
        bytes.seekp(static_cast<std::streamoff>(at));
        bytes.put(static_cast<char>(was ^ 0x10));
      }
      const auto store = RocksStateStore::Open({copy, false});
      if (!store.ok() || !(*store)->Verify().ok()) {
        ++told;
        continue;
      }
      for (int i = 0; i < 49; ++i) {
        const auto value = (*store)->Get(Family::kState, BigEndian(i));
        ASSERT_TRUE(value.ok()) << file.path() << " at " << at << ", " << i;
        EXPECT_EQ(*value, std::string(500, 'a' + i % 26));
      }
    }
  }
  EXPECT_GT(tried, 5);
  EXPECT_GT(told, 0);
}

// Files whose writes or syncs fail when told to.
class FaultyEnv : public rocksdb::EnvWrapper {
 public:
  FaultyEnv() : EnvWrapper(rocksdb::Env::Default()) {}
  const char* Name() const override { return "faulty"; }
  rocksdb::Status NewWritableFile(
      const std::string& name, std::unique_ptr<rocksdb::WritableFile>* result,
      const rocksdb::EnvOptions& options) override {
    std::unique_ptr<rocksdb::WritableFile> file;
    rocksdb::Status status = target()->NewWritableFile(name, &file, options);
    if (status.ok()) *result = std::make_unique<File>(std::move(file), this);
    return status;
  }

  rocksdb::Status GetFreeSpace(const std::string&,
                               std::uint64_t* bytes) override {
    *bytes = free_bytes;
    return rocksdb::Status::OK();
  }

  std::atomic<bool> no_room{false}, sync_fails{false};
  std::atomic<std::uint64_t> free_bytes{1u << 30};

 private:
  class File : public rocksdb::WritableFileWrapper {
   public:
    File(std::unique_ptr<rocksdb::WritableFile> file, FaultyEnv* env)
        : WritableFileWrapper(file.get()), file_(std::move(file)), env_(env) {}
    using rocksdb::WritableFile::Append;
    rocksdb::Status Append(const rocksdb::Slice& data) override {
      if (env_->no_room) return rocksdb::Status::NoSpace("no room");
      return file_->Append(data);
    }
    rocksdb::Status Sync() override {
      if (env_->sync_fails) return rocksdb::Status::IOError("EIO");
      return file_->Sync();
    }

   private:
    std::unique_ptr<rocksdb::WritableFile> file_;
    FaultyEnv* env_;
  };
};

TEST(RocksStateStoreTest, WithoutRoomItCanBeTriedAgain) {
  const TempDir dir;
  FaultyEnv env;
  const auto store = MustOpen(dir.File("state"), &env);
  env.no_room = true;
  EXPECT_TRUE(absl::IsResourceExhausted(
      store->Write(One(Family::kMeta, "a", "1"), true)));
  EXPECT_TRUE(absl::IsResourceExhausted(
      store->Write(One(Family::kMeta, "a", "1"), true)));
  env.no_room = false;
  absl::Status status;
  for (int tries = 0; tries < 100; ++tries) {
    status = store->Write(One(Family::kMeta, "a", "2"), true);
    if (status.ok()) break;
    usleep(50'000);
  }
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(*store->Get(Family::kMeta, "a"), "2");
}

TEST(RocksStateStoreTest, TheReserveOfTheDiskIsNotTouched) {
  const TempDir dir;
  FaultyEnv env;
  const auto store = MustOpen(dir.File("state"), &env);
  const std::uint64_t reserve = limits::kDiskReserveBytes;
  env.free_bytes = 2 * reserve - 1;
  EXPECT_TRUE(store->low_on_room());
  ASSERT_TRUE(store->Write(One(Family::kHistory, "a", "1"), true).ok());
  env.free_bytes = reserve;
  EXPECT_TRUE(absl::IsResourceExhausted(
      store->Write(One(Family::kMeta, "a", "1"), true)));
  EXPECT_TRUE(store->Drop(Family::kHistory).ok());
  env.free_bytes = 2 * reserve;
  EXPECT_FALSE(store->low_on_room());
  EXPECT_TRUE(store->Write(One(Family::kMeta, "a", "1"), true).ok());
}

TEST(RocksStateStoreTest, AFailedSyncIsFinal) {
  const TempDir dir;
  FaultyEnv env;
  const auto store = MustOpen(dir.File("state"), &env);
  env.sync_fails = true;
  EXPECT_TRUE(
      IsStorageFailure(store->Write(One(Family::kMeta, "a", "1"), true)));
  env.sync_fails = false;
  EXPECT_FALSE(store->Write(One(Family::kMeta, "b", "1"), true).ok());
}

// A file of its own would be one more that can fail, and RocksDB does not
// survive that.
TEST(RocksStateStoreTest, WhatRocksDbSaysIsInOurLogAndInNoFile) {
  const TempDir dir;
  FaultyEnv env;
  ::testing::internal::CaptureStderr();
  {
    const auto store = MustOpen(dir.File("state"), &env);
    ASSERT_TRUE(store->Write(One(Family::kMeta, "a", "1"), true).ok());
    EXPECT_TRUE(RocksStateStore::Open({dir.File("state"), true}).ok());
    env.sync_fails = true;
    EXPECT_FALSE(store->Write(One(Family::kMeta, "a", "2"), true).ok());
  }
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              HasSubstr("error   the state store tells of a trouble"));
  for (const auto& file :
       std::filesystem::directory_iterator(dir.File("state"))) {
    EXPECT_NE(file.path().filename().string().substr(0, 3), "LOG")
        << file.path();
  }
}

}  // namespace
}  // namespace tocsin
