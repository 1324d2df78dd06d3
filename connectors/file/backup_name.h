// Names under which rotated logs lie beside the file that is being written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tocsin {

enum class BackupScheme : std::uint8_t {
  kTimestamp,  // audit-2006-01-02T15-04-05.000.log: the apiserver's.
  kNumber,     // audit.log.1, audit.1.log: logrotate's.
  kDate,       // audit.log-20060102, audit-20060102.log: its dateext.
};

struct BackupName {
  std::string base;  // Of the file that is being written: audit.log.
  BackupScheme scheme = BackupScheme::kNumber;
  std::int64_t time_us = 0;  // That the name carries, as UTC; 0: none.
  bool compressed = false;   // .gz, .zst
};

// Of a name without its folder; nothing when it is no backup's.
std::optional<BackupName> ParseBackupName(std::string_view name);

// The name without .gz or .zst.
std::string_view WithoutCompression(std::string_view name);

// 2006-01-02T15:04:05.000Z, for messages.
std::string TimeText(std::int64_t time_us);

}  // namespace tocsin
