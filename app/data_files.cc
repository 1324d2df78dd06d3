#include "app/data_files.h"

#include <chrono>
#include <utility>

namespace tocsin {

std::vector<std::string> DataFileChanges::Look(
    const std::vector<DataFile>& files) {
  std::map<std::string, Seen> changed;
  std::vector<std::string> rest;
  for (const DataFile& file : files) {
    const FileStamp now = StampOf(file.path);
    if (now == file.stamp) continue;
    const auto before = seen_.find(file.path);
    const bool rests = before != seen_.end() && before->second.stamp == now;
    const bool told = rests && before->second.told;
    if (rests && !told) rest.push_back(file.path);
    changed[file.path] = {now, rests};
  }
  seen_ = std::move(changed);
  return rest;
}

DataFileWatch::DataFileWatch(Files files, Changed changed, int every_ms)
    : files_(std::move(files)),
      changed_(std::move(changed)),
      every_ms_(every_ms),
      thread_([this] { Run(); }) {}

DataFileWatch::~DataFileWatch() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  end_.notify_all();
  thread_.join();
}

void DataFileWatch::Run() {
  DataFileChanges changes;
  std::unique_lock lock(mutex_);
  while (!end_.wait_for(lock, std::chrono::milliseconds(every_ms_),
                        [this] { return ended_; })) {
    lock.unlock();
    const std::vector<std::string> changed = changes.Look(files_());
    if (!changed.empty()) changed_(changed);
    lock.lock();
  }
}

}  // namespace tocsin
