// Rule text in memory: its bytes, its name for messages, and where its lines
// are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::dsl {

using FileId = std::uint32_t;  // Index into a SourceSet.

// A piece of one file: bytes [begin, end).
struct Span {
  FileId file = 0;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

// Line and column count from 1; columns in code points.
struct Place {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};

// One rule file. A leading BOM is dropped and CRLF reads as LF (Normalize), so
// spans speak of the text as kept here; lines and columns are the same in both.
// Immutable after construction.
class SourceFile {
 public:
  SourceFile(std::string path, std::string bytes);
  const std::string& path() const { return path_; }
  std::string_view text() const { return text_; }
  Place PlaceOf(std::uint32_t offset) const;
  std::string_view Line(std::uint32_t line) const;  // Without its line feed.
  std::uint32_t line_count() const;

 private:
  std::string path_;
  std::string text_;
  std::vector<std::uint32_t> line_starts_;
};

// The files of one compilation. Grows only; a FileId stays valid.
class SourceSet {
 public:
  FileId Add(SourceFile file);
  const SourceFile& file(FileId id) const { return files_[id]; }
  std::size_t size() const { return files_.size(); }
  std::string_view Text(Span span) const;

 private:
  std::vector<SourceFile> files_;
};

}  // namespace tocsin::dsl
