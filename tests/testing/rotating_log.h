// A writer that treats its files as the apiserver's log backend does
// (lumberjack v2), operation by operation: close, rename to a name with a
// timestamp, open anew with O_TRUNC and without O_APPEND; apart from that
// compress to a second file and remove the first, and prune by number.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::testing {

struct RotatingLogOptions {
  std::string path;
  std::uint64_t max_bytes = 1u << 20;
  int max_backups = 0;  // 0: all are kept.
  bool compress = false;
  // Milliseconds since 1970, of which each is given once.
  std::function<std::int64_t()> now_ms;
};

// Write() and Rotate() are one thread's, Mill() and what is below it one
// thread's: maybe another.
class RotatingLog {
 public:
  explicit RotatingLog(RotatingLogOptions options);
  ~RotatingLog();
  RotatingLog(const RotatingLog&) = delete;
  RotatingLog& operator=(const RotatingLog&) = delete;

  // One write(2); rotates first when the line no longer fits. False when less
  // was written.
  bool Write(std::string_view line);
  // Part of a line, as a full disk cuts it; never rotates.
  void WritePart(std::string_view part);
  void Rotate();
  // The process ended: the next Write() opens what is there with O_APPEND.
  void Close();

  // What the backend does beside: removes the oldest backups, compresses the
  // others.
  void Mill();
  void Prune(int keep);
  // Compresses one; `part` < 1: the process dies in the middle of it.
  void Compress(const std::string& backup, double part = 1);
  // Paths of backups, the newest first.
  std::vector<std::string> Backups() const;

 private:
  void OpenNew();
  void OpenExisting(std::size_t bytes);

  RotatingLogOptions options_;
  int fd_ = -1;
  std::uint64_t size_ = 0;
};

// Milliseconds of the wall clock, each given once.
std::int64_t OnceMillis();

}  // namespace tocsin::testing
