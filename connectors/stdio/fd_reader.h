// Bytes of a file descriptor, decompressed when they begin like gzip or zstd
// (told by content, so a name without an ending is no obstacle).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "connectors/stdio/inflate.h"

namespace tocsin {

// Owns a descriptor. Move only.
class UniqueFd {
 public:
  explicit UniqueFd(int fd = -1) : fd_(fd) {}
  ~UniqueFd() { Reset(); }
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.Release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) Reset(other.Release());
    return *this;
  }
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int Release() {
    const int fd = fd_;
    fd_ = -1;
    return fd;
  }
  void Reset(int fd = -1);

 private:
  int fd_;
};

// Confined to one thread.
class FdReader {
 public:
  // `name` is for messages.
  FdReader(UniqueFd fd, std::string name);

  // NotFound, PermissionDenied; InvalidArgument for a directory.
  static absl::StatusOr<std::unique_ptr<FdReader>> Open(
      const std::string& path);

  // At most `capacity` bytes; 0 at the end. Blocks as read(2) does. DataLoss
  // when compressed bytes are broken or end early.
  absl::StatusOr<std::size_t> Read(char* into, std::size_t capacity);
  // Passes over `bytes` bytes of output; OutOfRange when there are fewer.
  absl::Status Skip(std::uint64_t bytes);
  // Whether bytes can be read without blocking (or the end was reached).
  bool Readable(int timeout_ms) const;
  // Bytes taken from the descriptor; compressed ones count as compressed.
  std::uint64_t consumed() const { return consumed_; }
  int fd() const { return fd_.get(); }
  // Bytes that were read ahead and not yet given.
  bool has_buffered() const { return begin_ < end_; }

 private:
  absl::Status Fill();
  absl::Status Sniff();

  UniqueFd fd_;
  std::string name_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;  // What of buffer_ is not yet used.
  std::unique_ptr<Inflater> inflater_;
  std::uint64_t consumed_ = 0;
  bool sniffed_ = false;
  bool at_end_ = false;
};

}  // namespace tocsin
