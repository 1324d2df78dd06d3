#include "connectors/file/followed_file.h"

#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/limits.h"
#include "engine/base/status_macros.h"

namespace tocsin {
namespace {

constexpr std::size_t kScanBytes = 64u << 10;

}  // namespace

FollowedFile::FollowedFile(std::unique_ptr<FileText> text, std::uint32_t id,
                           std::string name, std::string log)
    : path(std::move(name)),
      base(std::move(log)),
      text_(std::move(text)),
      id_(id) {
  beginning_.id = id_;
}

std::uint64_t FollowedFile::Behind() {
  if (compressed()) return text_->CompressedLeft();
  const auto status = text_->Status();
  if (status.ok()) {
    const auto size = static_cast<std::uint64_t>(status->st_size);
    if (!replaced_) seen_size_ = std::max(seen_size_, size);
    return size - std::min(size, offset_);
  }
  return 0;
}

void FollowedFile::Pass(const char* bytes, std::size_t size) {
  const std::string_view text(bytes, size);
  std::size_t zeros = 0;
  if (head_.empty() && head_from_ == offset_) {
    zeros = std::min(text.find_first_not_of('\0'), size);
    head_from_ += zeros;
  }
  if (head_from_ + head_.size() == offset_ + zeros) {
    head_.append(text.substr(zeros, kHeadBytes - head_.size()));
  }
  offset_ += size;
  scanned_ = offset_;
  const std::size_t kept = std::min(size, kMarkerBytes);
  before_.append(bytes + size - kept, kept);
  if (before_.size() > kMarkerBytes) {
    before_.erase(0, before_.size() - kMarkerBytes);
  }
}

void FollowedFile::Advance(const char* bytes, std::size_t size, bool given) {
  Pass(bytes, size);
  if (!given) return;
  mid_line_ = bytes[size - 1] != '\n';
  const std::size_t feed = std::string_view(bytes, size).rfind('\n');
  const std::size_t tail =
      feed == std::string_view::npos ? line_given_ + size : size - feed - 1;
  line_given_ = static_cast<std::uint32_t>(mid_line_ ? tail : 0);
}

// What lies behind the offset, provided that what lies before it is still what
// was read.
absl::StatusOr<std::size_t> FollowedFile::Look(char* into,
                                               std::size_t capacity) {
  if (compressed()) return text_->ReadAt(offset_, into, capacity);
  char now[kMarkerBytes];
  TOCSIN_ASSIGN_OR_RETURN(
      const std::size_t got,
      text_->ReadAround(offset_, now, before_.size(), into, capacity));
  replaced_ =
      got < before_.size() || std::string_view(now, before_.size()) != before_;
  if (replaced_) return 0u;
  seen_size_ = std::max(seen_size_, offset_ + got - before_.size());
  return got - before_.size();
}

// Whether the line at offset_ ends somewhere, or is longer than any may be;
// [offset_, from) is known to hold no line feed.
absl::StatusOr<bool> FollowedFile::LineIsComplete(std::uint64_t from) {
  scanned_ = std::max(scanned_, from);
  std::vector<char> block(kScanBytes);
  while (scanned_ - offset_ <= limits::kLineBytes) {
    TOCSIN_ASSIGN_OR_RETURN(
        const std::size_t got,
        text_->ReadAt(scanned_, block.data(), block.size()));
    if (got == 0) return false;
    if (std::memchr(block.data(), '\n', got) != nullptr) return true;
    scanned_ += got;
  }
  return true;
}

absl::Status FollowedFile::SkipRest(char* scratch, std::size_t capacity) {
  while (skipping_) {
    TOCSIN_ASSIGN_OR_RETURN(const std::size_t got, Look(scratch, capacity));
    if (got == 0) return absl::OkStatus();
    const auto* feed =
        static_cast<const char*>(std::memchr(scratch, '\n', got));
    const std::size_t size =
        feed == nullptr ? got : static_cast<std::size_t>(feed - scratch) + 1;
    Advance(scratch, size, /*given=*/false);
    skipping_ = feed == nullptr;
  }
  return absl::OkStatus();
}

// How many of the bytes that come next are given at once: not past the longest
// line, not into zero bytes at the beginning of a line.
std::size_t FollowedFile::Allowed(const char* bytes, std::size_t got) const {
  const std::string_view text(bytes, got);
  if (mid_line_) {
    const std::size_t room = limits::kLineBytes + 1 - line_given_;
    if (std::min(text.find('\n'), got) >= room) return room;
  }
  for (std::size_t zero = text.find('\0'); zero != std::string_view::npos;
       zero = text.find('\0', zero + 1)) {
    if (zero > 0 && text[zero - 1] == '\n') return zero;
  }
  return got;
}

// What comes next, not yet passed: 0 when nothing does, or a line has to be cut
// first.
absl::StatusOr<std::size_t> FollowedFile::Next(char* into,
                                               std::size_t capacity) {
  TOCSIN_RETURN_IF_ERROR(SkipRest(into, capacity));
  if (skipping_ || line_given_ > limits::kLineBytes) return 0u;
  for (;;) {
    TOCSIN_ASSIGN_OR_RETURN(const std::size_t got, Look(into, capacity));
    if (mid_line_ || got == 0 || into[0] != '\0') return got;
    const std::size_t zeros =
        std::min(std::string_view(into, got).find_first_not_of('\0'), got);
    Advance(into, zeros, /*given=*/false);
    zeros_skipped_ += zeros;
  }
}

absl::StatusOr<std::size_t> FollowedFile::ReadAny(char* into,
                                                  std::size_t capacity) {
  capacity = std::min(capacity, limits::kLineBytes);
  TOCSIN_ASSIGN_OR_RETURN(std::size_t got, Next(into, capacity));
  if (got == 0) return 0u;
  got = Allowed(into, got);
  Advance(into, got, /*given=*/true);
  return got;
}

absl::StatusOr<std::size_t> FollowedFile::ReadLines(char* into,
                                                    std::size_t capacity) {
  if (compressed()) return ReadAny(into, capacity);
  capacity = std::min(capacity, limits::kLineBytes);
  TOCSIN_ASSIGN_OR_RETURN(const std::size_t got, Next(into, capacity));
  if (got == 0) return 0u;
  std::size_t size = Allowed(into, got);
  const std::size_t feed = std::string_view(into, size).rfind('\n');
  if (feed != std::string_view::npos) {
    size = feed + 1;
  } else if (!mid_line_) {
    if (got < capacity) return 0u;
    TOCSIN_ASSIGN_OR_RETURN(const bool complete, LineIsComplete(offset_ + got));
    if (!complete) return 0u;
  }
  Advance(into, size, /*given=*/true);
  return size;
}

bool FollowedFile::CutLine() {
  if (line_given_ <= limits::kLineBytes) return false;
  skipping_ = true;
  EndLine();
  return true;
}

void FollowedFile::EndLine() {
  mid_line_ = false;
  line_given_ = 0;
}

void FollowedFile::MoveTo(std::unique_ptr<FileText> text, std::string name) {
  text_ = std::move(text);
  path = std::move(name);
  replaced_ = false;
  rotated = true;
  named = false;
}

}  // namespace tocsin
