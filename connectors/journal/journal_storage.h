// The files of one journal as a seam: the real ones, or a test's that fail,
// tear and block. Every function gives 0 or an errno.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace tocsin {

// Any thread may call any function; the caller keeps two threads from writing
// to one file.
class JournalStorage {
 public:
  virtual ~JournalStorage() = default;
  virtual const std::string& folder() const = 0;  // For people.
  virtual int List(std::vector<std::string>* names) = 0;
  // A new file must not be there yet.
  virtual int Create(const std::string& name, int* file) = 0;
  virtual int Open(const std::string& name, int* file) = 0;
  virtual void Close(int file) = 0;
  virtual int Size(int file, std::uint64_t* size) = 0;
  // All of them, one behind the other, or an error.
  virtual int Write(int file, std::uint64_t offset,
                    std::span<const std::string_view> pieces) = 0;
  // As many as there are, at most `size`.
  virtual int Read(int file, std::uint64_t offset, char* into, std::size_t size,
                   std::size_t* got) = 0;
  virtual int Truncate(int file, std::uint64_t size) = 0;
  virtual int Sync(int file) = 0;  // fdatasync.
  virtual int SyncFolder() = 0;
  virtual int Remove(const std::string& name) = 0;
};

// Makes the folder (0700, also those above it) when it is not there, and locks
// it. FailedPrecondition when another process has it, or it is a link or
// somebody else's.
absl::StatusOr<std::unique_ptr<JournalStorage>> OpenJournalFolder(
    const std::string& folder);

}  // namespace tocsin
