// Files of the corpus, plain or gzip, and the events that tests read from them.
#pragma once

#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tests/testing/shared_data.h"

namespace tocsin::testing {

// The whole content of a file, inflated when it is gzip; empty when it cannot
// be read.
inline std::string ReadCorpusFile(const std::string& path) {
  std::string content;
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return content;
  std::vector<char> block(1 << 20);
  int got = 0;
  while ((got = gzread(file, block.data(),
                       static_cast<unsigned>(block.size()))) > 0) {
    content.append(block.data(), static_cast<std::size_t>(got));
  }
  gzclose(file);
  return content;
}

// Every file of real audit events: logs, EventLists, traces. Sorted.
inline std::vector<std::string> CorpusFiles() {
  std::vector<std::string> files;
  const auto add = [&files](const std::string& dir,
                            std::initializer_list<std::string_view> suffixes) {
    if (!std::filesystem::exists(dir)) return;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(dir)) {
      const std::string path = entry.path().string();
      for (const std::string_view suffix : suffixes) {
        if (path.size() >= suffix.size() &&
            path.compare(path.size() - suffix.size(), suffix.size(), suffix) ==
                0) {
          files.push_back(path);
        }
      }
    }
  };
  add(SharedDataDir() + "/auditlogs", {".log", ".ndjson", ".json"});
  add(SharedDataDir() + "/falco/traces", {".json"});
  add(SharedDir() + "/peers/apiserver/captures",
      {"audit.log.gz", "bodies.ndjson.gz", ".ndjson", "legacy.log",
       "webhook-eventlist.json"});
  std::sort(files.begin(), files.end());
  return files;
}

inline std::vector<std::string> SplitLines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t feed = std::min(text.find('\n'), text.size() - 1);
    lines.emplace_back(text.substr(0, feed + 1));
    if (lines.back().back() == '\n') lines.back().pop_back();
    text.remove_prefix(feed + 1);
  }
  return lines;
}

}  // namespace tocsin::testing
