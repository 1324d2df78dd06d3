#include "engine/base/file_stamp.h"

#include <sys/stat.h>

namespace tocsin {

FileStamp StampOf(const std::string& path) {
  struct stat found {};
  FileStamp stamp;
  if (stat(path.c_str(), &found) != 0) return stamp;
  stamp.device = found.st_dev;
  stamp.inode = found.st_ino;
  stamp.size = static_cast<std::uint64_t>(found.st_size);
  stamp.changed_ns = std::int64_t{found.st_mtim.tv_sec} * 1'000'000'000 +
                     found.st_mtim.tv_nsec;
  return stamp;
}

std::vector<FileStamp> StampsOf(const std::vector<std::string>& paths) {
  std::vector<FileStamp> stamps;
  for (const std::string& path : paths) stamps.push_back(StampOf(path));
  return stamps;
}

}  // namespace tocsin
