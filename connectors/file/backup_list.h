// What lies in a folder of logs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "connectors/file/backup_name.h"
#include "connectors/file/file_text.h"
#include "engine/base/strings.h"

namespace tocsin {

struct FoundFile {
  std::string path;
  FileKey key;
  std::uint64_t size = 0;
  std::int64_t written_us = 0;
  std::optional<BackupName> backup;  // Nothing: its name is no backup's.

  // Of backups, when they were rotated; their order.
  std::int64_t time_us() const {
    const bool told = backup && backup->time_us != 0;
    return told ? backup->time_us : written_us;
  }
};

// "." for a path without a folder.
std::string FolderOf(const std::string& path);
// The path of the log that the file at `path` is, or is a backup of.
std::string LogOf(const std::string& path);
// A regular file or what leads to one; nothing else is found.
std::optional<FoundFile> FindFile(const std::string& path);

// The backups of logs, by the path of the log, oldest first. A compressed one
// whose plain twin is there is left out: it may be in the making. Reads each
// folder until two readings agree, for names move meanwhile.
using BackupsByLog = StringMap<std::vector<FoundFile>>;
BackupsByLog ListBackups(const std::vector<std::string>& logs);

// Whether both the apiserver and somebody else keep these.
bool TwoSchemes(const std::vector<FoundFile>& backups);

}  // namespace tocsin
