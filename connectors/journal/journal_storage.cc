#include "connectors/journal/journal_storage.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "absl/strings/str_format.h"
#include "engine/base/limits.h"
#include "engine/base/status.h"

namespace tocsin {
namespace {

constexpr std::size_t kPieces = IOV_MAX;
// Of the disk, for the checkpoints that free the journal again.
constexpr std::uint64_t kSparedBytes = 2 * limits::kDiskReserveBytes;

class PosixStorage : public JournalStorage {
 public:
  PosixStorage(std::string folder, int fd)
      : folder_(std::move(folder)), fd_(fd) {}
  ~PosixStorage() override { close(fd_); }
  PosixStorage(const PosixStorage&) = delete;
  PosixStorage& operator=(const PosixStorage&) = delete;

  const std::string& folder() const override { return folder_; }

  int List(std::vector<std::string>* names) override {
    const int fd = openat(fd_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return errno;
    DIR* const stream = fdopendir(fd);
    if (stream == nullptr) {
      const int error = errno;
      close(fd);
      return error;
    }
    errno = 0;
    while (const dirent* const entry = readdir(stream)) {
      names->emplace_back(entry->d_name);
    }
    const int error = errno;
    closedir(stream);
    return error;
  }

  int Create(const std::string& name, int* file) override {
    return OpenAt(name, O_RDWR | O_CREAT | O_EXCL, file);
  }
  int Open(const std::string& name, int* file) override {
    return OpenAt(name, O_RDWR, file);
  }
  void Close(int file) override { close(file); }

  int Size(int file, std::uint64_t* size) override {
    struct stat info {};
    if (fstat(file, &info) != 0) return errno;
    *size = static_cast<std::uint64_t>(info.st_size);
    return 0;
  }

  int Write(int file, std::uint64_t offset,
            std::span<const std::string_view> pieces) override {
    struct statvfs disk {};
    if (fstatvfs(file, &disk) == 0 &&
        std::uint64_t{disk.f_bavail} * disk.f_frsize < kSparedBytes) {
      return ENOSPC;
    }
    std::vector<iovec> left;
    left.reserve(pieces.size());
    for (const std::string_view piece : pieces) {
      if (piece.empty()) continue;
      // pwritev reads its bytes, but its type is not const.
      left.push_back({const_cast<char*>(piece.data()), piece.size()});
    }
    std::size_t first = 0;
    while (first < left.size()) {
      const ssize_t wrote =
          pwritev(file, &left[first],
                  static_cast<int>(std::min(left.size() - first, kPieces)),
                  static_cast<off_t>(offset));
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) return errno;
      if (wrote == 0) return EIO;
      offset += static_cast<std::uint64_t>(wrote);
      auto done = static_cast<std::size_t>(wrote);
      while (first < left.size() && done >= left[first].iov_len) {
        done -= left[first++].iov_len;
      }
      if (done > 0) {
        left[first].iov_base = static_cast<char*>(left[first].iov_base) + done;
        left[first].iov_len -= done;
      }
    }
    return 0;
  }

  int Read(int file, std::uint64_t offset, char* into, std::size_t size,
           std::size_t* got) override {
    *got = 0;
    while (*got < size) {
      const ssize_t read = pread(file, into + *got, size - *got,
                                 static_cast<off_t>(offset + *got));
      if (read < 0 && errno == EINTR) continue;
      if (read < 0) return errno;
      if (read == 0) break;
      *got += static_cast<std::size_t>(read);
    }
    return 0;
  }

  int Truncate(int file, std::uint64_t size) override {
    return ftruncate(file, static_cast<off_t>(size)) == 0 ? 0 : errno;
  }
  int Sync(int file) override { return fdatasync(file) == 0 ? 0 : errno; }
  int SyncFolder() override { return fsync(fd_) == 0 ? 0 : errno; }
  int Remove(const std::string& name) override {
    return unlinkat(fd_, name.c_str(), 0) == 0 ? 0 : errno;
  }

 private:
  int OpenAt(const std::string& name, int flags, int* file) const {
    constexpr mode_t kMode = 0600;
    *file = openat(fd_, name.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, kMode);
    return *file >= 0 ? 0 : errno;
  }

  std::string folder_;
  int fd_;  // Of the folder; holds the lock.
};

// Each folder that was made is synced into the one above it.
absl::Status MakeFolders(const std::filesystem::path& folder) {
  std::filesystem::path so_far;
  for (const std::filesystem::path& part : folder) {
    const std::filesystem::path above = so_far.empty() ? "." : so_far;
    so_far /= part;
    if (so_far.empty()) continue;
    if (mkdir(so_far.c_str(), 0700) != 0) {
      if (errno == EEXIST) continue;
      return ErrnoStatus(errno, absl::StrFormat("making %s", so_far.string()));
    }
    const int fd = open(above.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0) {
      const int error = errno;
      if (fd >= 0) close(fd);
      return ErrnoStatus(error, absl::StrFormat("syncing %s", above.string()));
    }
    close(fd);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<JournalStorage>> OpenJournalFolder(
    const std::string& folder) {
  const absl::Status made = MakeFolders(folder);
  if (!made.ok()) return made;
  const int fd =
      open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return ErrnoStatus(errno, absl::StrFormat("opening %s", folder));
  auto storage = std::make_unique<PosixStorage>(folder, fd);
  struct stat info {};
  if (fstat(fd, &info) != 0) {
    return ErrnoStatus(errno, absl::StrFormat("looking at %s", folder));
  }
  if (info.st_uid != geteuid() || (info.st_mode & 022) != 0) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "%s belongs to another user, or others may write to it", folder));
  }
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) {
      return ErrnoStatus(errno, absl::StrFormat("locking %s", folder));
    }
    return absl::FailedPreconditionError(
        absl::StrFormat("%s is in use by another process", folder));
  }
  return storage;
}

}  // namespace tocsin
