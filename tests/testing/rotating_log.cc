#include "tests/testing/rotating_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/testing/compress.h"

namespace tocsin::testing {
namespace {

namespace fs = std::filesystem;

std::string BackupPath(const std::string& path, std::int64_t ms) {
  const fs::path whole(path);
  const std::time_t seconds = ms / 1000;
  std::tm time{};
  gmtime_r(&seconds, &time);
  char text[64];
  std::strftime(text, sizeof(text), "-%Y-%m-%dT%H-%M-%S", &time);
  char millis[16];
  std::snprintf(millis, sizeof(millis), ".%03d", static_cast<int>(ms % 1000));
  return (whole.parent_path() /
          (whole.stem().string() + text + millis + whole.extension().string()))
      .string();
}

bool IsCompressed(const std::string& path) { return path.ends_with(".gz"); }

std::string WithoutGz(const std::string& path) {
  return IsCompressed(path) ? path.substr(0, path.size() - 3) : path;
}

}  // namespace

std::int64_t OnceMillis() {
  static std::atomic<std::int64_t> last{0};
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  std::int64_t before = last.load();
  while (!last.compare_exchange_weak(before, std::max(now, before + 1))) {
  }
  return std::max(now, before + 1);
}

RotatingLog::RotatingLog(RotatingLogOptions options)
    : options_(std::move(options)) {
  if (!options_.now_ms) options_.now_ms = OnceMillis;
}

RotatingLog::~RotatingLog() { Close(); }

void RotatingLog::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

void RotatingLog::OpenNew() {
  struct stat status;
  mode_t mode = 0600;
  if (stat(options_.path.c_str(), &status) == 0) {
    mode = status.st_mode & 07777;
    const std::string backup = BackupPath(options_.path, options_.now_ms());
    std::rename(options_.path.c_str(), backup.c_str());
  }
  fd_ = open(options_.path.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC,
             mode);
  size_ = 0;
}

void RotatingLog::OpenExisting(std::size_t bytes) {
  struct stat status;
  if (stat(options_.path.c_str(), &status) != 0) return OpenNew();
  size_ = static_cast<std::uint64_t>(status.st_size);
  if (size_ + bytes >= options_.max_bytes) return Rotate();
  fd_ = open(options_.path.c_str(), O_APPEND | O_WRONLY | O_CLOEXEC);
}

void RotatingLog::Rotate() {
  Close();
  OpenNew();
}

bool RotatingLog::Write(std::string_view line) {
  if (fd_ < 0) OpenExisting(line.size());
  if (size_ + line.size() > options_.max_bytes) Rotate();
  const ssize_t written = write(fd_, line.data(), line.size());
  if (written > 0) size_ += static_cast<std::uint64_t>(written);
  return written == static_cast<ssize_t>(line.size());
}

void RotatingLog::WritePart(std::string_view part) {
  if (fd_ < 0) OpenExisting(part.size());
  const ssize_t written = write(fd_, part.data(), part.size());
  if (written > 0) size_ += static_cast<std::uint64_t>(written);
}

std::vector<std::string> RotatingLog::Backups() const {
  const fs::path whole(options_.path);
  const std::string begin = whole.stem().string() + "-";
  std::vector<std::string> paths;
  for (const auto& entry : fs::directory_iterator(whole.parent_path())) {
    if (entry.path().filename().string().starts_with(begin)) {
      paths.push_back(entry.path().string());
    }
  }
  std::sort(paths.begin(), paths.end(), std::greater<>());
  return paths;
}

void RotatingLog::Prune(int keep) {
  std::vector<std::string> kept;
  for (const std::string& path : Backups()) {
    const std::string plain = WithoutGz(path);
    if (std::find(kept.begin(), kept.end(), plain) == kept.end()) {
      if (static_cast<int>(kept.size()) < keep) {
        kept.push_back(plain);
        continue;
      }
      std::remove(path.c_str());
    }
  }
}

void RotatingLog::Compress(const std::string& backup, double part) {
  std::ifstream in(backup, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  const std::string whole = Gzip(text.str());
  const std::string bytes = whole.substr(
      0, static_cast<std::size_t>(static_cast<double>(whole.size()) * part));
  const int fd = open((backup + ".gz").c_str(),
                      O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  // In several writes, so that a reader can see it half written.
  constexpr std::size_t kPiece = 32u << 10;
  for (std::size_t at = 0; at < bytes.size(); at += kPiece) {
    const std::size_t size = std::min(kPiece, bytes.size() - at);
    if (write(fd, bytes.data() + at, size) < 0) break;
  }
  close(fd);
  if (part >= 1) std::remove(backup.c_str());
}

void RotatingLog::Mill() {
  if (options_.max_backups > 0) Prune(options_.max_backups);
  if (!options_.compress) return;
  for (const std::string& path : Backups()) {
    if (!IsCompressed(path)) Compress(path);
  }
}

}  // namespace tocsin::testing
