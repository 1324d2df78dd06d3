// The files that lists and tables are read from, while the service runs: which
// of them were replaced, noticed by looking at them once a second.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/file_stamp.h"

namespace tocsin {

struct DataFile {
  std::string path;
  FileStamp stamp;  // As it was read.
};

// Finds the files that are no more as they were read. A file that is being
// written is left alone until it rests; one whose new state was refused is
// taken up again only when it changes again.
class DataFileChanges {
 public:
  // Those of `files` that changed and rest since the look before.
  std::vector<std::string> Look(const std::vector<DataFile>& files);

 private:
  struct Seen {
    FileStamp stamp;
    bool told = false;
  };
  std::map<std::string, Seen> seen_;  // Of files that changed.
};

// Looks in a thread of its own.
class DataFileWatch {
 public:
  using Files = std::function<std::vector<DataFile>()>;
  using Changed = std::function<void(const std::vector<std::string>&)>;

  DataFileWatch(Files files, Changed changed, int every_ms = 1'000);
  ~DataFileWatch();
  DataFileWatch(const DataFileWatch&) = delete;
  DataFileWatch& operator=(const DataFileWatch&) = delete;

 private:
  void Run();

  const Files files_;
  const Changed changed_;
  const int every_ms_;
  std::mutex mutex_;
  std::condition_variable end_;
  bool ended_ = false;
  std::jthread thread_;
};

}  // namespace tocsin
