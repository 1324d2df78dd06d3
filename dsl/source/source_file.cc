// Text as it is kept: no BOM, LF only, and an index of line starts.
#include "dsl/source/source_file.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace tocsin::dsl {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// Drops a leading BOM and every CR that stands before an LF.
std::string Normalize(std::string&& bytes) {
  const bool marked = std::string_view(bytes).starts_with(kByteOrderMark);
  if (!marked && bytes.find('\r') == std::string::npos) {
    return std::move(bytes);
  }
  std::size_t out = 0;
  for (std::size_t in = marked ? kByteOrderMark.size() : 0; in < bytes.size();
       ++in) {
    const bool crlf =
        bytes[in] == '\r' && in + 1 < bytes.size() && bytes[in + 1] == '\n';
    if (!crlf) bytes[out++] = bytes[in];
  }
  bytes.resize(out);
  return std::move(bytes);
}

// The first byte of a code point, or a byte that belongs to none.
bool StartsCodePoint(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0u) != 0x80u;
}

}  // namespace

SourceFile::SourceFile(std::string path, std::string bytes)
    : path_(std::move(path)), text_(Normalize(std::move(bytes))) {
  line_starts_.push_back(0);
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') {
      line_starts_.push_back(static_cast<std::uint32_t>(i + 1));
    }
  }
}

Place SourceFile::PlaceOf(std::uint32_t offset) const {
  offset = std::min(offset, static_cast<std::uint32_t>(text_.size()));
  const auto after =
      std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  const auto line = static_cast<std::uint32_t>(after - line_starts_.begin());
  const auto column = std::count_if(text_.begin() + line_starts_[line - 1],
                                    text_.begin() + offset, StartsCodePoint);
  return {line, static_cast<std::uint32_t>(column) + 1};
}

std::string_view SourceFile::Line(std::uint32_t line) const {
  if (line == 0 || line > line_starts_.size()) return {};
  const std::size_t begin = line_starts_[line - 1];
  const std::size_t end =
      line < line_starts_.size() ? line_starts_[line] - 1 : text_.size();
  return std::string_view(text_).substr(begin, end - begin);
}

std::uint32_t SourceFile::line_count() const {
  return static_cast<std::uint32_t>(line_starts_.size());
}

FileId SourceSet::Add(SourceFile file) {
  files_.push_back(std::move(file));
  return static_cast<FileId>(files_.size() - 1);
}

std::string_view SourceSet::Text(Span span) const {
  const std::string_view text = files_[span.file].text();
  const std::size_t begin = std::min<std::size_t>(span.begin, text.size());
  const std::size_t end = std::min<std::size_t>(span.end, text.size());
  return text.substr(begin, end > begin ? end - begin : 0);
}

}  // namespace tocsin::dsl
