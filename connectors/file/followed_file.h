// One file of a log as a stream: gives its whole lines, knows its place again,
// and notices when its content is replaced under the same name (copytruncate).
//
// What it gives of a file is the same whenever it is read from one place on:
// runs of zero bytes at the beginning of a line are passed over (the hole of a
// sparse file), and a line is cut one byte past limits::kLineBytes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "connectors/file/file_position.h"
#include "connectors/file/file_text.h"

namespace tocsin {

// Confined to one thread.
class FollowedFile {
 public:
  // Stands at the beginning of `text`. `base`: path of the log.
  FollowedFile(std::unique_ptr<FileText> text, std::uint32_t id,
               std::string path, std::string base);

  std::uint32_t id() const { return id_; }
  const FileKey& key() const { return text_->key(); }
  bool compressed() const { return text_->compressed(); }
  std::uint64_t offset() const { return offset_; }
  // How much text is known to lie behind the offset; of a compressed file the
  // compressed bytes.
  std::uint64_t Behind();
  std::uint64_t zeros_skipped() const { return zeros_skipped_; }

  // Whether the place that `mark` describes is in this text.
  bool Holds(const TextMark& mark) const;
  // The place behind all that is there.
  TextMark EndMark() const;
  // Goes to where `record` stands (which is to be in this text) and gives on
  // as if it had read up to there.
  void GoOnFrom(const FileRecord& record);
  // Where it stands, and where it began.
  FileRecord Record() const;
  FileRecord Beginning() const;

  // Behind the last line feed: a line that is being written now is new.
  void SeekToLastLine();

  // Whole lines, at most `capacity` bytes; 0 when no whole line is there, or
  // the content was replaced. A line longer than `capacity` comes in pieces,
  // once all of it is there: then mid_line() holds until its end was given.
  absl::StatusOr<std::size_t> ReadLines(char* into, std::size_t capacity);
  // Whatever there is: of a file that is done, or of bytes that were given
  // before.
  absl::StatusOr<std::size_t> ReadAny(char* into, std::size_t capacity);
  bool mid_line() const { return mid_line_; }
  // True when the line is longer than any may be: it has ended here, and its
  // rest is passed over.
  bool CutLine();
  // Nothing more comes of a line in whose middle it ended.
  void EndLine();
  // Whether nothing lies behind the offset.
  bool AtEnd() const;
  bool replaced() const { return replaced_; }
  // Text that was there behind the offset when the content was last looked at.
  std::uint64_t seen_behind() const {
    return seen_size_ - std::min(seen_size_, offset_);
  }
  // The stream goes on in another file that holds the same text.
  void MoveTo(std::unique_ptr<FileText> text, std::string path);
  absl::StatusOr<struct stat> Status() const { return text_->Status(); }
  // The file again, as it is now.
  absl::StatusOr<std::unique_ptr<FileText>> Text() const {
    return text_->Again();
  }

  std::string path;           // Its name now.
  std::string base;           // Path of the log.
  std::int64_t time_us = 0;   // That the name of a backup carries.
  std::int64_t order_us = 0;  // When it was rotated, as far as is known.
  bool named = true;          // The pattern names it.
  bool rotated = false;       // Nobody writes it any more, or not for long.
  bool backed_up = false;     // It was met among the backups.
  bool unlinked = false;  // It has no name, and nothing has taken its place.
  std::int64_t quiet_since_ms = 0;  // When it last gave something.

 private:
  absl::StatusOr<std::size_t> Look(char* into, std::size_t capacity);
  absl::StatusOr<std::size_t> Next(char* into, std::size_t capacity);
  absl::StatusOr<bool> LineIsComplete(std::uint64_t from);
  absl::Status SkipRest(char* scratch, std::size_t capacity);
  std::size_t Allowed(const char* bytes, std::size_t got) const;
  void Advance(const char* bytes, std::size_t size, bool given);
  void Pass(const char* bytes, std::size_t size);
  TextMark MarkHere() const;
  void Remember();

  std::unique_ptr<FileText> text_;
  std::uint32_t id_ = 0;
  FileRecord beginning_;
  std::uint64_t offset_ = 0;      // Behind the last byte given.
  std::uint64_t scanned_ = 0;     // No line feed in [offset_, scanned_).
  std::uint32_t line_given_ = 0;  // Of the line in the middle of which we are.
  bool mid_line_ = false;
  bool skipping_ = false;
  bool replaced_ = false;
  std::uint64_t head_from_ = 0;  // Zero bytes before it.
  std::string head_;    // The first bytes, as far as they are behind us.
  std::string before_;  // The last bytes before offset_.
  std::uint64_t seen_size_ = 0;
  std::uint64_t zeros_skipped_ = 0;
};

}  // namespace tocsin
