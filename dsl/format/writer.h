// Lines as they are put together: an indent, a text, a comment beside it.
// Comments of adjacent lines are aligned when all is there.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tocsin::dsl::layout {

// Code points, the measure of columns.
int WidthOf(std::string_view text);

class Writer {
 public:
  // The line that follows begins at `indent`. A line on which nothing stands
  // yet is taken for it.
  void NewLine(int indent);
  // Leaves an empty line above the current one, unless it is the first.
  void Blank();
  void Write(std::string_view text);
  void Spaces(int count);
  void Beside(std::string_view comment);

  bool at_line_start() const { return lines_.back().text.empty(); }
  // A comment ends the current line: nothing may follow it there.
  bool closed() const { return !lines_.back().beside.empty(); }
  int column() const { return column_; }
  int indent() const { return lines_.back().indent; }  // Of the line.
  std::size_t lines() const { return lines_.size(); }

  std::string Text();

 private:
  struct Line {
    int indent = 0;
    std::string text;
    std::string beside;
    bool blank = false;
    int end = 0;  // The column behind its text.
  };
  void DropBlanks();
  void AlignComments(std::size_t first, std::size_t last, std::string* out);

  std::vector<Line> lines_{1};
  int column_ = 0;
};

}  // namespace tocsin::dsl::layout
