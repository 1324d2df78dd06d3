// Wakes a reader when files change: inotify where it works; where it does not
// (network file systems, no watches left) the reader's own looking suffices.
#pragma once

#include <string>

#include "connectors/stdio/fd_reader.h"

namespace tocsin {

// Confined to one thread.
class FileWatch {
 public:
  // `enabled` false: as if inotify did not exist.
  explicit FileWatch(bool enabled = true);
  // A directory in which files come and go, or a file that grows. Adding a
  // path again is cheap and follows a name that now leads elsewhere.
  void Add(const std::string& path);
  // True when something happened; else false after `timeout_ms`.
  bool Wait(int timeout_ms);

 private:
  UniqueFd fd_;
};

}  // namespace tocsin
