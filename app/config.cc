// Strict reading: a key that is not in a table is refused where it stands, and
// one that belongs to a later version is refused by name.
#include "app/config.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "app/config_kafka.h"
#include "app/config_reader.h"
#include "app/config_webhook.h"
#include "connectors/http/web_server.h"

namespace tocsin {
namespace {

constexpr int kKeepMost = 1'000;
constexpr int kWorkersMost = 256;
constexpr std::uint64_t kStateLeast = 1u << 20;
constexpr std::int64_t kCheckpointLeast = 100'000;

void ReadFileSource(ConfigReader* reader, const YamlNode& node,
                    SourceConfig* source) {
  reader->Map(
      node, "file",
      {{"path",
        [&](const YamlNode& n) { reader->Path(n, "path", &source->path); }},
       {"start", [&](const YamlNode& n) {
          reader->OneOf(n, "start", {"beginning", "end", "resume"},
                        [&](std::size_t i) {
                          source->start =
                              i == 1 ? TailStart::kEnd : TailStart::kBeginning;
                          source->resume = i == 2;
                        });
        }}});
  if (source->path.empty()) reader->Issue(node, "file: `path` is missing");
}

void ReadSource(ConfigReader* reader, const YamlNode& node, Config* config) {
  SourceConfig source;
  int kinds = 0;
  reader->Map(
      node, "a source",
      {{"name",
        [&](const YamlNode& n) { reader->Text(n, "name", &source.name); }},
       {"lateness",
        [&](const YamlNode& n) {
          std::int64_t lateness = 0;
          reader->Duration(n, "lateness", &lateness);
          source.lateness_us = lateness;
        }},
       {"file",
        [&](const YamlNode& n) {
          ++kinds;
          source.kind = SourceConfig::Kind::kFile;
          ReadFileSource(reader, n, &source);
        }},
       {"kafka",
        [&](const YamlNode& n) {
          ++kinds;
          source.kind = SourceConfig::Kind::kKafka;
          ReadKafkaSource(reader, n, &source.kafka);
        }},
       {"webhook",
        [&](const YamlNode& n) {
          ++kinds;
          source.kind = SourceConfig::Kind::kWebhook;
          ReadWebhookSource(reader, n, &source.webhook);
        }},
       {"stdin", [&](const YamlNode& n) {
          ++kinds;
          source.kind = SourceConfig::Kind::kStdin;
          if (n.kind != YamlNode::Kind::kNull) reader->Map(n, "stdin", {});
        }}});
  if (node.kind != YamlNode::Kind::kMap) return;
  if (kinds != 1) {
    reader->Issue(node,
                  "a source is one of `file`, `webhook`, `kafka` and `stdin`");
  }
  if (source.name.empty()) {
    reader->Issue(node, "a source needs a `name`");
  }
  config->sources.push_back(std::move(source));
}

void ReadRotation(ConfigReader* reader, const YamlNode& node,
                  SinkConfig* sink) {
  reader->Map(node, "rotate",
              {{"size",
                [&](const YamlNode& n) {
                  reader->Size(n, "size", &sink->rotate_bytes);
                }},
               {"keep", [&](const YamlNode& n) {
                  reader->Int(n, "keep", 0, kKeepMost, &sink->keep);
                }}});
  if (sink->rotate_bytes == 0) {
    reader->Issue(node, "rotate: a `size` above 0 is missing");
  }
}

void ReadFileSink(ConfigReader* reader, const YamlNode& node,
                  SinkConfig* sink) {
  reader->Map(
      node, "file",
      {{"path",
        [&](const YamlNode& n) { reader->Path(n, "path", &sink->path); }},
       {"rotate", [&](const YamlNode& n) { ReadRotation(reader, n, sink); }}});
  if (sink->path.empty()) reader->Issue(node, "file: `path` is missing");
}

void ReadSink(ConfigReader* reader, const YamlNode& node, Config* config) {
  SinkConfig sink;
  int kinds = 0;
  const auto format = [&](const YamlNode& n) {
    reader->OneOf(n, "format", {"text", "json"},
                  [&](std::size_t i) { sink.json = i == 1; });
  };
  reader->Map(
      node, "a sink",
      {{"name",
        [&](const YamlNode& n) { reader->Text(n, "name", &sink.name); }},
       {"stdout",
        [&](const YamlNode& n) {
          ++kinds;
          sink.kind = SinkConfig::Kind::kStdout;
          if (n.kind == YamlNode::Kind::kNull) return;
          reader->Map(n, "stdout", {{"format", format}});
        }},
       {"file", [&](const YamlNode& n) {
          ++kinds;
          sink.kind = SinkConfig::Kind::kFile;
          ReadFileSink(reader, n, &sink);
        }}});
  if (node.kind != YamlNode::Kind::kMap) return;
  if (kinds != 1) reader->Issue(node, "a sink is either `stdout` or `file`");
  if (sink.name.empty()) reader->Issue(node, "a sink needs a `name`");
  config->sinks.push_back(std::move(sink));
}

void ReadTime(ConfigReader* reader, const YamlNode& node, Config* config) {
  const auto duration = [&](std::string_view key, std::int64_t* value) {
    return ConfigReader::Member{
        key, [=](const YamlNode& n) { reader->Duration(n, key, value); }};
  };
  reader->Map(node, "time",
              {duration("lateness", &config->lateness_us),
               duration("idle", &config->idle_us),
               duration("max_skew", &config->max_skew_us)});
}

void ReadCheckpoint(ConfigReader* reader, const YamlNode& node,
                    Config* config) {
  reader->Map(node, "checkpoint",
              {{"interval", [&](const YamlNode& n) {
                  reader->Duration(n, "interval", &config->checkpoint_us);
                  if (config->checkpoint_us < kCheckpointLeast) {
                    reader->Issue(n, "interval: at least 100ms");
                  }
                }}});
}

void ReadState(ConfigReader* reader, const YamlNode& node, Config* config) {
  reader->Map(node, "state", {{"memory", [&](const YamlNode& n) {
                                 reader->Size(n, "memory",
                                              &config->state_bytes);
                                 if (config->state_bytes < kStateLeast) {
                                   reader->Issue(n, "memory: at least 1MiB");
                                 }
                               }}});
}

void ReadWeb(ConfigReader* reader, const YamlNode& node, Config* config) {
  reader->Map(
      node, "web",
      {{"listen", [&](const YamlNode& n) {
          if (n.kind == YamlNode::Kind::kNull || n.text == "none") {
            config->listen.clear();
            return;
          }
          if (!reader->Text(n, "listen", &config->listen)) {
            return;
          }
          const absl::Status status = CheckListenAddress(config->listen);
          if (!status.ok()) {
            reader->Issue(n, absl::StrFormat("listen: %s", status.message()));
          }
        }}});
}

void ReadLog(ConfigReader* reader, const YamlNode& node, Config* config) {
  reader->Map(
      node, "log",
      {{"level",
        [&](const YamlNode& n) {
          reader->OneOf(n, "level", {"debug", "info", "warning", "error"},
                        [&](std::size_t i) {
                          config->log.level = static_cast<LogLevel>(i);
                        });
        }},
       {"format", [&](const YamlNode& n) {
          reader->OneOf(n, "format", {"text", "json"}, [&](std::size_t i) {
            config->log.format = i == 0 ? LogFormat::kText : LogFormat::kJson;
          });
        }}});
}

void ReadRules(ConfigReader* reader, const YamlNode& node, Config* config) {
  reader->List(node, "rules", [&](const YamlNode& item) {
    reader->Path(item, "rules", &config->rules.emplace_back());
  });
}

}  // namespace

bool ReadConfig(std::string_view text, const std::string& folder,
                Config* config, std::vector<YamlIssue>* issues) {
  YamlNode root;
  YamlIssue broken;
  if (!ParseYaml(text, &root, &broken)) {
    issues->push_back(std::move(broken));
    return false;
  }
  ConfigReader reader(folder, issues);
  if (root.kind != YamlNode::Kind::kNull) {
    reader.Map(
        root, "the configuration",
        {{"rules", [&](const YamlNode& n) { ReadRules(&reader, n, config); }},
         {"sources",
          [&](const YamlNode& n) {
            reader.List(n, "sources", [&](const YamlNode& item) {
              ReadSource(&reader, item, config);
            });
          }},
         {"sinks",
          [&](const YamlNode& n) {
            reader.List(n, "sinks", [&](const YamlNode& item) {
              ReadSink(&reader, item, config);
            });
          }},
         {"data_dir",
          [&](const YamlNode& n) {
            reader.Path(n, "data_dir", &config->data_dir);
          }},
         {"time", [&](const YamlNode& n) { ReadTime(&reader, n, config); }},
         {"checkpoint",
          [&](const YamlNode& n) { ReadCheckpoint(&reader, n, config); }},
         {"state", [&](const YamlNode& n) { ReadState(&reader, n, config); }},
         {"workers",
          [&](const YamlNode& n) {
            reader.Int(n, "workers", 1, kWorkersMost, &config->workers);
          }},
         {"closed",
          [&](const YamlNode& n) {
            reader.Bool(n, "closed", &config->closed);
          }},
         {"web", [&](const YamlNode& n) { ReadWeb(&reader, n, config); }},
         {"log", [&](const YamlNode& n) { ReadLog(&reader, n, config); }}});
  }
  std::stable_sort(issues->begin(), issues->end(),
                   [](const YamlIssue& a, const YamlIssue& b) {
                     return std::pair(a.line, a.column) <
                            std::pair(b.line, b.column);
                   });
  return issues->empty();
}

}  // namespace tocsin
