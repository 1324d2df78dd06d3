// What the parts of a configuration must be to each other, and the way back
// to text.
#include <algorithm>
#include <filesystem>

#include "absl/strings/str_format.h"
#include "app/config.h"
#include "app/config_kafka.h"
#include "app/config_webhook.h"
#include "app/quantity.h"
#include "engine/base/strings.h"
#include "engine/event/value.h"

namespace tocsin {
namespace {

constexpr std::int64_t kWebhookLateness = 35'000'000;

}  // namespace

namespace {

void CheckWebhooks(const Config& config, std::vector<std::string>* wrong) {
  std::vector<WebhookOptions> webhooks;
  const auto told = [&](const absl::Status& status) {
    if (!status.ok()) wrong->emplace_back(status.message());
    return !status.ok();
  };
  for (const SourceConfig& source : config.sources) {
    if (source.kind != SourceConfig::Kind::kWebhook) continue;
    WebhookOptions options = source.webhook;
    options.name = source.name;
    if (config.data_dir.empty()) {
      wrong->push_back(absl::StrFormat(
          "source `%s`: a webhook needs `data_dir`, for what it acknowledges",
          source.name));
    }
    if (told(CheckWebhookOptions(options))) continue;
    for (const WebhookOptions& other : webhooks) {
      if (told(CheckWebhookPair(other, options))) break;
    }
    webhooks.push_back(std::move(options));
  }
}

// What a source of Kafka begins with where nothing is kept has to be said.
void CheckKafkas(const Config& config, std::vector<std::string>* wrong) {
  for (const SourceConfig& source : config.sources) {
    if (source.kind == SourceConfig::Kind::kKafka && config.data_dir.empty() &&
        source.kafka.start.kind == KafkaStart::Kind::kResume) {
      wrong->push_back(absl::StrFormat(
          "source `%s`: Kafka needs `data_dir` to resume from; without one say "
          "where it begins each time, such as `start: end`",
          source.name));
    }
  }
}

}  // namespace

std::vector<std::string> CheckConfig(const Config& config) {
  std::vector<std::string> wrong;
  if (config.rules.empty()) {
    wrong.push_back(
        "no rules: name files or folders under `rules` or with --rules");
  }
  if (config.sources.empty()) {
    wrong.push_back("no source: name one under `sources` or with --source");
  }
  if (config.sinks.empty()) {
    wrong.push_back("no sink: name one under `sinks` or with --sink");
  }
  StringSet names;
  int stdins = 0;
  for (const SourceConfig& source : config.sources) {
    if (!names.insert(source.name).second) {
      wrong.push_back(
          absl::StrFormat("two sources are named `%s`", source.name));
    }
    if (source.resume && config.data_dir.empty()) {
      wrong.push_back(absl::StrFormat(
          "source `%s`: start: resume needs data_dir, where positions survive; "
          "else use beginning or end",
          source.name));
    }
    stdins += source.kind == SourceConfig::Kind::kStdin ? 1 : 0;
  }
  if (stdins > 1) wrong.push_back("two sources read stdin");
  CheckWebhooks(config, &wrong);
  CheckKafkas(config, &wrong);
  names.clear();
  StringSet paths;
  for (const SinkConfig& sink : config.sinks) {
    if (!names.insert(sink.name).second) {
      wrong.push_back(absl::StrFormat("two sinks are named `%s`", sink.name));
    }
    const std::string path =
        std::filesystem::path(sink.path).lexically_normal().string();
    if (sink.kind == SinkConfig::Kind::kFile && !paths.insert(path).second) {
      wrong.push_back(absl::StrFormat("two sinks write %s", path));
    }
  }
  return wrong;
}

std::int64_t LatenessOf(const Config& config, const SourceConfig& source) {
  // An event waits up to 30 s in the apiserver before it is sent.
  const bool batched = source.kind == SourceConfig::Kind::kWebhook;
  return source.lateness_us.value_or(
      batched ? std::max(config.lateness_us, kWebhookLateness)
              : config.lateness_us);
}

std::string PrintConfig(const Config& config) {
  std::string out = config.rules.empty() ? "rules: []\n" : "rules:\n";
  for (const std::string& path : config.rules) {
    out += absl::StrFormat("  - %s\n", YamlScalar(path));
  }
  if (!config.data_dir.empty()) {
    out += absl::StrFormat("data_dir: %s\n", YamlScalar(config.data_dir));
  }
  out += config.sources.empty() ? "sources: []\n" : "sources:\n";
  for (const SourceConfig& source : config.sources) {
    out += absl::StrFormat("  - name: %s\n", YamlScalar(source.name));
    if (source.lateness_us.has_value()) {
      out += absl::StrFormat("    lateness: %s\n",
                             FormatDuration(*source.lateness_us));
    }
    if (source.kind == SourceConfig::Kind::kStdin) {
      out += "    stdin: {}\n";
    } else if (source.kind == SourceConfig::Kind::kKafka) {
      out += PrintKafkaSource(source.kafka);
    } else if (source.kind == SourceConfig::Kind::kWebhook) {
      out += PrintWebhookSource(source.webhook);
    } else {
      const bool first = source.start == TailStart::kBeginning;
      const char* const start = source.resume ? "resume"
                                : first       ? "beginning"
                                              : "end";
      out += absl::StrFormat("    file:\n      path: %s\n      start: %s\n",
                             YamlScalar(source.path), start);
    }
  }
  out += config.sinks.empty() ? "sinks: []\n" : "sinks:\n";
  for (const SinkConfig& sink : config.sinks) {
    out += absl::StrFormat("  - name: %s\n", YamlScalar(sink.name));
    if (sink.kind == SinkConfig::Kind::kStdout) {
      out += absl::StrFormat("    stdout:\n      format: %s\n",
                             sink.json ? "json" : "text");
      continue;
    }
    out +=
        absl::StrFormat("    file:\n      path: %s\n", YamlScalar(sink.path));
    if (sink.rotate_bytes > 0) {
      out +=
          absl::StrFormat("      rotate:\n        size: %s\n        keep: %d\n",
                          FormatSize(sink.rotate_bytes), sink.keep);
    }
  }
  out += absl::StrFormat("time:\n  lateness: %s\n  idle: %s\n  max_skew: %s\n",
                         FormatDuration(config.lateness_us),
                         FormatDuration(config.idle_us),
                         FormatDuration(config.max_skew_us));
  if (!config.data_dir.empty()) {
    out += absl::StrFormat("checkpoint:\n  interval: %s\n",
                           FormatDuration(config.checkpoint_us));
  }
  out +=
      absl::StrFormat("state:\n  memory: %s\n", FormatSize(config.state_bytes));
  out += absl::StrFormat("workers: %d\nclosed: %s\n", config.workers,
                         config.closed ? "true" : "false");
  out += absl::StrFormat(
      "web:\n  listen: %s\n",
      config.listen.empty() ? "none" : YamlScalar(config.listen));
  out += absl::StrFormat(
      "log:\n  level: %s\n  format: %s\n", LogLevelName(config.log.level),
      config.log.format == LogFormat::kText ? "text" : "json");
  return out;
}

bool ParseSourceFlag(const std::string& text, SourceConfig* source,
                     std::string* error) {
  if (text == "-" || text == "stdin") {
    source->kind = SourceConfig::Kind::kStdin;
    source->name = "stdin";
    return true;
  }
  const bool named = text.starts_with("file:");
  source->kind = SourceConfig::Kind::kFile;
  source->path = named ? text.substr(5) : text;
  source->name = source->path;
  if (!source->path.empty()) return true;
  *error = absl::StrFormat("`%s` names no file", text);
  return false;
}

bool ParseSinkFlag(const std::string& text, SinkConfig* sink,
                   std::string* error) {
  if (text.starts_with("file:") && text.size() > 5) {
    sink->kind = SinkConfig::Kind::kFile;
    sink->path = text.substr(5);
    sink->name = sink->path;
    return true;
  }
  sink->kind = SinkConfig::Kind::kStdout;
  sink->name = "stdout";
  if (text == "stdout" || text == "stdout:json") return true;
  if (text == "stdout:text") {
    sink->json = false;
    return true;
  }
  *error = absl::StrFormat(
      "`%s` is not a sink: use stdout, stdout:text, stdout:json or file:PATH",
      text);
  return false;
}

}  // namespace tocsin
