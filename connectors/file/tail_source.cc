#include "connectors/file/tail_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <sstream>
#include <utility>

#include "absl/strings/str_format.h"
#include "connectors/file/glob.h"
#include "engine/base/log.h"
#include "engine/base/status.h"
#include "engine/base/status_macros.h"

namespace tocsin {
namespace {

constexpr std::uint64_t kHeadBytes = 256;  // Hashed, in a position.
constexpr std::int64_t kScanPauseMs = 20;  // However many events come.

struct Named {
  std::string path;
  FileKey key;
  std::int64_t time_ns = 0;
};

std::string FolderOf(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

// The files that `pattern` names. What is there and cannot be looked at goes to
// `tell`: a link to itself, a folder without permission.
std::vector<Named> FilesOf(
    const std::string& pattern,
    const std::function<void(const std::string&, const absl::Status&)>& tell) {
  const bool glob = IsGlob(pattern);
  const auto failed = [&](const std::string& path) {
    if (errno == ENOENT || errno == ENOTDIR) return;
    tell(path, ErrnoStatus(errno, absl::StrFormat("opening %s", path)));
  };
  std::vector<std::string> paths{pattern};
  if (glob) paths = ExpandGlob(pattern);
  std::vector<Named> found;
  for (std::string& path : paths) {
    struct stat status;
    if (stat(path.c_str(), &status) != 0) {
      failed(path);
      continue;
    }
    const std::int64_t time =
        status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec;
    found.push_back({std::move(path), KeyOf(status), time});
  }
  const std::string folder = FolderOf(pattern);
  if (glob && paths.empty() && !IsGlob(folder) &&
      faccessat(AT_FDCWD, folder.c_str(), R_OK | X_OK, AT_EACCESS) != 0) {
    failed(folder);
  }
  std::stable_sort(
      found.begin(), found.end(),
      [](const Named& a, const Named& b) { return a.time_ns < b.time_ns; });
  return found;
}

}  // namespace

struct TailSource::Resumed {
  FileKey key;
  std::uint64_t offset = 0;
  std::uint64_t head_hash = 0;
  std::string path;
};

TailSource::TailSource(TailOptions options)
    : options_(std::move(options)), watch_(options_.inotify) {}

TailSource::~TailSource() = default;

std::int64_t TailSource::NowMs() const {
  return options_.clock->SteadyMicros() / 1000;
}

void TailSource::ReportOnce(const std::string& path, const absl::Status& why) {
  if (!reported_.insert(path).second) return;
  ++counts_.unreadable;
  Log(LogLevel::kWarning, "a file cannot be followed; it is tried again",
      {{"source", options_.name},
       {"path", path},
       {"reason", std::string(Message(why))}});
}

void TailSource::Place(FollowedFile* file, bool first_scan) {
  for (const Resumed& resumed : resumed_) {
    const std::uint64_t head = std::min(resumed.offset, kHeadBytes);
    if (resumed.key == file->key() &&
        resumed.head_hash == file->HeadHash(head)) {
      file->SeekTo(resumed.offset);
      return;
    }
  }
  const bool at_end =
      first_scan && resumed_.empty() && options_.start == TailStart::kEnd;
  if (at_end) file->SeekToLastLine();
}

void TailSource::Rescan() {
  const bool first_scan = !scanned_;
  scanned_ = true;
  last_scan_ms_ = NowMs();
  next_scan_ms_ = last_scan_ms_ + options_.rescan_ms;
  watch_.Add(FolderOf(options_.pattern));
  const std::vector<Named> found =
      FilesOf(options_.pattern,
              [this](const std::string& path, const absl::Status& why) {
                ReportOnce(path, why);
              });
  for (const auto& file : files_) file->rotated = true;
  for (const Named& named : found) {
    const auto known = std::find_if(
        files_.begin(), files_.end(),
        [&](const auto& file) { return file->key() == named.key; });
    if (known != files_.end()) {
      (*known)->rotated = false;
      (*known)->path = named.path;
      continue;
    }
    auto opened = FollowedFile::Open(named.path);
    if (!opened.ok()) {
      ReportOnce(named.path, opened.status());
      continue;
    }
    reported_.erase(named.path);
    Place(opened->get(), first_scan);
    (*opened)->quiet_since_ms = NowMs();
    ++counts_.opened;
    Log(LogLevel::kInfo, "following a file",
        {{"source", options_.name},
         {"path", named.path},
         {"offset", absl::StrFormat("%d", (*opened)->offset())}});
    watch_.Add(named.path);
    watch_.Add(FolderOf(named.path));
    files_.push_back(*std::move(opened));
    // What was rotated away is read to its end before what replaced it.
    const bool inside_a_line =
        current_ < files_.size() && files_[current_]->mid_line();
    if (!inside_a_line) current_ = 0;
  }
  if (files_.empty() && !found_nothing_told_) {
    found_nothing_told_ = true;
    Log(LogLevel::kWarning, "no file to follow yet; waiting for one",
        {{"source", options_.name}, {"pattern", options_.pattern}});
  }
}

absl::StatusOr<ReadOutcome> TailSource::ReadFile(FollowedFile* file, char* into,
                                                 std::size_t capacity) {
  const bool was_mid_line = file->mid_line();
  if (file->CheckReplaced()) {
    ++counts_.replaced;
    Log(LogLevel::kInfo, "a file was truncated or replaced; from its start",
        {{"source", options_.name}, {"path", file->path}});
    if (was_mid_line) return ReadOutcome{ReadKind::kFileEnd, 0};
  }
  TOCSIN_ASSIGN_OR_RETURN(const std::size_t got,
                          file->ReadLines(into, capacity));
  if (got > 0) {
    file->quiet_since_ms = NowMs();
    return ReadOutcome{ReadKind::kData, got};
  }
  if (file->mid_line()) {
    file->AbandonLine();
    if (!file->mid_line()) return ReadOutcome{ReadKind::kFileEnd, 0};
  }
  if (file->rotated && NowMs() - file->quiet_since_ms >= options_.drain_ms) {
    return ReadRotated(file, into, capacity);
  }
  return ReadOutcome{ReadKind::kNothing, 0};
}

// The last of a file that nobody writes any more.
absl::StatusOr<ReadOutcome> TailSource::ReadRotated(FollowedFile* file,
                                                    char* into,
                                                    std::size_t capacity) {
  const bool was_mid_line = file->mid_line();
  TOCSIN_ASSIGN_OR_RETURN(const std::size_t got,
                          file->ReadRest(into, capacity));
  if (got > 0) return ReadOutcome{ReadKind::kData, got};
  ++counts_.rotated;
  Log(LogLevel::kInfo, "a rotated file was read to its end",
      {{"source", options_.name}, {"path", file->path}});
  std::erase_if(files_, [&](const auto& one) { return one.get() == file; });
  current_ = 0;
  return ReadOutcome{was_mid_line ? ReadKind::kFileEnd : ReadKind::kNothing, 0};
}

absl::StatusOr<ReadOutcome> TailSource::Read(char* into, std::size_t capacity) {
  if (NowMs() >= next_scan_ms_) Rescan();
  // One file until it has nothing: a backlog is read oldest first.
  for (std::size_t tried = 0; tried <= files_.size() && !files_.empty();
       ++tried) {
    if (current_ >= files_.size()) current_ = 0;
    FollowedFile* const file = files_[current_].get();
    absl::StatusOr<ReadOutcome> outcome = ReadFile(file, into, capacity);
    if (!outcome.ok()) {
      ReportOnce(file->path, outcome.status());
      outcome = ReadOutcome{ReadKind::kNothing, 0};
    }
    if (outcome->kind != ReadKind::kNothing) return outcome;
    const bool still_there =
        current_ < files_.size() && files_[current_].get() == file;
    if (still_there && file->mid_line()) break;
    ++current_;
  }
  return ReadOutcome{ReadKind::kNothing, 0};
}

void TailSource::Wait(int timeout_ms) {
  const std::int64_t until_scan =
      std::max<std::int64_t>(next_scan_ms_ - NowMs(), 1);
  if (watch_.Wait(
          static_cast<int>(std::min<std::int64_t>(timeout_ms, until_scan)))) {
    next_scan_ms_ = std::min(next_scan_ms_, last_scan_ms_ + kScanPauseMs);
  }
}

SourcePosition TailSource::position() const {
  std::string position;
  for (const auto& file : files_) {
    const std::uint64_t head = std::min(file->offset(), kHeadBytes);
    position += absl::StrFormat("%d %d %d %d %s\n", file->key().device,
                                file->key().inode, file->offset(),
                                file->HeadHash(head), file->path);
  }
  return position;
}

absl::Status TailSource::Resume(const SourcePosition& position) {
  std::istringstream lines(position);
  std::string line;
  std::vector<Resumed> resumed;
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    Resumed one;
    words >> one.key.device >> one.key.inode >> one.offset >> one.head_hash;
    if (!words || words.get() != ' ' || !std::getline(words, one.path)) {
      return absl::DataLossError("a position that is not of followed files");
    }
    resumed.push_back(std::move(one));
  }
  resumed_ = std::move(resumed);
  return absl::OkStatus();
}

}  // namespace tocsin
