// Whether files are still those that were read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tocsin {

// What tells one state of a file from the next; all zero when it is not there.
struct FileStamp {
  std::uint64_t device = 0, inode = 0, size = 0;
  std::int64_t changed_ns = 0;
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

// Follows links, so that a mounted secret that is switched counts as changed.
FileStamp StampOf(const std::string& path);
// Of each, in their order.
std::vector<FileStamp> StampsOf(const std::vector<std::string>& paths);

}  // namespace tocsin
