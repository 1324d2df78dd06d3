// What the service is told to do: one YAML file, strict, or the same from the
// command line. Defaults stand here, beside what they configure
// (docs/reference/configuration.md describes every key).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/yaml.h"
#include "connectors/file/tail_source.h"
#include "connectors/kafka/kafka_options.h"
#include "connectors/webhook/webhook_options.h"
#include "engine/base/limits.h"
#include "engine/base/log.h"
#include "engine/pipeline/pipeline.h"

namespace tocsin {

struct SourceConfig {
  enum class Kind { kFile, kStdin, kWebhook, kKafka };
  std::string name;
  Kind kind = Kind::kFile;
  std::string path;  // A path or a glob.
  TailStart start = TailStart::kEnd;
  bool resume = false;  // kBeginning, and needs positions that survive.
  std::optional<std::int64_t> lateness_us;  // Else by kind: LatenessOf().
  KafkaOptions kafka;                       // But for its name.
  WebhookOptions webhook;                   // But for its name and its folder.
};

struct SinkConfig {
  enum class Kind { kStdout, kFile };
  std::string name;
  Kind kind = Kind::kStdout;
  bool json = true;  // stdout: else text.
  std::string path;
  std::uint64_t rotate_bytes = 0;  // 0: the file is never rotated.
  int keep = 10;
};

struct Config {
  std::vector<std::string> rules;
  std::vector<SourceConfig> sources;
  std::vector<SinkConfig> sinks;
  std::string data_dir;  // Empty: nothing survives a restart.
  std::int64_t lateness_us = 5'000'000;
  std::int64_t checkpoint_us = 1'000'000;
  std::int64_t idle_us = 30'000'000;
  std::int64_t max_skew_us = 300'000'000;
  std::uint64_t state_bytes = limits::kStateBytes;  // Over all rules.
  int workers = DefaultWorkers();
  bool closed = false;                    // Tell when an incident ends, too.
  std::string listen = "127.0.0.1:9464";  // Empty: no web server.
  LogOptions log;
};

// Reads the text of a configuration file. `folder` is what its relative paths
// start from ("" leaves them). False when there is any issue; all of them are
// given, by place.
bool ReadConfig(std::string_view text, const std::string& folder,
                Config* config, std::vector<YamlIssue>* issues);

// What is wrong with a configuration as a whole, wherever it came from; empty
// when its parts fit together. Does not look at the rules themselves.
std::vector<std::string> CheckConfig(const Config& config);

// How far behind its latest event another of the source may be.
std::int64_t LatenessOf(const Config& config, const SourceConfig& source);

// The effective configuration as YAML that ReadConfig() takes.
std::string PrintConfig(const Config& config);

// "path", "file:PATH", "stdin" and "-", as --source has them.
bool ParseSourceFlag(const std::string& text, SourceConfig* source,
                     std::string* error);
// "stdout", "stdout:text", "stdout:json", "file:PATH".
bool ParseSinkFlag(const std::string& text, SinkConfig* sink,
                   std::string* error);

}  // namespace tocsin
