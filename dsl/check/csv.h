// Records of a CSV file (RFC 4180 quoting); a line that starts with # is a
// comment, blank lines are nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tocsin::dsl {

std::string_view TrimBlanks(std::string_view text);

class CsvReader {
 public:
  explicit CsvReader(std::string_view bytes) : rest_(bytes) {}

  // The next record, fields without their quotes; false at the end.
  bool Next(std::vector<std::string>* fields);
  int line() const { return line_; }  // At which the record began, from 1.

 private:
  std::vector<std::string> Take();

  std::string_view rest_;
  int line_ = 1;
  int next_line_ = 1;
};

}  // namespace tocsin::dsl
