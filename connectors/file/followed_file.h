// One file that is being written by somebody else: gives its whole lines, and
// notices when its content is replaced under the same name (copytruncate).
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "connectors/stdio/fd_reader.h"

namespace tocsin {

// Which file it is, whatever its name.
struct FileKey {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  friend bool operator==(const FileKey&, const FileKey&) = default;
};
FileKey KeyOf(const struct stat& status);

// Confined to one thread.
class FollowedFile {
 public:
  // NotFound, PermissionDenied; InvalidArgument for what is not a file of
  // text: a directory, a device, a compressed file.
  static absl::StatusOr<std::unique_ptr<FollowedFile>> Open(
      const std::string& path);

  const FileKey& key() const { return key_; }
  std::uint64_t offset() const { return offset_; }
  // The hash of the first bytes up to `length`, for telling a file from
  // another that has its inode.
  std::uint64_t HeadHash(std::uint64_t length) const;

  void SeekTo(std::uint64_t offset);
  // Behind the last line feed: a line that is being written now is new.
  void SeekToLastLine();

  // True when the content was replaced since the last look; it then starts
  // again at 0. Call before reading.
  bool CheckReplaced();

  // Whole lines, at most `capacity` bytes; 0 when no whole line is there. A
  // line longer than `capacity` comes in pieces, once all of it is there (or
  // limits::kLineBytes of it): then mid_line() holds until its end was given.
  absl::StatusOr<std::size_t> ReadLines(char* into, std::size_t capacity);
  // What is left behind the last whole line: only for a file that is done.
  absl::StatusOr<std::size_t> ReadRest(char* into, std::size_t capacity);
  bool mid_line() const { return mid_line_; }
  // The rest of a line that is longer than any may be is passed over.
  void AbandonLine();

  std::string path;      // Its name now; for messages.
  bool rotated = false;  // No name of the pattern leads to it any more.
  std::int64_t quiet_since_ms = 0;  // When it last gave something.

 private:
  FollowedFile(UniqueFd fd, FileKey key, std::string path);
  absl::StatusOr<std::size_t> ReadAt(std::uint64_t offset, char* into,
                                     std::size_t capacity) const;
  absl::StatusOr<bool> LineIsComplete(std::uint64_t from);
  absl::Status SkipAbandoned(char* scratch, std::size_t capacity);
  void Advance(const char* bytes, std::size_t size);

  UniqueFd fd_;
  FileKey key_;
  std::uint64_t offset_ = 0;   // Behind the last byte given.
  std::uint64_t scanned_ = 0;  // No line feed in [offset_, scanned_).
  std::uint64_t line_given_ =
      0;  // Bytes of the line in the middle of which we are.
  bool mid_line_ = false;
  bool abandoned_ = false;
  std::string before_;  // The last bytes before offset_.
  std::uint64_t seen_size_ = 0;
  struct timespec seen_time_ {};
};

}  // namespace tocsin
