// Loaded before the C library (LD_PRELOAD): what the kernel may answer and
// rarely does. Everything is told by the environment.
//
//   TOCSIN_FAIL=CALL:HOW:N:FOLDER   the N-th CALL (read, write, sync) on a file
//       below FOLDER fails: HOW is EIO, ENOSPC, or SHORT (half of the bytes);
//       the file that TOCSIN_FAILED names then has its path
//   TOCSIN_NO_ROOM=FILE:FOLDER      while FILE exists, writes below FOLDER find
//       no room on the device
//   TOCSIN_HELD_UP=FILE:FOLDER      while FILE exists, writes below FOLDER wait
//   TOCSIN_NOT_READ=FILE:FOLDER     while FILE exists, reads below FOLDER wait
//   TOCSIN_SYNC_LOST=FILE:FOLDER    while FILE exists, syncs below FOLDER wait,
//       and fail then
//   TOCSIN_SYNCED=NOTES:FOLDER      syncs of files below FOLDER take 5 ms; the
//       size that one made durable is in the folder NOTES, under the file's
//       name
//   TOCSIN_NO_WATCH=ERROR           EMFILE: there is no inotify; ENOSPC: there
//       are no watches of it
//   TOCSIN_CLOCK=FILE               two numbers of 8 bytes in nanoseconds: what
//       is added to the wall clock, and where it stands still (0: it goes)
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

namespace {

enum class Outcome { kGoesOn, kFails, kShort };

// The parts of the variable between colons; the last one takes the rest.
std::string Part(const char* variable, int index, int parts) {
  const char* const text = getenv(variable);
  std::string_view rest = text == nullptr ? "" : text;
  for (int i = 0; i < index; ++i) {
    rest.remove_prefix(std::min(rest.size(), rest.find(':') + 1));
  }
  if (index + 1 < parts) rest = rest.substr(0, rest.find(':'));
  return std::string(rest);
}

struct Settings {
  std::string call = Part("TOCSIN_FAIL", 0, 4);
  std::string how = Part("TOCSIN_FAIL", 1, 4);
  long nth = atol(Part("TOCSIN_FAIL", 2, 4).c_str());
  std::string folder = Part("TOCSIN_FAIL", 3, 4);
  std::string full = Part("TOCSIN_NO_ROOM", 0, 2);
  std::string full_folder = Part("TOCSIN_NO_ROOM", 1, 2);
  std::string held_up = Part("TOCSIN_HELD_UP", 0, 2);
  std::string held_up_folder = Part("TOCSIN_HELD_UP", 1, 2);
  std::string not_read = Part("TOCSIN_NOT_READ", 0, 2);
  std::string not_read_folder = Part("TOCSIN_NOT_READ", 1, 2);
  std::string sync_lost = Part("TOCSIN_SYNC_LOST", 0, 2);
  std::string sync_lost_folder = Part("TOCSIN_SYNC_LOST", 1, 2);
  std::string notes = Part("TOCSIN_SYNCED", 0, 2);
  std::string noted_folder = Part("TOCSIN_SYNCED", 1, 2);
  std::atomic<long> calls{0};
};

Settings& Get() {
  // Stays: threads may call while the process ends.
  static Settings& settings = *std::make_unique<Settings>().release();
  return settings;
}

std::string PathOf(int file) {
  char name[64], path[4096];
  snprintf(name, sizeof name, "/proc/self/fd/%d", file);
  const ssize_t size = readlink(name, path, sizeof path);
  return {path, static_cast<std::size_t>(size > 0 ? size : 0)};
}

bool IsBelow(int file, const std::string& folder) {
  return !folder.empty() && PathOf(file).starts_with(folder);
}

// Whether it had to: while the one exists, for what is below the other.
bool WaitWhile(const std::string& exists, int file, const std::string& folder) {
  if (!IsBelow(file, folder)) return false;
  bool waited = false;
  for (; access(exists.c_str(), F_OK) == 0; waited = true) usleep(5'000);
  return waited;
}

Outcome Ask(const char* call, int file) {
  Settings& settings = Get();
  if (call[0] == 'w' && IsBelow(file, settings.full_folder) &&
      access(settings.full.c_str(), F_OK) == 0) {
    errno = ENOSPC;
    return Outcome::kFails;
  }
  if (call[0] == 'w') {
    WaitWhile(settings.held_up, file, settings.held_up_folder);
  }
  if (call[0] == 'r') {
    WaitWhile(settings.not_read, file, settings.not_read_folder);
  }
  if (call[0] == 's' &&
      WaitWhile(settings.sync_lost, file, settings.sync_lost_folder)) {
    errno = EIO;
    return Outcome::kFails;
  }
  if (settings.call != call || !IsBelow(file, settings.folder) ||
      ++settings.calls != settings.nth) {
    return Outcome::kGoesOn;
  }
  const char* const failed = getenv("TOCSIN_FAILED");
  const int told = failed == nullptr
                       ? -1
                       : open(failed, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  if (told >= 0) {
    const std::string path = PathOf(file);
    if (write(told, path.data(), path.size()) < 0) abort();
    close(told);
  }
  errno = settings.how == "ENOSPC" ? ENOSPC : EIO;
  return settings.how == "SHORT" ? Outcome::kShort : Outcome::kFails;
}

// The sync, and the note of what it made durable: what stood there before it.
int SyncAndNote(int file, int (*sync)(int)) {
  struct stat before {};
  const Settings& settings = Get();
  const bool noted = IsBelow(file, settings.noted_folder) &&
                     fstat(file, &before) == 0 && S_ISREG(before.st_mode);
  if (noted) usleep(5'000);
  const int result = sync(file);
  if (!noted || result != 0) return result;
  const std::string path = PathOf(file);
  const std::string note = settings.notes + path.substr(path.rfind('/'));
  const int into = open(note.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  const std::int64_t size = before.st_size;
  if (into < 0 || write(into, &size, sizeof size) < 0) abort();
  close(into);
  return result;
}

// The function of this name behind this library.
template <typename Function>
Function Next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

// The first of the pieces, and half of it when it is all.
iovec FirstOf(const iovec* pieces, int count) {
  iovec first = pieces[0];
  if (count == 1) first.iov_len = first.iov_len / 2 + first.iov_len % 2;
  return first;
}

struct Clock {
  std::int64_t added_ns, stands_at_ns;
};

const volatile Clock* GetClock() {
  static const volatile Clock* const clock = [] {
    const char* const path = getenv("TOCSIN_CLOCK");
    const int file = path == nullptr ? -1 : open(path, O_RDONLY);
    void* const at =
        file < 0 ? MAP_FAILED
                 : mmap(nullptr, sizeof(Clock), PROT_READ, MAP_SHARED, file, 0);
    return at == MAP_FAILED ? nullptr : static_cast<const Clock*>(at);
  }();
  return clock;
}

}  // namespace

extern "C" {

#define ONE_PIECE(result, name, call, type, more, given)        \
  result name(int file, type bytes, size_t size more) {         \
    static const auto next = Next<decltype(&name)>(#name);      \
    const Outcome outcome = Ask(call, file);                    \
    if (outcome == Outcome::kFails) return -1;                  \
    if (outcome == Outcome::kShort) size = size / 2 + size % 2; \
    return next(file, bytes, size given);                       \
  }
#define COMMA ,
ONE_PIECE(ssize_t, write, "write", const void*, , )
ONE_PIECE(ssize_t, pwrite, "write", const void*, COMMA off_t at, COMMA at)
ONE_PIECE(ssize_t, pwrite64, "write", const void*, COMMA off64_t at, COMMA at)
ONE_PIECE(ssize_t, read, "read", void*, , )
ONE_PIECE(ssize_t, pread, "read", void*, COMMA off_t at, COMMA at)
ONE_PIECE(ssize_t, pread64, "read", void*, COMMA off64_t at, COMMA at)

#define PIECES(name, call, more, given)                         \
  ssize_t name(int file, const iovec* pieces, int count more) { \
    static const auto next = Next<decltype(&name)>(#name);      \
    const Outcome outcome = Ask(call, file);                    \
    if (outcome == Outcome::kFails) return -1;                  \
    if (outcome == Outcome::kShort) {                           \
      const iovec first = FirstOf(pieces, count);               \
      return next(file, &first, 1 given);                       \
    }                                                           \
    return next(file, pieces, count given);                     \
  }
PIECES(writev, "write", , )
PIECES(pwritev, "write", COMMA off_t at, COMMA at)
PIECES(pwritev64, "write", COMMA off64_t at, COMMA at)
PIECES(preadv, "read", COMMA off_t at, COMMA at)
PIECES(preadv64, "read", COMMA off64_t at, COMMA at)

#define SYNC(name)                                         \
  int name(int file) {                                     \
    static const auto next = Next<decltype(&name)>(#name); \
    if (Ask("sync", file) != Outcome::kGoesOn) return -1;  \
    return SyncAndNote(file, next);                        \
  }
SYNC(fsync)
SYNC(fdatasync)

int inotify_init1(int flags) noexcept {
  static const auto next = Next<decltype(&inotify_init1)>("inotify_init1");
  if (Part("TOCSIN_NO_WATCH", 0, 1) != "EMFILE") return next(flags);
  errno = EMFILE;
  return -1;
}

int inotify_add_watch(int file, const char* path, uint32_t what) noexcept {
  static const auto next =
      Next<decltype(&inotify_add_watch)>("inotify_add_watch");
  if (Part("TOCSIN_NO_WATCH", 0, 1) != "ENOSPC") return next(file, path, what);
  errno = ENOSPC;
  return -1;
}

int clock_gettime(clockid_t which, timespec* time) noexcept {
  static const auto next = Next<decltype(&clock_gettime)>("clock_gettime");
  const int result = next(which, time);
  const volatile Clock* const clock = GetClock();
  if (result != 0 || which != CLOCK_REALTIME || clock == nullptr) {
    return result;
  }
  std::int64_t ns = time->tv_sec * 1'000'000'000 + time->tv_nsec;
  ns = clock->stands_at_ns != 0 ? clock->stands_at_ns : ns + clock->added_ns;
  time->tv_sec = ns / 1'000'000'000;
  time->tv_nsec = ns % 1'000'000'000;
  return 0;
}

int gettimeofday(timeval* time, void*) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  time->tv_sec = now.tv_sec;
  time->tv_usec = now.tv_nsec / 1'000;
  return 0;
}

time_t time(time_t* into) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (into != nullptr) *into = now.tv_sec;
  return now.tv_sec;
}

}  // extern "C"
