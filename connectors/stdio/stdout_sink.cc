#include "connectors/stdio/stdout_sink.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_format.h"
#include "engine/base/status.h"

namespace tocsin {

absl::Status WriteAll(int fd, std::string_view bytes, std::string_view name) {
  while (!bytes.empty()) {
    const ssize_t wrote = write(fd, bytes.data(), bytes.size());
    if (wrote >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(wrote));
    } else if (errno == EAGAIN) {
      pollfd waited{fd, POLLOUT, 0};
      poll(&waited, 1, -1);
    } else if (errno == EPIPE) {
      return absl::CancelledError(
          absl::StrFormat("writing %s: nobody reads it any more", name));
    } else if (errno != EINTR) {
      return ErrnoStatus(errno, absl::StrFormat("writing %s", name));
    }
  }
  return absl::OkStatus();
}

StdoutSink::StdoutSink(StdoutOptions options) : options_(std::move(options)) {}

absl::Status StdoutSink::Deliver(AlertRefs alerts) {
  text_.clear();
  for (const Alert* alert : alerts) {
    if (options_.format == StdoutFormat::kJson) {
      AppendJson(*alert, &text_);
    } else {
      AppendText(*alert, options_.format == StdoutFormat::kColour, &text_);
    }
  }
  return WriteAll(options_.fd, text_, options_.name);
}

}  // namespace tocsin
