// A configuration from text, and what is wrong with one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/config.h"
#include "gtest/gtest.h"

namespace tocsin::testing {

// Every issue of a text, "line:column message" each on a line.
inline std::string Issues(std::string_view text) {
  Config config;
  std::vector<YamlIssue> issues;
  ReadConfig(text, "", &config, &issues);
  std::string out;
  for (const YamlIssue& issue : issues) {
    out += std::to_string(issue.line) + ":" + std::to_string(issue.column) +
           " " + issue.message + "\n";
  }
  return out;
}

// There is none.
inline Config Read(std::string_view text, const std::string& folder = "") {
  Config config;
  std::vector<YamlIssue> issues;
  EXPECT_TRUE(ReadConfig(text, folder, &config, &issues)) << Issues(text);
  return config;
}

}  // namespace tocsin::testing
