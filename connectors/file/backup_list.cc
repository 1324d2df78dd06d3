#include "connectors/file/backup_list.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

namespace tocsin {
namespace {

constexpr int kMostReadings = 5;

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

std::string NameOf(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

std::string Join(const std::string& folder, const std::string& name,
                 const std::string& like) {
  // As the user wrote it: `audit.log` has no folder in front.
  return like.find('/') == std::string::npos
             ? name
             : (std::filesystem::path(folder) / name).string();
}

// Names of backups of the logs `bases` (without their folder), sorted.
std::vector<std::string> BackupNames(const std::string& folder,
                                     const StringSet& bases) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, CloseFolder> open(opendir(folder.c_str()));
  if (open == nullptr) return names;
  while (const dirent* entry = readdir(open.get())) {
    const std::string_view name(entry->d_name);
    const auto backup = ParseBackupName(name);
    if (backup && bases.contains(backup->base)) names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> SettledNames(const std::string& folder,
                                      const StringSet& bases) {
  std::vector<std::string> names = BackupNames(folder, bases);
  for (int i = 1; i < kMostReadings; ++i) {
    std::vector<std::string> again = BackupNames(folder, bases);
    if (again == names) break;
    names = std::move(again);
  }
  return names;
}

}  // namespace

std::string FolderOf(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

std::string LogOf(const std::string& path) {
  const auto backup = ParseBackupName(NameOf(path));
  return backup ? Join(FolderOf(path), backup->base, path) : path;
}

std::optional<FoundFile> FindFile(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return std::nullopt;
  }
  FoundFile found;
  found.path = path;
  found.key = KeyOf(status);
  found.size = static_cast<std::uint64_t>(status.st_size);
  found.written_us = WrittenMicros(status);
  found.backup = ParseBackupName(NameOf(path));
  return found;
}

BackupsByLog ListBackups(const std::vector<std::string>& logs) {
  StringMap<StringSet> folders;
  StringMap<std::string> like;
  for (const std::string& log : logs) {
    folders[FolderOf(log)].insert(NameOf(log));
    like[FolderOf(log)] = log;
  }
  BackupsByLog lists;
  for (const auto& [folder, bases] : folders) {
    const std::vector<std::string> names = SettledNames(folder, bases);
    for (const std::string& name : names) {
      const std::string_view plain = WithoutCompression(name);
      if (plain.size() < name.size() &&
          std::binary_search(names.begin(), names.end(), plain)) {
        continue;
      }
      auto found = FindFile(Join(folder, name, like[folder]));
      if (found) lists[LogOf(found->path)].push_back(*std::move(found));
    }
  }
  for (auto& [log, list] : lists) {
    std::stable_sort(list.begin(), list.end(),
                     [](const FoundFile& a, const FoundFile& b) {
                       return a.time_us() < b.time_us();
                     });
  }
  return lists;
}

bool TwoSchemes(const std::vector<FoundFile>& backups) {
  const auto timestamp = [](const FoundFile& file) {
    return file.backup->scheme == BackupScheme::kTimestamp;
  };
  return std::any_of(backups.begin(), backups.end(), timestamp) &&
         !std::all_of(backups.begin(), backups.end(), timestamp);
}

}  // namespace tocsin
