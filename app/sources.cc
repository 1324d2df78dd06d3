#include "app/sources.h"

#include <utility>

#include "app/config_webhook.h"
#include "connectors/file/tail_source.h"
#include "connectors/kafka/kafka_source.h"
#include "connectors/stdio/stdin_source.h"
#include "connectors/webhook/webhook_source.h"
#include "engine/base/log.h"
#include "engine/base/status_macros.h"

namespace tocsin {
namespace {

std::unique_ptr<Source> FollowStdin(const SourceConfig& config, bool durable) {
  if (durable) {
    Log(LogLevel::kWarning,
        "standard input cannot be read again: what is under way when the "
        "service dies is lost",
        {{"source", config.name}});
  }
  StdinOptions options;
  options.name = config.name;
  options.follow = true;
  return std::make_unique<StdinSource>(options);
}

std::unique_ptr<Source> FollowFiles(const SourceConfig& config) {
  TailOptions options;
  options.name = config.name;
  options.pattern = config.path;
  options.start = config.start;
  return std::make_unique<TailSource>(std::move(options));
}

absl::StatusOr<std::unique_ptr<Source>> OpenKafka(const SourceConfig& config) {
  KafkaOptions options = config.kafka;
  options.name = config.name;
  return KafkaSource::Open(options);
}

absl::StatusOr<std::unique_ptr<Source>> OpenSource(const SourceConfig& config,
                                                   bool durable) {
  switch (config.kind) {
    case SourceConfig::Kind::kStdin:
      return FollowStdin(config, durable);
    case SourceConfig::Kind::kKafka:
      return OpenKafka(config);
    case SourceConfig::Kind::kFile:
    case SourceConfig::Kind::kWebhook:  // OpenAllWebhooks() has them.
      break;
  }
  return FollowFiles(config);
}

// Together, since they share addresses; in the order of the configuration.
absl::StatusOr<Webhooks> OpenAllWebhooks(const Config& config) {
  std::vector<WebhookOptions> options;
  for (const SourceConfig& one : config.sources) {
    if (one.kind != SourceConfig::Kind::kWebhook) continue;
    options.push_back(one.webhook);
    options.back().name = one.name;
    options.back().journal_folder = JournalFolder(config.data_dir, one.name);
  }
  if (options.empty()) return Webhooks();
  return OpenWebhooks(options);
}

}  // namespace

absl::StatusOr<std::vector<std::unique_ptr<Source>>> OpenSources(
    const Config& config) {
  std::vector<std::unique_ptr<Source>> sources;
  TOCSIN_ASSIGN_OR_RETURN(Webhooks webhooks, OpenAllWebhooks(config));
  std::size_t webhook = 0;
  for (const SourceConfig& one : config.sources) {
    if (one.kind == SourceConfig::Kind::kWebhook) {
      sources.push_back(std::move(webhooks.sources[webhook++]));
      continue;
    }
    TOCSIN_ASSIGN_OR_RETURN(std::unique_ptr<Source> source,
                            OpenSource(one, !config.data_dir.empty()));
    sources.push_back(std::move(source));
  }
  return sources;
}

}  // namespace tocsin
