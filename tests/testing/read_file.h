// Whole files for tests, plain or gzip.
#pragma once

#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace tocsin::testing {

// The file's bytes, decompressed when it is gzip; empty when it cannot be read.
inline std::string ReadFile(const std::string& path) {
  std::string out;
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return out;
  std::string block(1 << 16, '\0');
  for (;;) {
    const int got =
        gzread(file, block.data(), static_cast<unsigned>(block.size()));
    if (got <= 0) break;
    out.append(block.data(), static_cast<std::size_t>(got));
  }
  gzclose(file);
  return out;
}

// Files below `folder` with an extension, by name.
inline std::vector<std::string> FilesBelow(const std::string& folder,
                                           const std::string& extension) {
  std::vector<std::string> out;
  std::error_code error;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(folder, error)) {
    if (entry.path().extension() == extension) {
      out.push_back(entry.path().string());
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace tocsin::testing
