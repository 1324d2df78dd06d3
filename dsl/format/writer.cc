#include "dsl/format/writer.h"

#include <algorithm>

namespace tocsin::dsl::layout {
namespace {

// Comments further right than this are not pulled along by a longer line.
constexpr int kCommentColumn = 80;

}  // namespace

int WidthOf(std::string_view text) {
  return static_cast<int>(
      std::count_if(text.begin(), text.end(), [](char byte) {
        return (static_cast<unsigned char>(byte) & 0xc0u) != 0x80u;
      }));
}

// Blanks that wait for a token which a comment keeps off the line.
void Writer::DropBlanks() {
  Line& line = lines_.back();
  while (line.text.ends_with(' ')) {
    line.text.pop_back();
    --line.end;
  }
}

void Writer::NewLine(int indent) {
  DropBlanks();
  if (!at_line_start()) lines_.emplace_back();
  lines_.back().indent = indent;
  column_ = indent;
}

void Writer::Blank() {
  if (lines_.size() > 1) lines_.back().blank = true;
}

void Writer::Write(std::string_view text) {
  Line& line = lines_.back();
  line.text += text;
  const std::size_t feed = text.rfind('\n');
  column_ = feed == std::string_view::npos ? column_ + WidthOf(text)
                                           : WidthOf(text.substr(feed + 1));
  line.end = column_;
}

void Writer::Spaces(int count) {
  if (count <= 0) return;
  lines_.back().text.append(static_cast<std::size_t>(count), ' ');
  column_ += count;
  lines_.back().end = column_;
}

void Writer::Beside(std::string_view comment) {
  DropBlanks();
  lines_.back().beside = comment;
}

std::string Writer::Text() {
  std::string out;
  std::size_t first = 0;
  while (first < lines_.size()) {
    std::size_t last = first + 1;
    while (last < lines_.size() && !lines_[last - 1].beside.empty() &&
           !lines_[last].beside.empty() && !lines_[last].blank) {
      ++last;
    }
    AlignComments(first, last, &out);
    first = last;
  }
  return out;
}

// The lines [first, last), each but a single one with a comment.
void Writer::AlignComments(std::size_t first, std::size_t last,
                           std::string* out) {
  int column = 0;
  for (std::size_t i = first; i < last; ++i) {
    if (lines_[i].end + 2 <= kCommentColumn) {
      column = std::max(column, lines_[i].end + 2);
    }
  }
  for (std::size_t i = first; i < last; ++i) {
    const Line& line = lines_[i];
    if (line.text.empty()) continue;  // The last one, begun in vain.
    if (line.blank) *out += '\n';
    out->append(static_cast<std::size_t>(line.indent), ' ');
    *out += line.text;
    if (!line.beside.empty()) {
      const int pad = std::max(2, column - line.end);
      out->append(static_cast<std::size_t>(pad), ' ');
      *out += line.beside;
    }
    *out += '\n';
  }
}

}  // namespace tocsin::dsl::layout
