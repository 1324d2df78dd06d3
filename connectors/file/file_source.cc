#include "connectors/file/file_source.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "absl/strings/str_format.h"
#include "connectors/stdio/refuse_binary.h"
#include "engine/base/status.h"
#include "engine/base/status_macros.h"

namespace tocsin {
namespace {

constexpr std::size_t kBinaryProbeBytes = 4096;

// Whether a file is not any more what it was when it was probed. A pipe has no
// size, and a log may go on growing.
bool BecameShorter(int fd, std::uint64_t size) {
  struct stat status;
  return size > 0 && fstat(fd, &status) == 0 &&
         static_cast<std::uint64_t>(status.st_size) < size;
}

}  // namespace

absl::StatusOr<FileProbe> ProbeFile(const std::string& path,
                                    std::size_t head_bytes) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) {
    return ErrnoStatus(errno, absl::StrFormat("opening %s", path));
  }
  FileProbe probe;
  if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) {
    probe.seekable = false;
    return probe;
  }
  TOCSIN_ASSIGN_OR_RETURN(std::unique_ptr<FdReader> reader,
                          FdReader::Open(path));
  probe.size = static_cast<std::uint64_t>(status.st_size);
  probe.head.resize(head_bytes);
  std::size_t have = 0;
  while (have < head_bytes) {
    absl::StatusOr<std::size_t> got =
        reader->Read(probe.head.data() + have, head_bytes - have);
    if (!got.ok() && have == 0) return got.status();
    if (!got.ok() || *got == 0) break;  // What follows is met when it is read.
    have += *got;
  }
  probe.head.resize(have);
  TOCSIN_RETURN_IF_ERROR(RefuseBinary(probe.head, path));
  return probe;
}

FileSource::FileSource(FileSourceOptions options)
    : options_(std::move(options)) {
  first_line_.push_back(0);
}

absl::StatusOr<std::unique_ptr<FileSource>> FileSource::Open(
    FileSourceOptions options) {
  std::unique_ptr<FileSource> source(new FileSource(std::move(options)));
  for (const std::string& path : source->options_.paths) {
    TOCSIN_ASSIGN_OR_RETURN(const FileProbe probe,
                            ProbeFile(path, kBinaryProbeBytes));
    source->sizes_.push_back(probe.size);
    source->total_size_ += probe.size;
  }
  return source;
}

absl::StatusOr<ReadOutcome> FileSource::Read(char* into, std::size_t capacity) {
  if (replaying_ && replay_left_ == 0) return ReplayedEnough();
  if (replaying_) {
    capacity = static_cast<std::size_t>(
        std::min<std::uint64_t>(capacity, replay_left_));
  }
  if (index_ >= options_.paths.size()) {
    if (!replaying_) return ReadOutcome{ReadKind::kEnd, 0};
    return absl::NotFoundError("the files are shorter than they were");
  }
  if (reader_ == nullptr) {
    TOCSIN_ASSIGN_OR_RETURN(reader_, FdReader::Open(options_.paths[index_]));
  }
  std::size_t got = ahead_.size();
  if (got > 0) {
    *into = ahead_[0];
    ahead_.clear();
  } else {
    TOCSIN_ASSIGN_OR_RETURN(got, reader_->Read(into, capacity));
  }
  if (got == 0) return EndFile();
  offset_ += got;
  if (replaying_) replay_left_ -= got;
  in_line_ = into[got - 1] != '\n';
  if (options_.count_lines) CountLines({into, got});
  return ReadOutcome{ReadKind::kData, got};
}

absl::StatusOr<ReadOutcome> FileSource::EndFile() {
  const bool shorter = BecameShorter(reader_->fd(), sizes_[index_]);
  const std::string& path = options_.paths[index_];
  FinishFile();
  if (shorter) {
    return absl::DataLossError(
        absl::StrFormat("%s became shorter while it was read", path));
  }
  return ReadOutcome{ReadKind::kFileEnd, 0};
}

absl::Status FileSource::Replay(const SourceReplay& replay) {
  replaying_ = true;
  replay_left_ = replay.bytes;
  if (replay.stream == StreamName(0)) return absl::OkStatus();
  replay_left_ = 0;
  return absl::NotFoundError("a stream that is not of these files");
}

// What was asked for has been given; where a file ended in the middle of a
// line there, its end belongs to it.
absl::StatusOr<ReadOutcome> FileSource::ReplayedEnough() {
  if (!in_line_ || reader_ == nullptr || !ahead_.empty()) {
    return ReadOutcome{ReadKind::kNothing, 0};
  }
  char byte = 0;
  TOCSIN_ASSIGN_OR_RETURN(const std::size_t got, reader_->Read(&byte, 1));
  if (got == 0) return EndFile();
  ahead_.assign(1, byte);
  return ReadOutcome{ReadKind::kNothing, 0};
}

void FileSource::CountLines(std::string_view bytes) {
  for (;;) {
    const std::size_t feed = bytes.find('\n');
    if (feed == std::string_view::npos) return;
    ++lines_;
    bytes.remove_prefix(feed + 1);
  }
}

void FileSource::FinishFile() {
  consumed_before_ += std::max(sizes_[index_], reader_->consumed());
  reader_.reset();
  ++index_;
  offset_ = 0;
  if (in_line_ && options_.count_lines)
    ++lines_;  // Its last line lacked its line feed.
  in_line_ = false;
  const std::lock_guard lock(mutex_);
  first_line_.push_back(lines_);
}

std::uint64_t FileSource::consumed() const {
  return consumed_before_ + (reader_ == nullptr ? 0 : reader_->consumed());
}

SourcePosition FileSource::position() const {
  const bool ended = index_ >= options_.paths.size();
  return absl::StrFormat("%d %d %s", index_, offset_,
                         ended ? "" : options_.paths[index_]);
}

absl::Status FileSource::Resume(const SourcePosition& position) {
  std::size_t index = 0;
  std::uint64_t offset = 0;
  const char* const end = position.data() + position.size();
  auto [after_index, bad_index] = std::from_chars(position.data(), end, index);
  if (bad_index != std::errc() || after_index == end ||
      index > options_.paths.size()) {
    return absl::DataLossError("a position that is not of these files");
  }
  auto [after_offset, bad_offset] =
      std::from_chars(after_index + 1, end, offset);
  if (bad_offset != std::errc() || after_offset == end) {
    return absl::DataLossError("a position that is not of these files");
  }
  const std::string path(after_offset + 1, end);
  index_ = index;
  offset_ = offset;
  consumed_before_ = 0;
  for (std::size_t i = 0; i < index; ++i) consumed_before_ += sizes_[i];
  reader_.reset();
  ahead_.clear();
  if (index == options_.paths.size()) return absl::OkStatus();
  if (path != options_.paths[index]) {
    return absl::DataLossError("a position that is not of these files");
  }
  TOCSIN_ASSIGN_OR_RETURN(reader_, FdReader::Open(path));
  return reader_->Skip(offset);
}

FileSource::Place FileSource::Locate(std::uint64_t line) const {
  const std::lock_guard lock(mutex_);
  std::size_t file = first_line_.size() - 1;
  while (file > 0 && first_line_[file] >= line) --file;
  file = std::min(file, options_.paths.size() - 1);
  return {options_.paths[file], line - first_line_[file]};
}

}  // namespace tocsin
