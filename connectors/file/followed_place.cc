// By what a followed file and its place are known again.
#include <algorithm>
#include <utility>

#include "connectors/file/followed_file.h"
#include "engine/base/hash.h"

namespace tocsin {
namespace {

constexpr std::size_t kScanBytes = 64u << 10;

// The bytes [offset, offset + size) of a text; fewer when it is shorter.
std::string BytesAt(FileText* text, std::uint64_t offset, std::size_t size) {
  std::string bytes(size, '\0');
  const absl::StatusOr<std::size_t> got =
      text->ReadAt(offset, bytes.data(), size);
  bytes.resize(got.ok() ? *got : 0);
  return bytes;
}

// The first bytes behind what a sparse file has in front.
std::string HeadOf(FileText* text, std::size_t size) {
  return BytesAt(text, text->LeadingZeros(), size);
}

}  // namespace

bool FollowedFile::Holds(const TextMark& mark) const {
  const std::string head =
      mark.head_size == 0 ? "" : HeadOf(text_.get(), mark.head_size);
  if (head.size() < mark.head_size) return false;
  if (mark.head_size > 0 && Hash64(head) != mark.head_hash) return false;
  // Also when nothing is hashed the text must reach up to the place.
  const std::uint64_t size =
      std::max<std::uint64_t>(mark.marker_size, mark.offset > 0 ? 1 : 0);
  if (size == 0) return true;
  const std::string marker =
      BytesAt(text_.get(), mark.offset - size, static_cast<std::size_t>(size));
  return marker.size() == size &&
         (mark.marker_size == 0 || Hash64(marker) == mark.marker_hash);
}

void FollowedFile::Remember() {
  // In this order a compressed text is read forward.
  head_from_ = offset_ == 0 ? 0 : std::min(offset_, text_->LeadingZeros());
  head_ = BytesAt(text_.get(), head_from_,
                  static_cast<std::size_t>(std::min<std::uint64_t>(
                      offset_ - head_from_, kHeadBytes)));
  const auto size =
      static_cast<std::size_t>(std::min<std::uint64_t>(offset_, kMarkerBytes));
  before_ = BytesAt(text_.get(), offset_ - size, size);
}

void FollowedFile::GoOnFrom(const FileRecord& record) {
  offset_ = scanned_ = record.mark.offset;
  line_given_ = record.line_given;
  mid_line_ = line_given_ > 0;
  skipping_ = record.skipping;
  time_us = std::max(time_us, record.time_us);
  Remember();
  beginning_ = record;
  beginning_.id = id_;
}

TextMark FollowedFile::EndMark() const {
  TextMark mark;
  const auto status = text_->Status();
  if (!status.ok() || compressed()) return mark;
  mark.offset = static_cast<std::uint64_t>(status->st_size);
  const auto size = static_cast<std::size_t>(
      std::min<std::uint64_t>(mark.offset, kMarkerBytes));
  const std::string marker = BytesAt(text_.get(), mark.offset - size, size);
  mark.marker_size = static_cast<std::uint16_t>(marker.size());
  mark.marker_hash = Hash64(marker);
  const std::string head = HeadOf(text_.get(), kHeadBytes);
  mark.head_size = static_cast<std::uint16_t>(head.size());
  mark.head_hash = Hash64(head);
  return mark;
}

TextMark FollowedFile::MarkHere() const {
  TextMark mark;
  mark.offset = offset_;
  // Before anything was given, what is there tells the file from others.
  std::string head = head_;
  if (offset_ == 0) {
    head = HeadOf(text_.get(), kHeadBytes);
  }
  mark.head_size = static_cast<std::uint16_t>(head.size());
  mark.head_hash = Hash64(head);
  mark.marker_size = static_cast<std::uint16_t>(before_.size());
  mark.marker_hash = Hash64(before_);
  return mark;
}

FileRecord FollowedFile::Record() const {
  FileRecord record;
  record.id = id_;
  record.key = key();
  record.mark = MarkHere();
  record.skipping = skipping_;
  record.line_given = line_given_;
  record.time_us = time_us;
  if (const auto status = text_->Status(); status.ok()) {
    record.written_us = WrittenMicros(*status);
    record.finished = rotated && !compressed() && !mid_line_ &&
                      static_cast<std::uint64_t>(status->st_size) <= offset_;
  }
  record.path = path;
  record.base = base;
  return record;
}

FileRecord FollowedFile::Beginning() const {
  FileRecord record = beginning_;
  record.key = key();
  record.path = path;
  record.base = base;
  record.time_us = time_us;
  // The head as it is now: it may have been empty when the file was opened.
  const TextMark now = MarkHere();
  record.mark.head_size = now.head_size;
  record.mark.head_hash = now.head_hash;
  return record;
}

void FollowedFile::SeekToLastLine() {
  const auto status = text_->Status();
  if (!status.ok() || compressed()) return;
  std::uint64_t end = static_cast<std::uint64_t>(status->st_size);
  FileRecord record;
  while (end > 0 && record.mark.offset == 0) {
    const std::size_t size =
        static_cast<std::size_t>(std::min<std::uint64_t>(end, kScanBytes));
    const std::string block = BytesAt(text_.get(), end - size, size);
    const std::size_t feed = block.rfind('\n');
    if (feed != std::string::npos) record.mark.offset = end - size + feed + 1;
    end -= size;
  }
  GoOnFrom(record);
  beginning_.mark = MarkHere();
}

bool FollowedFile::AtEnd() const {
  return BytesAt(text_.get(), offset_, 1).empty();
}

}  // namespace tocsin
