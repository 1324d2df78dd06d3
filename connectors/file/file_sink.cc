#include "connectors/file/file_sink.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "absl/strings/str_format.h"
#include "connectors/stdio/stdout_sink.h"
#include "engine/base/status.h"
#include "engine/base/status_macros.h"

namespace tocsin {
namespace {

constexpr int kMode = 0640;  // Alerts tell of secrets: not for everyone.

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
  if (size_ == 0) return absl::OkStatus();
  char last = '\n';
  if (pread(fd_.get(), &last, 1, status.st_size - 1) == 1 && last != '\n') {
    return Write("\n");
  }
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

absl::Status FileSink::Deliver(std::span<const Alert> alerts) {
  line_.clear();
  for (const Alert& alert : alerts) {
    const std::size_t before = line_.size();
    AppendJson(alert, &line_);
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

absl::Status FileSink::Reopen() { return OpenFile(/*truncate=*/false); }

}  // namespace tocsin
