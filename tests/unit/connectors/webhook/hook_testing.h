// A webhook that listens on a free port, and what its source gives.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "connectors/webhook/webhook_source.h"
#include "engine/base/check.h"
#include "gtest/gtest.h"
#include "tests/testing/temp_dir.h"
#include "tests/unit/connectors/journal/faulty_storage.h"
#include "tests/unit/connectors/webhook/hook_client.h"

namespace tocsin::testing {

constexpr char kAnyPort[] = "127.0.0.1:0";

inline WebhookOptions HookOptions(const TempDir& dir,
                                  const std::string& name = "hook") {
  WebhookOptions options;
  options.name = name;
  options.listen = kAnyPort;
  options.path = "/audit";
  options.journal_folder = dir.File(name);
  options.reload_us = 20'000;
  return options;
}

inline Webhooks OpenHooks(const std::vector<WebhookOptions>& options,
                          FaultyStorage::Before before = nullptr) {
  auto opened = OpenWebhooks(
      options,
      [&](const std::string& folder)
          -> absl::StatusOr<std::unique_ptr<JournalStorage>> {
        auto real = OpenJournalFolder(folder);
        if (!real.ok() || before == nullptr) return real;
        return std::make_unique<FaultyStorage>(*std::move(real), before);
      });
  TOCSIN_CHECK(opened.ok());
  return *std::move(opened);
}

inline std::uint16_t PortOf(const Webhooks& hooks) {
  return hooks.server->port(kAnyPort);
}

// What the source gives until it has nothing; `lost`, when given, collects
// what it says is lost.
inline std::string Drain(Source* source, std::size_t capacity = 1 << 16,
                         std::vector<std::string>* lost = nullptr) {
  std::string text, buffer(capacity, '\0');
  for (;;) {
    const auto outcome = source->Read(buffer.data(), capacity);
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    if (!outcome.ok() || outcome->kind == ReadKind::kNothing) return text;
    if (outcome->kind == ReadKind::kLost) {
      if (lost != nullptr) lost->push_back(outcome->lost);
    } else {
      text.append(buffer, 0, outcome->size);
    }
  }
}

// One figure of a source; -1 when it is not there.
inline double Figure(const Source& source, const std::string& name,
                     const std::string& label = "") {
  for (const MetricFamily& family : source.Metrics()) {
    if (family.name != "tocsin_source_" + name) continue;
    for (const MetricSample& sample : family.samples) {
      const bool named = label.empty() || (sample.labels.size() > 1 &&
                                           sample.labels[1].second == label);
      if (named) return sample.value;
    }
  }
  return -1;
}

}  // namespace tocsin::testing
