#include "connectors/file/followed_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "connectors/stdio/inflate.h"
#include "engine/base/hash.h"
#include "engine/base/limits.h"
#include "engine/base/status.h"
#include "engine/base/status_macros.h"

namespace tocsin {
namespace {

constexpr std::size_t kRememberedBytes = 128;  // Before the offset.
constexpr std::size_t kScanBytes = 64u << 10;

}  // namespace

FileKey KeyOf(const struct stat& status) {
  return {static_cast<std::uint64_t>(status.st_dev),
          static_cast<std::uint64_t>(status.st_ino)};
}

FollowedFile::FollowedFile(UniqueFd fd, FileKey key, std::string name)
    : path(std::move(name)), fd_(std::move(fd)), key_(key) {}

absl::StatusOr<std::unique_ptr<FollowedFile>> FollowedFile::Open(
    const std::string& path) {
  const std::string doing = absl::StrFormat("opening %s", path);
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) return ErrnoStatus(errno, doing);
  struct stat status;
  if (fstat(fd.get(), &status) != 0) return ErrnoStatus(errno, doing);
  if (!S_ISREG(status.st_mode)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: it is not a file of lines", doing));
  }
  char head[4];
  const ssize_t got = pread(fd.get(), head, sizeof(head), 0);
  if (got > 0 &&
      InflaterFor({head, static_cast<std::size_t>(got)}) != nullptr) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "%s: it is compressed, which only replay reads", doing));
  }
  return std::unique_ptr<FollowedFile>(
      new FollowedFile(std::move(fd), KeyOf(status), path));
}

absl::StatusOr<std::size_t> FollowedFile::ReadAt(std::uint64_t offset,
                                                 char* into,
                                                 std::size_t capacity) const {
  for (;;) {
    const ssize_t got =
        pread(fd_.get(), into, capacity, static_cast<off_t>(offset));
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) {
      return ErrnoStatus(errno, absl::StrFormat("reading %s", path));
    }
  }
}

std::uint64_t FollowedFile::HeadHash(std::uint64_t length) const {
  std::string head(length, '\0');
  const absl::StatusOr<std::size_t> got = ReadAt(0, head.data(), head.size());
  if (!got.ok() || *got < length) return 0;
  return Hash64(head);
}

void FollowedFile::SeekTo(std::uint64_t offset) {
  offset_ = offset;
  scanned_ = offset;
  mid_line_ = false;
  abandoned_ = false;
  line_given_ = 0;
  before_.resize(std::min<std::uint64_t>(offset, kRememberedBytes));
  const absl::StatusOr<std::size_t> got =
      ReadAt(offset - before_.size(), before_.data(), before_.size());
  if (!got.ok() || *got < before_.size()) before_.clear();
}

void FollowedFile::SeekToLastLine() {
  struct stat status;
  if (fstat(fd_.get(), &status) != 0) return;
  std::uint64_t end = static_cast<std::uint64_t>(status.st_size);
  std::vector<char> block(kScanBytes);
  while (end > 0) {
    const std::size_t size =
        static_cast<std::size_t>(std::min<std::uint64_t>(end, block.size()));
    const absl::StatusOr<std::size_t> got =
        ReadAt(end - size, block.data(), size);
    if (!got.ok()) break;
    const std::size_t feed = std::string_view(block.data(), *got).rfind('\n');
    if (feed != std::string_view::npos) {
      SeekTo(end - size + feed + 1);
      return;
    }
    end -= size;
  }
  SeekTo(0);
}

bool FollowedFile::CheckReplaced() {
  struct stat status;
  if (fstat(fd_.get(), &status) != 0) return false;
  const auto size = static_cast<std::uint64_t>(status.st_size);
  const bool touched = size != seen_size_ ||
                       status.st_mtim.tv_sec != seen_time_.tv_sec ||
                       status.st_mtim.tv_nsec != seen_time_.tv_nsec;
  seen_size_ = size;
  seen_time_ = status.st_mtim;
  if (!touched) return false;
  bool replaced = size < offset_;
  if (!replaced && !before_.empty()) {
    char now[kRememberedBytes];
    const absl::StatusOr<std::size_t> got =
        ReadAt(offset_ - before_.size(), now, before_.size());
    replaced = got.ok() && std::string_view(now, *got) != before_;
  }
  if (replaced) SeekTo(0);
  return replaced;
}

void FollowedFile::Advance(const char* bytes, std::size_t size) {
  offset_ += size;
  scanned_ = offset_;
  mid_line_ = bytes[size - 1] != '\n';
  line_given_ = mid_line_ ? line_given_ + size : 0;
  before_.append(bytes + size - std::min(size, kRememberedBytes),
                 std::min(size, kRememberedBytes));
  if (before_.size() > kRememberedBytes) {
    before_.erase(0, before_.size() - kRememberedBytes);
  }
}

// Whether the line at offset_ ends somewhere, or is longer than any may be;
// [offset_, from) is known to hold no line feed.
absl::StatusOr<bool> FollowedFile::LineIsComplete(std::uint64_t from) {
  scanned_ = std::max(scanned_, from);
  std::vector<char> block(kScanBytes);
  while (scanned_ - offset_ <= limits::kLineBytes) {
    TOCSIN_ASSIGN_OR_RETURN(const std::size_t got,
                            ReadAt(scanned_, block.data(), block.size()));
    if (got == 0) return false;
    if (std::memchr(block.data(), '\n', got) != nullptr) return true;
    scanned_ += got;
  }
  return true;
}

absl::Status FollowedFile::SkipAbandoned(char* scratch, std::size_t capacity) {
  while (abandoned_) {
    TOCSIN_ASSIGN_OR_RETURN(const std::size_t got,
                            ReadAt(offset_, scratch, capacity));
    if (got == 0) return absl::OkStatus();
    const auto* feed =
        static_cast<const char*>(std::memchr(scratch, '\n', got));
    const std::size_t size =
        feed == nullptr ? got : static_cast<std::size_t>(feed - scratch) + 1;
    Advance(scratch, size);
    abandoned_ = feed == nullptr;
    mid_line_ = false;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::size_t> FollowedFile::ReadLines(char* into,
                                                    std::size_t capacity) {
  TOCSIN_RETURN_IF_ERROR(SkipAbandoned(into, capacity));
  if (abandoned_) return 0u;
  TOCSIN_ASSIGN_OR_RETURN(std::size_t got, ReadAt(offset_, into, capacity));
  if (got == 0) return 0u;
  const std::size_t feed = std::string_view(into, got).rfind('\n');
  if (feed != std::string_view::npos) {
    got = feed + 1;
  } else if (!mid_line_) {
    if (got < capacity) return 0u;
    TOCSIN_ASSIGN_OR_RETURN(const bool complete, LineIsComplete(offset_ + got));
    if (!complete) return 0u;
  }
  Advance(into, got);
  return got;
}

absl::StatusOr<std::size_t> FollowedFile::ReadRest(char* into,
                                                   std::size_t capacity) {
  if (abandoned_) return 0u;
  TOCSIN_ASSIGN_OR_RETURN(const std::size_t got,
                          ReadAt(offset_, into, capacity));
  if (got > 0) Advance(into, got);
  return got;
}

void FollowedFile::AbandonLine() {
  abandoned_ = line_given_ > limits::kLineBytes;
  if (abandoned_) mid_line_ = false;
}

}  // namespace tocsin
