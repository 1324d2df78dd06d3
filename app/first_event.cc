#include "app/first_event.h"

#include <unistd.h>

#include <memory>

#include "absl/strings/str_format.h"
#include "connectors/stdio/fd_reader.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"

namespace tocsin {

std::string_view FirstObject(std::string_view text) {
  const std::size_t begin = text.find('{');
  if (begin == std::string_view::npos) return {};
  bool quoted = false;
  std::size_t depth = 0;
  for (std::size_t i = begin; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return text.substr(begin, i + 1 - begin);
    }
  }
  return {};
}

absl::StatusOr<std::string> ReadFirstObject(const std::string& path) {
  std::unique_ptr<FdReader> reader;
  if (path == "-") {
    reader = std::make_unique<FdReader>(UniqueFd(dup(STDIN_FILENO)), "stdin");
  } else {
    TOCSIN_ASSIGN_OR_RETURN(reader, FdReader::Open(path));
  }
  const std::string name = path == "-" ? "stdin" : path;
  std::string text;
  // Twice as much each time: what was read is looked at again.
  for (std::size_t step = limits::kChunkBytes;; step *= 2) {
    const std::size_t wanted = text.size() + step;
    bool end = false;
    while (!end && text.size() < wanted) {
      const std::size_t have = text.size();
      text.resize(wanted);
      TOCSIN_ASSIGN_OR_RETURN(const std::size_t got,
                              reader->Read(text.data() + have, wanted - have));
      text.resize(have + got);
      end = got == 0;
    }
    const std::string_view object = FirstObject(text);
    if (!object.empty()) return std::string(object);
    if (end && text.find_first_not_of(" \t\r\n") == std::string::npos) {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s: empty, no event to look at", name));
    }
    if (end) {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s: no whole JSON object in it", name));
    }
    if (text.size() > limits::kLineBytes) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "%s: no JSON object ends within %d bytes", name, limits::kLineBytes));
    }
  }
}

}  // namespace tocsin
