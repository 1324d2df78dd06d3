// The text of one file at any offset, whether it lies there plain or
// compressed, as long as it is open: whatever its name.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

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
// When it was last written.
std::int64_t WrittenMicros(const struct stat& status);

// Confined to one thread.
class FileText {
 public:
  // NotFound, PermissionDenied; InvalidArgument for what is not a file of
  // text: a directory, a FIFO, a compressed file whose name does not say so
  // (it would be one that is still being written).
  static absl::StatusOr<std::unique_ptr<FileText>> Open(
      const std::string& path);

  const FileKey& key() const { return key_; }
  bool compressed() const { return compressed_; }
  // Of the file, not of its text, when it is compressed.
  absl::StatusOr<struct stat> Status() const;
  // The bytes of the file that no text was taken from yet.
  std::uint64_t CompressedLeft() const;
  // Fewer than `capacity` bytes only at the end of what is there. Of a
  // compressed file, offsets that only grow are cheap; DataLoss behind the
  // last byte that can be had of a broken one.
  absl::StatusOr<std::size_t> ReadAt(std::uint64_t offset, char* into,
                                     std::size_t capacity);
  // How many zero bytes it begins with: the hole of a sparse file.
  std::uint64_t LeadingZeros();
  // Reads what lies before `offset` in the same moment as what lies behind it:
  // `before` in full, else 0. Plain files only.
  absl::StatusOr<std::size_t> ReadAround(std::uint64_t offset, char* before,
                                         std::size_t before_size, char* into,
                                         std::size_t capacity) const;
  // The same file once more.
  absl::StatusOr<std::unique_ptr<FileText>> Again() const;

 private:
  FileText(UniqueFd fd, FileKey key, std::string path, bool compressed);
  absl::Status Inflate(std::uint64_t offset);

  UniqueFd fd_;
  FileKey key_;
  std::string path_;  // For messages.
  bool compressed_ = false;
  std::unique_ptr<FdReader> reader_;  // Compressed only.
  std::uint64_t inflated_ = 0;        // Where reader_ stands in the text.
};

}  // namespace tocsin
