#include "connectors/file/file_position.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include "engine/base/coding.h"

namespace tocsin {
namespace {

// Begins a position. Digits began the form that had no version.
constexpr std::uint8_t kVersion = 2;
constexpr std::uint64_t kOldHeadBytes = 256;  // Hashed, in that form.
constexpr std::uint8_t kFinished = 1, kSkipping = 2;

void Put(const TextMark& mark, std::string* out) {
  PutNumber(mark.offset, out);
  PutNumber(mark.head_size, out);
  PutNumber(mark.head_hash, out);
  PutNumber(mark.marker_size, out);
  PutNumber(mark.marker_hash, out);
}

bool Take(std::string_view* rest, TextMark* mark) {
  return TakeNumber(rest, &mark->offset) &&
         TakeNumber(rest, &mark->head_size) &&
         TakeNumber(rest, &mark->head_hash) &&
         TakeNumber(rest, &mark->marker_size) &&
         TakeNumber(rest, &mark->marker_hash) &&
         mark->head_size <= kHeadBytes && mark->marker_size <= kMarkerBytes &&
         mark->marker_size <= mark->offset;
}

void Put(const FileKey& key, std::string* out) {
  PutNumber(key.device, out);
  PutNumber(key.inode, out);
}

bool Take(std::string_view* rest, FileKey* key) {
  return TakeNumber(rest, &key->device) && TakeNumber(rest, &key->inode);
}

bool Take(std::string_view* rest, std::string* text) {
  std::string_view bytes;
  if (!TakeBytes(rest, &bytes)) return false;
  text->assign(bytes);
  return true;
}

void Put(const FileRecord& file, std::string* out) {
  PutNumber(file.id, out);
  Put(file.key, out);
  Put(file.mark, out);
  PutNumber(static_cast<std::uint8_t>((file.finished ? kFinished : 0) |
                                      (file.skipping ? kSkipping : 0)),
            out);
  PutNumber(file.line_given, out);
  PutNumber(file.time_us, out);
  PutNumber(file.written_us, out);
  PutBytes(file.path, out);
  PutBytes(file.base, out);
}

bool Take(std::string_view* rest, FileRecord* file) {
  std::uint8_t flags = 0;
  const bool ok = TakeNumber(rest, &file->id) && Take(rest, &file->key) &&
                  Take(rest, &file->mark) && TakeNumber(rest, &flags) &&
                  TakeNumber(rest, &file->line_given) &&
                  TakeNumber(rest, &file->time_us) &&
                  TakeNumber(rest, &file->written_us) &&
                  Take(rest, &file->path) && Take(rest, &file->base);
  file->finished = (flags & kFinished) != 0;
  file->skipping = (flags & kSkipping) != 0;
  return ok;
}

void Put(const DoneBackup& backup, std::string* out) {
  PutNumber(backup.time_us, out);
  Put(backup.key, out);
  Put(backup.mark, out);
}

bool Take(std::string_view* rest, DoneBackup* backup) {
  return TakeNumber(rest, &backup->time_us) && Take(rest, &backup->key) &&
         Take(rest, &backup->mark);
}

void Put(const LogRecord& log, std::string* out) {
  PutBytes(log.base, out);
  PutNumber(log.floor_us, out);
  PutNumber(static_cast<std::uint32_t>(log.done.size()), out);
  for (const DoneBackup& backup : log.done) Put(backup, out);
}

bool Take(std::string_view* rest, LogRecord* log);

template <typename T>
bool TakeList(std::string_view* rest, std::vector<T>* list) {
  std::uint32_t count = 0;
  if (!TakeNumber(rest, &count)) return false;
  for (; count > 0; --count) {
    if (!Take(rest, &list->emplace_back())) return false;
  }
  return true;
}

bool Take(std::string_view* rest, LogRecord* log) {
  return Take(rest, &log->base) && TakeNumber(rest, &log->floor_us) &&
         TakeList(rest, &log->done);
}

absl::Status NoPosition() {
  return absl::DataLossError("a position that is not of followed files");
}

absl::StatusOr<TailPosition> DecodeOld(std::string_view bytes) {
  std::istringstream lines{std::string(bytes)};
  std::string line;
  TailPosition position;
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    FileRecord file;
    words >> file.key.device >> file.key.inode >> file.mark.offset >>
        file.mark.head_hash;
    if (!words || words.get() != ' ' || !std::getline(words, file.path)) {
      return NoPosition();
    }
    file.mark.head_size =
        static_cast<std::uint16_t>(std::min(file.mark.offset, kOldHeadBytes));
    file.id = position.next_id++;
    position.files.push_back(std::move(file));
  }
  return position;
}

}  // namespace

std::string Encode(const TailPosition& position) {
  std::string out;
  PutNumber(kVersion, &out);
  PutNumber(position.next_id, &out);
  PutNumber(position.saved_us, &out);
  PutNumber(static_cast<std::uint32_t>(position.files.size()), &out);
  for (const FileRecord& file : position.files) Put(file, &out);
  PutNumber(static_cast<std::uint32_t>(position.logs.size()), &out);
  for (const LogRecord& log : position.logs) Put(log, &out);
  return out;
}

absl::StatusOr<TailPosition> DecodeTailPosition(std::string_view bytes) {
  if (bytes.empty() || (bytes[0] >= '0' && bytes[0] <= '9')) {
    return DecodeOld(bytes);
  }
  std::uint8_t version = 0;
  TakeNumber(&bytes, &version);
  if (version > kVersion && version < '0') {
    return absl::FailedPreconditionError(
        "a position of followed files that a newer version wrote");
  }
  TailPosition position;
  const bool ok = version == kVersion &&
                  TakeNumber(&bytes, &position.next_id) &&
                  TakeNumber(&bytes, &position.saved_us) &&
                  TakeList(&bytes, &position.files) &&
                  TakeList(&bytes, &position.logs) && bytes.empty();
  if (!ok) return NoPosition();
  return position;
}

std::string EncodeStreamName(const FileRecord& record) {
  std::string out;
  PutNumber(kVersion, &out);
  Put(record, &out);
  return out;
}

absl::StatusOr<FileRecord> DecodeStreamName(std::string_view name) {
  std::uint8_t version = 0;
  FileRecord record;
  if (!TakeNumber(&name, &version) || version != kVersion ||
      !Take(&name, &record) || !name.empty()) {
    return absl::DataLossError("a name that is of no followed file");
  }
  return record;
}

}  // namespace tocsin
