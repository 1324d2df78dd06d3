#include "connectors/stdio/stdin_source.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <utility>

#include "connectors/stdio/refuse_binary.h"
#include "engine/base/status_macros.h"

namespace tocsin {

StdinSource::StdinSource(StdinOptions options)
    : options_(std::move(options)),
      reader_(UniqueFd(fcntl(options_.fd, F_DUPFD_CLOEXEC, 0)), options_.name) {
  struct stat status;
  if (fstat(options_.fd, &status) == 0 && S_ISREG(status.st_mode)) {
    size_ = static_cast<std::uint64_t>(status.st_size);
  }
}

absl::StatusOr<ReadOutcome> StdinSource::Read(char* into,
                                              std::size_t capacity) {
  if (options_.follow && !reader_.Readable(0)) {
    return ReadOutcome{ReadKind::kNothing, 0};
  }
  TOCSIN_ASSIGN_OR_RETURN(const std::size_t got, reader_.Read(into, capacity));
  if (got == 0) return ReadOutcome{ReadKind::kEnd, 0};
  if (!options_.follow && std::exchange(first_, false)) {
    TOCSIN_RETURN_IF_ERROR(RefuseBinary({into, got}, options_.name));
  }
  return ReadOutcome{ReadKind::kData, got};
}

void StdinSource::Wait(int timeout_ms) { reader_.Readable(timeout_ms); }

absl::Status StdinSource::Resume(const SourcePosition& position) {
  if (position.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "standard input cannot be read again from a position");
}

absl::Status StdinSource::Replay(const SourceReplay&) {
  return absl::NotFoundError(
      "what came through standard input cannot be had again");
}

}  // namespace tocsin
