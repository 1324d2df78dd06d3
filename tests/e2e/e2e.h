// What end-to-end tests share: the binary, small rules, events to send.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/paths.h"
#include "tests/testing/subprocess.h"
#include "tests/testing/temp_dir.h"

namespace tocsin::e2e {

using testing::BackgroundProcess;
using testing::CountOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ProcessOptions;
using testing::ProcessResult;
using ::testing::StartsWith;
using testing::TempDir;

inline const std::string kBinary = TOCSIN_BINARY_DIR "/tocsin";
inline const std::string kSource = TOCSIN_SOURCE_DIR;

inline ProcessResult Tocsin(std::vector<std::string> words,
                            const ProcessOptions& options = {}) {
  words.insert(words.begin(), kBinary);
  return testing::RunProcess(words, options);
}

// One 401 of a client, `second` seconds into an hour.
inline std::string Failure(int second, const std::string& ip = "203.0.113.9",
                           const std::string& user = "eve") {
  char time[64];
  std::snprintf(time, sizeof(time), "2026-03-02T10:%02d:%02d.000000Z",
                second / 60, second % 60);
  static int serial = 0;
  return "{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"level\":"
         "\"Metadata\",\"auditID\":\"00000000-0000-4000-8000-" +
         std::to_string(100'000'000'000 + ++serial) +
         "\",\"stage\":\"ResponseStarted\",\"requestURI\":\"/api\",\"verb\":"
         "\"get\",\"user\":{\"username\":\"" +
         user + "\"},\"sourceIPs\":[\"" + ip +
         "\"],\"responseStatus\":{\"code\":401},"
         "\"requestReceivedTimestamp\":\"" +
         time + "\",\"stageTimestamp\":\"" + time + "\"}\n";
}

// Fires on every 401.
inline constexpr char kEachRule[] =
    "rule each_401 {\n  severity high\n  where responseStatus.code == 401\n"
    "  alert \"401 of {user.username}\"\n}\n";

// Fires on the third 401 of an address within a minute.
inline constexpr char kBurstRule[] =
    "rule burst {\n  severity high\n  where responseStatus.code == 401\n"
    "  by client as ip\n  when count() >= 3 within 1m\n"
    "  alert \"{count} failures from {ip}\"\n}\n";

}  // namespace tocsin::e2e
