#include "app/kept_letters.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "absl/strings/str_format.h"
#include "app/dead_letters.h"
#include "connectors/stdio/stdout_sink.h"
#include "engine/base/log.h"
#include "engine/base/status.h"
#include "engine/base/status_macros.h"

namespace tocsin {

absl::StatusOr<std::unique_ptr<KeptLetters>> KeptLetters::Open(
    const std::string& path, std::uint64_t most_bytes, const Clock* clock) {
  std::unique_ptr<KeptLetters> letters(
      new KeptLetters(path, most_bytes, clock));
  TOCSIN_RETURN_IF_ERROR(letters->OpenFile());
  return letters;
}

KeptLetters::~KeptLetters() {
  if (!waiting_.empty()) Flush();
}

void KeptLetters::Write(const DeadLetter& letter) {
  const std::string line = DeadLetterLine(letter, letter.source, letter.line);
  if (!waiting_.empty() && waiting_.size() + line.size() > kWaitingBytes) {
    ++lost_;
  } else {
    waiting_ += line;
  }
  if (!failing_ || clock_->SteadyMicros() >= again_us_) Flush();
}

void KeptLetters::Flush() {
  constexpr std::int64_t kRetryMicros = 1'000'000;
  const absl::Status status = TryToWrite();
  if (!status.ok()) again_us_ = clock_->SteadyMicros() + kRetryMicros;
  if (status.ok() != failing_) return;  // Each change is told once.
  failing_ = !status.ok();
  if (failing_) {
    Log(LogLevel::kError,
        "lines that are no events cannot be kept; trying again",
        {{"path", path_}, {"reason", std::string(Message(status))}});
  } else {
    Log(LogLevel::kInfo, "lines that are no events are kept again",
        {{"path", path_}, {"lost", absl::StrFormat("%d", lost())}});
  }
}

absl::Status KeptLetters::TryToWrite() {
  if (size_ > 0 && size_ + waiting_.size() > most_) {
    if (std::rename(path_.c_str(), (path_ + ".1").c_str()) != 0) {
      return ErrnoStatus(errno, absl::StrFormat("renaming %s", path_));
    }
    fd_.Reset();
    size_ = 0;
  }
  if (!fd_.valid()) TOCSIN_RETURN_IF_ERROR(OpenFile());
  const absl::Status status = WriteAll(fd_.get(), waiting_, path_);
  if (!status.ok()) {
    TakeBackPart();
    return status;
  }
  size_ += waiting_.size();
  waiting_.clear();
  return absl::OkStatus();
}

// Of a line that found room in part nothing stays, when it can be.
void KeptLetters::TakeBackPart() {
  struct stat now;
  if (fstat(fd_.get(), &now) != 0) return;
  if (static_cast<std::uint64_t>(now.st_size) <= size_) return;
  if (ftruncate(fd_.get(), static_cast<off_t>(size_)) != 0) {
    size_ = static_cast<std::uint64_t>(now.st_size);
  }
}

absl::Status KeptLetters::OpenFile() {
  constexpr int kMode = 0600;  // Bodies may hold secrets.
  UniqueFd fd(
      open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, kMode));
  struct stat status;
  if (!fd.valid() || fstat(fd.get(), &status) != 0) {
    return ErrnoStatus(errno, absl::StrFormat("opening %s", path_));
  }
  fd_ = std::move(fd);
  size_ = static_cast<std::uint64_t>(status.st_size);
  return absl::OkStatus();
}

}  // namespace tocsin
