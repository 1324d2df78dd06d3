#include "app/text_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>

#include "absl/strings/str_format.h"
#include "app/rule_loader.h"
#include "connectors/stdio/fd_reader.h"
#include "connectors/stdio/stdout_sink.h"
#include "engine/base/status.h"
#include "engine/base/status_macros.h"
#include "engine/base/utf8.h"

namespace tocsin {
namespace {

std::int64_t ChangedNs(const struct stat& status) {
  return static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 +
         status.st_mtim.tv_nsec;
}

bool IsStill(const TextFile& file, const struct stat& status) {
  return status.st_dev == file.device && status.st_ino == file.inode &&
         status.st_size == file.size && ChangedNs(status) == file.changed_ns;
}

absl::Status ChangedMeanwhile(const std::string& path) {
  return absl::AbortedError(absl::StrFormat(
      "%s: it was changed by somebody else meanwhile, and is left as it is",
      path));
}

// A file that is removed again unless it was renamed.
class NewFile {
 public:
  explicit NewFile(const std::string& beside)
      : path_(beside + ".XXXXXX"), fd_(mkostemp(path_.data(), O_CLOEXEC)) {}
  ~NewFile() {
    if (fd_.valid() && !kept_) unlink(path_.c_str());
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  int fd() const { return fd_.get(); }
  bool RenameTo(const std::string& path) {
    kept_ = rename(path_.c_str(), path.c_str()) == 0;
    return kept_;
  }

 private:
  std::string path_;
  UniqueFd fd_;
  bool kept_ = false;
};

}  // namespace

absl::StatusOr<TextFile> ReadTextFile(const std::string& path,
                                      std::size_t limit) {
  struct stat before;
  if (stat(path.c_str(), &before) != 0) {
    return ErrnoStatus(errno, absl::StrFormat("opening %s", path));
  }
  TextFile file;
  file.path = path;
  file.device = before.st_dev;
  file.inode = before.st_ino;
  file.size = before.st_size;
  file.changed_ns = ChangedNs(before);
  file.mode = before.st_mode;
  file.user = before.st_uid;
  file.group = before.st_gid;
  TOCSIN_ASSIGN_OR_RETURN(file.bytes, ReadWholeFile(path, limit));
  struct stat after;
  if (stat(path.c_str(), &after) != 0 || !IsStill(file, after)) {
    return ChangedMeanwhile(path);
  }
  const auto size = static_cast<std::uint64_t>(file.size);
  if (S_ISREG(file.mode) && file.bytes.size() <= limit &&
      file.bytes.size() != size) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "%s: it is compressed, and would not be any more", path));
  }
  return file;
}

std::string WhyNoText(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    int bad = 0;
    const int length = Utf8Length(bytes.substr(at), &bad);
    if (length == 0 || bytes[at] == '\0') {
      const std::string_view before = bytes.substr(0, at);
      return absl::StrFormat(
          "byte 0x%02x in line %d is not UTF-8 text",
          static_cast<unsigned char>(bytes[at]),
          1 + std::count(before.begin(), before.end(), '\n'));
    }
    at += static_cast<std::size_t>(length);
  }
  return "";
}

absl::Status ReplaceTextFile(const TextFile& file, std::string_view bytes) {
  const std::string doing = absl::StrFormat("writing %s", file.path);
  if (!S_ISREG(file.mode)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: it is no ordinary file", doing));
  }
  const std::unique_ptr<char, decltype(&free)> real(
      realpath(file.path.c_str(), nullptr), free);
  if (real == nullptr) return ErrnoStatus(errno, doing);
  const std::string target = real.get();
  // Its folder may be ours where the file is not.
  if (access(target.c_str(), W_OK) != 0) return ErrnoStatus(errno, doing);
  const std::size_t slash = target.rfind('/') + 1;
  NewFile fresh(target.substr(0, slash) + "." + target.substr(slash));
  if (fresh.fd() < 0) return ErrnoStatus(errno, doing);
  TOCSIN_RETURN_IF_ERROR(WriteAll(fresh.fd(), bytes, file.path));
  // Only root may give a file away: otherwise it is ours now.
  const bool given = fchown(fresh.fd(), file.user, file.group) == 0;
  const mode_t mode = file.mode & (given ? 07777u : 0777u);
  if (fchmod(fresh.fd(), mode) != 0 || fsync(fresh.fd()) != 0) {
    return ErrnoStatus(errno, doing);
  }
  struct stat now;
  if (stat(target.c_str(), &now) != 0 || !IsStill(file, now)) {
    return ChangedMeanwhile(file.path);
  }
  if (!fresh.RenameTo(target)) return ErrnoStatus(errno, doing);
  return absl::OkStatus();
}

}  // namespace tocsin
