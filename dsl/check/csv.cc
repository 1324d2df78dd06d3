#include "dsl/check/csv.h"

#include <algorithm>

namespace tocsin::dsl {

std::string_view TrimBlanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
    text.remove_prefix(1);
  }
  while (!text.empty() &&
         (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) {
    text.remove_suffix(1);
  }
  return text;
}

bool CsvReader::Next(std::vector<std::string>* fields) {
  while (!rest_.empty()) {
    line_ = next_line_;
    if (rest_.front() == '#') {
      const std::size_t end = std::min(rest_.find('\n'), rest_.size());
      rest_.remove_prefix(std::min(end + 1, rest_.size()));
      ++next_line_;
      continue;
    }
    *fields = Take();
    if (fields->size() > 1 || !(*fields)[0].empty()) return true;
  }
  return false;
}

// Takes one record off the front.
std::vector<std::string> CsvReader::Take() {
  std::vector<std::string> fields(1);
  bool quoted = false;
  std::size_t i = 0;
  for (; i < rest_.size(); ++i) {
    const char c = rest_[i];
    if (c == '\n') ++next_line_;
    if (quoted) {
      if (c != '"') {
        fields.back().push_back(c);
      } else if (i + 1 < rest_.size() && rest_[i + 1] == '"') {
        fields.back().push_back('"');
        ++i;
      } else {
        quoted = false;
      }
    } else if (c == '"' && TrimBlanks(fields.back()).empty()) {
      fields.back().clear();
      quoted = true;
    } else if (c == ',') {
      fields.emplace_back();
    } else if (c == '\n') {
      break;
    } else {
      fields.back().push_back(c);
    }
  }
  rest_.remove_prefix(i < rest_.size() ? i + 1 : i);
  for (std::string& field : fields) field = std::string(TrimBlanks(field));
  return fields;
}

}  // namespace tocsin::dsl
