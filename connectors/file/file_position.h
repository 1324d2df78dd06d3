// What is remembered of followed files, in memory and in positions
// (docs/reference/positions.md has the bytes).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "connectors/file/file_text.h"

namespace tocsin {

inline constexpr std::size_t kHeadBytes = 1'024;  // Hashed of a file's start.
inline constexpr std::size_t kMarkerBytes = 256;  // Before the offset.
inline constexpr std::size_t kDoneBackups = 128;  // Remembered of one log.

// A place in a text, known again by the text: the first bytes and those before
// the place.
struct TextMark {
  std::uint64_t offset = 0;
  std::uint16_t head_size = 0;  // How many bytes head_hash covers.
  std::uint64_t head_hash = 0;
  std::uint16_t marker_size =
      0;  // How many before `offset` marker_hash covers.
  std::uint64_t marker_hash = 0;
};

// One file and where its reading stands; also the name of a stream, with the
// place where the stream begins.
struct FileRecord {
  std::uint32_t id = 0;  // The stream's. Never used twice.
  FileKey key;
  TextMark mark;
  bool finished = false;  // Rotated, and all that was there had been read.
  bool skipping = false;  // Inside the rest of a line that was cut.
  std::uint32_t line_given = 0;  // Of the line that `mark` stands in.
  std::int64_t time_us = 0;      // That the name of a backup carries.
  std::int64_t written_us = 0;   // When the file was last written.
  std::string path;
  std::string base;  // Path of the log that the file is, or is a backup of.
};

// A backup that is not to be read (any more).
struct DoneBackup {
  std::int64_t time_us = 0;
  FileKey key;
  TextMark mark;  // offset: its size; without a head: it was never read.
};

// A log: the file that is written and its backups.
struct LogRecord {
  std::string base;
  std::int64_t floor_us = 0;     // Backups of up to then are not to be read.
  std::vector<DoneBackup> done;  // Later ones that are not to be read.
};

struct TailPosition {
  std::uint32_t next_id = 1;
  std::int64_t saved_us = 0;  // By the wall clock.
  std::vector<FileRecord> files;
  std::vector<LogRecord> logs;
};

std::string Encode(const TailPosition& position);
// Also the form without a version: `<device> <inode> <offset> <hash> <path>`
// lines. DataLoss for what is neither; FailedPrecondition for a later version.
absl::StatusOr<TailPosition> DecodeTailPosition(std::string_view bytes);

// One record as the name of a stream. DataLoss for what is none.
std::string EncodeStreamName(const FileRecord& record);
absl::StatusOr<FileRecord> DecodeStreamName(std::string_view name);

}  // namespace tocsin
