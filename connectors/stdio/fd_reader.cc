#include "connectors/stdio/fd_reader.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_format.h"
#include "engine/base/status.h"
#include "engine/base/status_macros.h"

namespace tocsin {
namespace {

constexpr std::size_t kBufferBytes = 256u << 10;
constexpr std::size_t kMagicBytes = 4;

absl::StatusOr<std::size_t> ReadSome(int fd, char* into, std::size_t capacity,
                                     const std::string& name) {
  for (;;) {
    const ssize_t got = read(fd, into, capacity);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno == EINTR) continue;
    return ErrnoStatus(errno, absl::StrFormat("reading %s", name));
  }
}

bool MayBeCompressed(char first) {
  return first == '\x1f' || first == '\x28' || (first & 0xF0) == 0x50;
}

}  // namespace

void UniqueFd::Reset(int fd) {
  if (fd_ >= 0) close(fd_);
  fd_ = fd;
}

FdReader::FdReader(UniqueFd fd, std::string name)
    : fd_(std::move(fd)), name_(std::move(name)) {}

absl::StatusOr<std::unique_ptr<FdReader>> FdReader::Open(
    const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) {
    return ErrnoStatus(errno, absl::StrFormat("opening %s", path));
  }
  struct stat status;
  if (fstat(fd.get(), &status) == 0 && S_ISDIR(status.st_mode)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("opening %s: it is a directory, not a file", path));
  }
  posix_fadvise(fd.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  return std::make_unique<FdReader>(std::move(fd), path);
}

absl::Status FdReader::Fill() {
  if (buffer_.empty()) buffer_.resize(kBufferBytes);
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  TOCSIN_ASSIGN_OR_RETURN(
      const std::size_t got,
      ReadSome(fd_.get(), buffer_.data() + end_, buffer_.size() - end_, name_));
  if (got == 0) at_end_ = true;
  end_ += got;
  consumed_ += got;
  return absl::OkStatus();
}

absl::Status FdReader::Sniff() {
  // A first byte that starts no compressed stream settles it: a pipe that
  // gives one byte is not kept waiting for three more.
  while (!at_end_ && end_ < kMagicBytes &&
         (end_ == 0 || MayBeCompressed(buffer_[0]))) {
    TOCSIN_RETURN_IF_ERROR(Fill());
  }
  inflater_ = InflaterFor({buffer_.data(), end_});
  sniffed_ = true;
  return absl::OkStatus();
}

absl::StatusOr<std::size_t> FdReader::Read(char* into, std::size_t capacity) {
  if (!sniffed_) TOCSIN_RETURN_IF_ERROR(Sniff());
  if (inflater_ == nullptr) {
    if (begin_ < end_) {
      const std::size_t size = std::min(capacity, end_ - begin_);
      std::memcpy(into, buffer_.data() + begin_, size);
      begin_ += size;
      return size;
    }
    if (at_end_) return 0u;
    TOCSIN_ASSIGN_OR_RETURN(const std::size_t got,
                            ReadSome(fd_.get(), into, capacity, name_));
    consumed_ += got;
    return got;
  }
  for (;;) {
    if (begin_ == end_ && !at_end_) TOCSIN_RETURN_IF_ERROR(Fill());
    const std::string_view in(buffer_.data() + begin_, end_ - begin_);
    if (in.empty() && inflater_->complete()) return 0u;
    absl::StatusOr<Inflater::Progress> step =
        inflater_->Step(in, into, capacity);
    if (!step.ok()) {
      return Annotate(step.status(), absl::StrFormat("reading %s", name_));
    }
    begin_ += step->used;
    if (step->made > 0) return step->made;
    if (at_end_ && step->used == 0 && !inflater_->complete()) {
      return absl::DataLossError(absl::StrFormat(
          "reading %s: it ends in the middle of its compressed data", name_));
    }
  }
}

absl::Status FdReader::Skip(std::uint64_t bytes) {
  std::vector<char> scratch(kBufferBytes);
  while (bytes > 0) {
    const std::size_t want = static_cast<std::size_t>(
        std::min<std::uint64_t>(bytes, scratch.size()));
    TOCSIN_ASSIGN_OR_RETURN(const std::size_t got, Read(scratch.data(), want));
    if (got == 0) {
      return absl::OutOfRangeError(
          absl::StrFormat("%s is shorter than it was", name_));
    }
    bytes -= got;
  }
  return absl::OkStatus();
}

bool FdReader::Readable(int timeout_ms) const {
  if (has_buffered() || at_end_) return true;
  pollfd waited{fd_.get(), POLLIN, 0};
  return poll(&waited, 1, timeout_ms) > 0;
}

}  // namespace tocsin
