#include "connectors/file/file_text.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_format.h"
#include "connectors/file/backup_name.h"
#include "connectors/stdio/inflate.h"
#include "engine/base/status.h"
#include "engine/base/status_macros.h"

namespace tocsin {
namespace {

constexpr std::size_t kZeroBlock = 4u << 10;

}  // namespace

FileKey KeyOf(const struct stat& status) {
  return {static_cast<std::uint64_t>(status.st_dev),
          static_cast<std::uint64_t>(status.st_ino)};
}

std::int64_t WrittenMicros(const struct stat& status) {
  return status.st_mtim.tv_sec * 1'000'000 + status.st_mtim.tv_nsec / 1'000;
}

FileText::FileText(UniqueFd fd, FileKey key, std::string path, bool compressed)
    : fd_(std::move(fd)),
      key_(key),
      path_(std::move(path)),
      compressed_(compressed) {}

absl::StatusOr<std::unique_ptr<FileText>> FileText::Open(
    const std::string& path) {
  const std::string doing = absl::StrFormat("opening %s", path);
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.valid()) return ErrnoStatus(errno, doing);
  struct stat status;
  if (fstat(fd.get(), &status) != 0) return ErrnoStatus(errno, doing);
  if (!S_ISREG(status.st_mode)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: it is not a file of lines", doing));
  }
  char head[4];
  const ssize_t got = pread(fd.get(), head, sizeof(head), 0);
  const bool compressed =
      got > 0 && InflaterFor({head, static_cast<std::size_t>(got)}) != nullptr;
  if (compressed && WithoutCompression(path).size() == path.size()) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "%s: it is compressed, and its name ends in neither .gz nor .zst",
        doing));
  }
  return std::unique_ptr<FileText>(
      new FileText(std::move(fd), KeyOf(status), path, compressed));
}

absl::StatusOr<struct stat> FileText::Status() const {
  struct stat status;
  if (fstat(fd_.get(), &status) == 0) return status;
  return ErrnoStatus(errno, absl::StrFormat("reading %s", path_));
}

std::uint64_t FileText::CompressedLeft() const {
  struct stat status;
  if (!compressed_ || fstat(fd_.get(), &status) != 0) return 0;
  const auto size = static_cast<std::uint64_t>(status.st_size);
  const std::uint64_t used = reader_ == nullptr ? 0 : reader_->consumed();
  return size - std::min(size, used);
}

absl::StatusOr<std::size_t> FileText::ReadAround(std::uint64_t offset,
                                                 char* before,
                                                 std::size_t before_size,
                                                 char* into,
                                                 std::size_t capacity) const {
  const iovec parts[] = {{before, before_size}, {into, capacity}};
  for (;;) {
    const ssize_t got =
        preadv(fd_.get(), parts, 2, static_cast<off_t>(offset - before_size));
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) {
      return ErrnoStatus(errno, absl::StrFormat("reading %s", path_));
    }
  }
}

// Brings the reader to `offset` of the text.
absl::Status FileText::Inflate(std::uint64_t offset) {
  if (reader_ == nullptr || offset < inflated_) {
    UniqueFd fd(fcntl(fd_.get(), F_DUPFD_CLOEXEC, 0));
    // The duplicate shares the offset that reading moves, and nobody else uses
    // it: this file is not read plain.
    if (!fd.valid() || lseek(fd.get(), 0, SEEK_SET) != 0) {
      return ErrnoStatus(errno, absl::StrFormat("reading %s", path_));
    }
    reader_ = std::make_unique<FdReader>(std::move(fd), path_);
    inflated_ = 0;
  }
  if (offset == inflated_) return absl::OkStatus();
  const absl::Status status = reader_->Skip(offset - inflated_);
  if (!status.ok()) {
    reader_.reset();
    return status;
  }
  inflated_ = offset;
  return status;
}

absl::StatusOr<std::size_t> FileText::ReadAt(std::uint64_t offset, char* into,
                                             std::size_t capacity) {
  if (!compressed_) return ReadAround(offset, nullptr, 0, into, capacity);
  if (const absl::Status status = Inflate(offset); !status.ok()) {
    if (absl::IsOutOfRange(status)) return 0u;
    return status;
  }
  std::size_t have = 0;
  while (have < capacity) {
    absl::StatusOr<std::size_t> got =
        reader_->Read(into + have, capacity - have);
    if (!got.ok()) {
      // What came before is good; the failure is met again behind it.
      const bool some = have > 0;
      if (!some) reader_.reset();
      if (some) break;
      return got.status();
    }
    if (*got == 0) break;
    have += *got;
    inflated_ += *got;
  }
  return have;
}

std::uint64_t FileText::LeadingZeros() {
  const off_t data = compressed_ ? 0 : lseek(fd_.get(), 0, SEEK_DATA);
  auto zeros = static_cast<std::uint64_t>(std::max<off_t>(data, 0));
  std::string block(kZeroBlock, '\0');
  for (;;) {
    const auto got = ReadAt(zeros, block.data(), block.size());
    if (!got.ok() || *got == 0) return zeros;
    const std::size_t first =
        std::string_view(block.data(), *got).find_first_not_of('\0');
    if (first != std::string_view::npos) return zeros + first;
    zeros += *got;
  }
}

absl::StatusOr<std::unique_ptr<FileText>> FileText::Again() const {
  UniqueFd fd(fcntl(fd_.get(), F_DUPFD_CLOEXEC, 0));
  if (!fd.valid()) {
    return ErrnoStatus(errno, absl::StrFormat("opening %s", path_));
  }
  return std::unique_ptr<FileText>(
      new FileText(std::move(fd), key_, path_, compressed_));
}

}  // namespace tocsin
