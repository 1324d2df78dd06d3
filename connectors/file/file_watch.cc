#include "connectors/file/file_watch.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

namespace tocsin {
namespace {

constexpr std::uint32_t kEvents = IN_MODIFY | IN_CREATE | IN_MOVED_TO |
                                  IN_MOVED_FROM | IN_DELETE | IN_ATTRIB |
                                  IN_MOVE_SELF | IN_DELETE_SELF;

}  // namespace

FileWatch::FileWatch(bool enabled)
    : fd_(enabled ? inotify_init1(IN_NONBLOCK | IN_CLOEXEC) : -1) {}

void FileWatch::Add(const std::string& path) {
  if (fd_.valid()) inotify_add_watch(fd_.get(), path.c_str(), kEvents);
}

bool FileWatch::Wait(int timeout_ms) {
  pollfd waited{fd_.get(), POLLIN, 0};  // A negative descriptor only waits.
  if (poll(&waited, 1, timeout_ms) <= 0) return false;
  alignas(inotify_event) char events[4096];
  while (read(fd_.get(), events, sizeof(events)) > 0) {
  }
  return true;
}

}  // namespace tocsin
