#include "connectors/file/file_sink.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "absl/strings/str_format.h"
#include "connectors/stdio/stdout_sink.h"
#include "engine/base/status.h"
#include "engine/base/status_macros.h"
#include "engine/base/strings.h"

namespace tocsin {
namespace {

constexpr int kMode = 0640;  // Alerts tell of secrets: not for everyone.
constexpr std::string_view kAlertBegin = "{\"id\":\"";
// More than what is delivered between two notes of how far it has come.
constexpr std::size_t kTailBytes = 8u << 20;

// The last bytes of a file; nothing when it cannot be read.
std::string TailOf(const std::string& path) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status;
  if (!fd.valid() || fstat(fd.get(), &status) != 0 ||
      !S_ISREG(status.st_mode)) {
    return {};
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  std::string tail(std::min(size, kTailBytes), '\0');
  const ssize_t got = pread(fd.get(), tail.data(), tail.size(),
                            static_cast<off_t>(size - tail.size()));
  tail.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return tail;
}

}  // namespace

FileSink::FileSink(FileSinkOptions options) : options_(std::move(options)) {}

absl::StatusOr<std::unique_ptr<FileSink>> FileSink::Open(
    FileSinkOptions options) {
  std::unique_ptr<FileSink> sink(new FileSink(std::move(options)));
  TOCSIN_RETURN_IF_ERROR(sink->OpenFile(sink->options_.truncate));
  return sink;
}

absl::Status FileSink::OpenFile(bool truncate) {
  const int flags = O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC;
  UniqueFd fd(
      open(options_.path.c_str(), flags | (truncate ? O_TRUNC : 0), kMode));
  if (!fd.valid()) {
    return ErrnoStatus(errno, absl::StrFormat("opening %s", options_.path));
  }
  struct stat status;
  if (fstat(fd.get(), &status) != 0) {
    return ErrnoStatus(errno, absl::StrFormat("opening %s", options_.path));
  }
  fd_ = std::move(fd);
  size_ =
      S_ISREG(status.st_mode) ? static_cast<std::uint64_t>(status.st_size) : 0;
  return size_ == 0 ? absl::OkStatus() : EndLastLine();
}

// Half an alert of ours comes again as a whole, or is of no use: it goes. What
// is not ours stays and is ended.
absl::Status FileSink::EndLastLine() {
  const std::string tail = TailOf(options_.path);
  const std::size_t feed = tail.rfind('\n');
  const std::string_view partial =
      std::string_view(tail).substr(feed == std::string::npos ? 0 : feed + 1);
  if (partial.empty()) return absl::OkStatus();
  const std::string_view begin = partial.substr(0, kAlertBegin.size());
  if (!kAlertBegin.starts_with(begin)) return Write("\n");
  if (ftruncate(fd_.get(), static_cast<off_t>(size_ - partial.size())) != 0) {
    return ErrnoStatus(errno, absl::StrFormat("mending %s", options_.path));
  }
  size_ -= partial.size();
  return absl::OkStatus();
}

absl::Status FileSink::Write(std::string_view bytes) {
  const absl::Status status = WriteAll(fd_.get(), bytes, options_.path);
  if (status.ok()) {
    size_ += bytes.size();
    return status;
  }
  // Nothing can be done when this fails as well: the partial line is ended
  // when the file is opened the next time.
  if (ftruncate(fd_.get(), static_cast<off_t>(size_)) != 0) return status;
  return status;
}

absl::Status FileSink::Deliver(AlertRefs alerts) {
  line_.clear();
  for (const Alert* alert : alerts) {
    const std::size_t before = line_.size();
    AppendJson(*alert, &line_);
    if (options_.rotate_bytes == 0 || size_ + before == 0 ||
        size_ + line_.size() <= options_.rotate_bytes) {
      continue;
    }
    const std::string last = line_.substr(before);
    line_.resize(before);
    TOCSIN_RETURN_IF_ERROR(Write(line_));
    TOCSIN_RETURN_IF_ERROR(Rotate());
    line_ = last;
  }
  return Write(line_);
}

absl::Status FileSink::Rotate() {
  const auto old = [&](int n) {
    return absl::StrFormat("%s.%d", options_.path, n);
  };
  for (int n = options_.keep; n > 1; --n) {
    std::rename(old(n - 1).c_str(), old(n).c_str());  // Gaps are no failure.
  }
  if (options_.keep == 0) return OpenFile(/*truncate=*/true);
  if (std::rename(options_.path.c_str(), old(1).c_str()) != 0) {
    return ErrnoStatus(errno, absl::StrFormat("rotating %s", options_.path));
  }
  return OpenFile(/*truncate=*/false);
}

absl::Status FileSink::Flush() {
  if (fdatasync(fd_.get()) == 0 || errno == EINVAL || errno == EROFS) {
    return absl::OkStatus();  // Or it is a pipe or a device.
  }
  return StorageFailure(
      absl::StrFormat("syncing %s: %s", options_.path, std::strerror(errno)));
}

std::size_t FileSink::AlreadyHas(AlertRefs waiting) {
  StringSet lines;
  for (const std::string& path :
       {options_.path, absl::StrFormat("%s.1", options_.path)}) {
    const std::string tail = TailOf(path);
    for (std::size_t at = 0; at < tail.size();) {
      const std::size_t end = std::min(tail.find('\n', at), tail.size());
      lines.insert(tail.substr(at, end - at));
      at = end + 1;
    }
  }
  std::size_t known = 0;
  for (const Alert* alert : waiting) {
    std::string line;
    AppendJson(*alert, &line);
    line.pop_back();
    if (!lines.contains(line)) break;
    ++known;
  }
  return known;
}

absl::Status FileSink::Reopen() { return OpenFile(/*truncate=*/false); }

}  // namespace tocsin
