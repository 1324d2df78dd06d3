// What a real kube-apiserver posted, and what it logged of the same events.
#pragma once

#include <zlib.h>

#include <sstream>
#include <string>
#include <vector>

#include "tests/testing/shared_data.h"

namespace tocsin::testing {

inline std::string CapturesDir() {
  return SharedDir() + "/peers/apiserver/captures/";
}

inline std::string ReadGzip(const std::string& path) {
  std::string text;
  gzFile const file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return text;
  char buffer[1 << 16];
  for (int got = 0; (got = gzread(file, buffer, sizeof(buffer))) > 0;) {
    text.append(buffer, static_cast<std::size_t>(got));
  }
  gzclose(file);
  return text;
}

inline std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// The bodies of a run's POSTs, each with the line feed that it ends in.
inline std::vector<std::string> CapturedBodies(const std::string& run) {
  std::vector<std::string> bodies =
      Lines(ReadGzip(CapturesDir() + run + "-webhook/bodies.ndjson.gz"));
  for (std::string& body : bodies) body += '\n';
  return bodies;
}

}  // namespace tocsin::testing
