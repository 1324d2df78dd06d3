// Where the captures, grammar and vectors that the repository does not contain
// are found: TOCSIN_SHARED, else the folder `shared` beside the checkout.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "gtest/gtest.h"
#include "tests/testing/paths.h"

namespace tocsin::testing {

inline std::string SharedDir() {
  const char* named = std::getenv("TOCSIN_SHARED");
  return named != nullptr && *named != '\0' ? named : TOCSIN_SHARED_DEFAULT;
}

inline std::string SharedDataDir() {
  const char* named = std::getenv("TOCSIN_SHARED_DATA");
  return named != nullptr && *named != '\0' ? named : SharedDir() + "/data";
}

inline bool InCi() {
  const char* ci = std::getenv("CI");
  return ci != nullptr && std::string(ci) == "true";
}

}  // namespace tocsin::testing

// Ends the test when `path` is absent: a failure in CI, else a skip that says
// so.
#define TOCSIN_NEEDS_FILE(path)                                            \
  do {                                                                     \
    if (!std::filesystem::exists(path)) {                                  \
      if (::tocsin::testing::InCi()) FAIL() << path << " is absent in CI"; \
      GTEST_SKIP() << path << " is absent (set TOCSIN_SHARED)";            \
    }                                                                      \
  } while (false)
