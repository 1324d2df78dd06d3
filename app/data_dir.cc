#include "app/data_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <random>

#include "absl/strings/str_format.h"
#include "engine/base/coding.h"
#include "engine/base/status.h"
#include "engine/base/status_macros.h"

namespace tocsin {
namespace {

constexpr std::string_view kSeedKey = "key_seed";
// For people: that it is there is what counts.
constexpr std::string_view kMark =
    "A data directory of tocsin: what it knows is in state/. As long as this "
    "file stands,\nno other state/ is made when that one is gone.\n";
constexpr mode_t kFolderMode = 0700;
constexpr mode_t kFileMode = 0600;

absl::Status MakeFolder(const std::string& path) {
  std::error_code error;
  const std::filesystem::path parent =
      std::filesystem::path(path).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, error);
  if (mkdir(path.c_str(), kFolderMode) == 0 || errno == EEXIST) {
    struct stat status;
    if (stat(path.c_str(), &status) == 0 && !S_ISDIR(status.st_mode)) {
      return absl::FailedPreconditionError(
          absl::StrFormat("data_dir %s is not a directory", path));
    }
    return absl::OkStatus();
  }
  return ErrnoStatus(errno, absl::StrFormat("making data_dir %s", path));
}

absl::Status WriteFailure(int error, const std::string& path) {
  const absl::Status status =
      ErrnoStatus(error, absl::StrFormat("writing %s", path));
  return error == EIO ? StorageFailure(Message(status)) : status;
}

std::string MarkPath(const std::string& data_dir) {
  return data_dir + "/FORMAT";
}

}  // namespace

std::uint64_t RandomSeed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

RocksOptions StoreOptions(const std::string& data_dir) {
  RocksOptions options;
  options.path = data_dir + "/state";
  options.must_exist = access(MarkPath(data_dir).c_str(), F_OK) == 0;
  return options;
}

// Before RocksDB makes it for everybody to read: state holds what events hold.
absl::Status DataDir::MakeStateFolder() const {
  const std::string path = StoreOptions(path_).path;
  if (mkdir(path.c_str(), kFolderMode) != 0 && errno != EEXIST) {
    return ErrnoStatus(errno, absl::StrFormat("making %s", path));
  }
  if (chmod(path.c_str(), kFolderMode) != 0) {
    return ErrnoStatus(errno, absl::StrFormat("closing %s to others", path));
  }
  return absl::OkStatus();
}

absl::Status DataDir::Lock() {
  const std::string path = path_ + "/LOCK";
  UniqueFd fd(
      open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kFileMode));
  if (!fd.valid()) {
    return ErrnoStatus(errno, absl::StrFormat("opening %s", path));
  }
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    char text[32] = {};
    const ssize_t got = read(fd.get(), text, sizeof(text) - 1);
    std::string owner(text, got > 0 ? static_cast<std::size_t>(got) : 0);
    while (!owner.empty() && owner.back() == '\n') owner.pop_back();
    return absl::FailedPreconditionError(absl::StrFormat(
        "data_dir %s is in use by process %s: two cannot share one", path_,
        owner.empty() ? "?" : owner));
  }
  const std::string pid = absl::StrFormat("%d\n", getpid());
  if (ftruncate(fd.get(), 0) != 0 ||
      write(fd.get(), pid.data(), pid.size()) < 0) {
    return WriteFailure(errno, path);
  }
  lock_ = std::move(fd);
  return absl::OkStatus();
}

// Behind the store and durable: whoever finds it may say that there was one.
absl::Status DataDir::Mark() const {
  const std::string path = MarkPath(path_);
  const UniqueFd fd(open(path.c_str(),
                         O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
                         kFileMode));
  const UniqueFd folder(open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid() || !folder.valid()) {
    return ErrnoStatus(errno, absl::StrFormat("opening %s", path));
  }
  if (write(fd.get(), kMark.data(), kMark.size()) < 0) {
    return WriteFailure(errno, path);
  }
  if (fsync(fd.get()) != 0 || fsync(folder.get()) != 0) {
    return StorageFailure(
        Message(ErrnoStatus(errno, absl::StrFormat("syncing %s", path))));
  }
  return absl::OkStatus();
}

absl::Status DataDir::ReadSeed() {
  const absl::StatusOr<std::string> saved =
      store_->Get(Family::kMeta, kSeedKey);
  if (saved.ok()) {
    std::string_view rest = *saved;
    if (TakeNumber(&rest, &key_seed_)) return absl::OkStatus();
    return absl::DataLossError("the key seed of the state is damaged");
  }
  if (!absl::IsNotFound(saved.status())) return saved.status();
  key_seed_ = RandomSeed();
  std::string value;
  PutNumber(key_seed_, &value);
  StoreBatch batch;
  batch.Put(Family::kMeta, std::string(kSeedKey), std::move(value));
  return store_->Write(batch, /*sync=*/true);
}

absl::StatusOr<std::unique_ptr<DataDir>> DataDir::Open(
    const std::string& path) {
  TOCSIN_RETURN_IF_ERROR(MakeFolder(path));
  std::unique_ptr<DataDir> dir(new DataDir());
  dir->path_ = path;
  TOCSIN_RETURN_IF_ERROR(dir->Lock());
  const RocksOptions options = StoreOptions(path);
  if (!options.must_exist || std::filesystem::exists(options.path)) {
    TOCSIN_RETURN_IF_ERROR(dir->MakeStateFolder());
  }
  TOCSIN_ASSIGN_OR_RETURN(dir->store_, RocksStateStore::Open(options));
  TOCSIN_RETURN_IF_ERROR(dir->ReadSeed());
  if (!options.must_exist) TOCSIN_RETURN_IF_ERROR(dir->Mark());
  return dir;
}

}  // namespace tocsin
