// Strict reading: a key that is not in a table is refused where it stands, and
// one that belongs to a later version is refused by name.
#include "app/config.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <utility>

#include "absl/strings/str_format.h"
#include "app/quantity.h"
#include "connectors/http/web_server.h"
#include "engine/base/status.h"
#include "engine/base/strings.h"

namespace tocsin {
namespace {

// Keys of the design that this version does not have, at any level.
constexpr std::string_view kNotYet[] = {
    "data_dir", "checkpoint",    "route",        "webhook", "kafka",
    "slack",    "pagerduty",     "alertmanager", "syslog",  "splunk",
    "otlp",     "elasticsearch", "opensearch",   "tls",     "token_file",
    "silences", "outbox",        "retention",
};

constexpr int kKeepMost = 1'000;
constexpr int kWorkersMost = 256;

class Reader {
 public:
  using Member =
      std::pair<std::string_view, std::function<void(const YamlNode&)>>;

  Reader(std::string folder, std::vector<YamlIssue>* issues)
      : folder_(std::move(folder)), issues_(issues) {}

  void Issue(const YamlNode& node, std::string message) {
    issues_->push_back({node.line, node.column, std::move(message)});
  }

  // Calls the member's function for each key; every other key is an issue.
  void Map(const YamlNode& node, std::string_view what,
           const std::vector<Member>& members) {
    if (node.kind != YamlNode::Kind::kMap) {
      Issue(node,
            absl::StrFormat("%s: keys and values are expected here", what));
      return;
    }
    StringSet seen;
    for (const auto& [key, value] : node.members) {
      const auto member = std::find_if(
          members.begin(), members.end(),
          [&](const Member& one) { return one.first == key.text; });
      if (!seen.insert(key.text).second) {
        Issue(key, absl::StrFormat("`%s` stands here twice", key.text));
      } else if (member != members.end()) {
        member->second(value);
      } else {
        UnknownKey(key, what, members);
      }
    }
  }

  void List(const YamlNode& node, std::string_view what,
            const std::function<void(const YamlNode&)>& each) {
    if (node.kind != YamlNode::Kind::kList) {
      Issue(node, absl::StrFormat("%s: a list is expected here", what));
      return;
    }
    for (const YamlNode& item : node.items) each(item);
  }

  bool Text(const YamlNode& node, std::string_view what, std::string* text) {
    if (node.kind != YamlNode::Kind::kScalar) {
      Issue(node, absl::StrFormat("%s: a text is expected here", what));
      return false;
    }
    *text = node.text;
    return true;
  }

  // Relative paths start from the folder of the configuration file.
  void Path(const YamlNode& node, std::string_view what, std::string* path) {
    if (!Text(node, what, path)) return;
    if (path->empty()) {
      Issue(node, absl::StrFormat("%s: a path is expected here", what));
    } else if (path->front() != '/' && !folder_.empty()) {
      *path = folder_ + "/" + *path;
    }
  }

  void Duration(const YamlNode& node, std::string_view what,
                std::int64_t* duration) {
    std::string text;
    if (!Text(node, what, &text)) return;
    const absl::StatusOr<std::int64_t> parsed = ParseDuration(text);
    if (parsed.ok()) {
      *duration = *parsed;
    } else {
      Issue(node, absl::StrFormat("%s: %s", what, parsed.status().message()));
    }
  }

  void Size(const YamlNode& node, std::string_view what, std::uint64_t* size) {
    std::string text;
    if (!Text(node, what, &text)) return;
    const absl::StatusOr<std::uint64_t> parsed = ParseSize(text);
    if (parsed.ok()) {
      *size = *parsed;
    } else {
      Issue(node, absl::StrFormat("%s: %s", what, parsed.status().message()));
    }
  }

  void Int(const YamlNode& node, std::string_view what, int least, int most,
           int* number) {
    std::string text;
    if (!Text(node, what, &text)) return;
    int value = 0;
    const auto [stopped, bad] =
        std::from_chars(text.data(), text.data() + text.size(), value);
    if (bad != std::errc() || stopped != text.data() + text.size() ||
        value < least || value > most) {
      Issue(node, absl::StrFormat("%s: `%s` is not a number from %d to %d",
                                  what, text, least, most));
    } else {
      *number = value;
    }
  }

  void Bool(const YamlNode& node, std::string_view what, bool* value) {
    OneOf(node, what, {"true", "false"},
          [&](std::size_t i) { *value = i == 0; });
  }

  void OneOf(const YamlNode& node, std::string_view what,
             const std::vector<std::string_view>& choices,
             const std::function<void(std::size_t)>& chosen) {
    std::string text;
    if (!Text(node, what, &text)) return;
    const auto found = std::find(choices.begin(), choices.end(), text);
    if (found != choices.end()) {
      chosen(static_cast<std::size_t>(found - choices.begin()));
      return;
    }
    std::string list;
    for (const std::string_view choice : choices) {
      list += absl::StrFormat("%s%s", list.empty() ? "" : ", ", choice);
    }
    Issue(node, absl::StrFormat("%s: `%s` is not one of %s", what, text, list));
  }

 private:
  void UnknownKey(const YamlNode& key, std::string_view what,
                  const std::vector<Member>& members) {
    if (std::find(std::begin(kNotYet), std::end(kNotYet), key.text) !=
        std::end(kNotYet)) {
      Issue(key, absl::StrFormat("`%s` is not in this version", key.text));
      return;
    }
    std::vector<std::string_view> names;
    std::string list;
    for (const Member& member : members) {
      names.push_back(member.first);
      list += absl::StrFormat("%s%s", list.empty() ? "" : ", ", member.first);
    }
    const std::string_view near = Nearest(key.text, names);
    Issue(key,
          near.empty()
              ? absl::StrFormat("unknown key `%s` in %s; there are: %s",
                                key.text, what, list)
              : absl::StrFormat("unknown key `%s` in %s; did you mean `%s`?",
                                key.text, what, near));
  }

  std::string folder_;
  std::vector<YamlIssue>* issues_;
};

void ReadFileSource(Reader* reader, const YamlNode& node,
                    SourceConfig* source) {
  reader->Map(
      node, "file",
      {{"path",
        [&](const YamlNode& n) { reader->Path(n, "path", &source->path); }},
       {"start", [&](const YamlNode& n) {
          if (n.text == "resume") {
            reader->Issue(n,
                          "start: `resume` needs a data directory, which is "
                          "not in this version; use beginning or end");
            return;
          }
          reader->OneOf(n, "start", {"beginning", "end"}, [&](std::size_t i) {
            source->start = i == 0 ? TailStart::kBeginning : TailStart::kEnd;
          });
        }}});
  if (source->path.empty()) reader->Issue(node, "file: `path` is missing");
}

void ReadSource(Reader* reader, const YamlNode& node, Config* config) {
  SourceConfig source;
  int kinds = 0;
  reader->Map(
      node, "a source",
      {{"name",
        [&](const YamlNode& n) { reader->Text(n, "name", &source.name); }},
       {"file",
        [&](const YamlNode& n) {
          ++kinds;
          source.kind = SourceConfig::Kind::kFile;
          ReadFileSource(reader, n, &source);
        }},
       {"stdin", [&](const YamlNode& n) {
          ++kinds;
          source.kind = SourceConfig::Kind::kStdin;
          if (n.kind != YamlNode::Kind::kNull) reader->Map(n, "stdin", {});
        }}});
  if (node.kind != YamlNode::Kind::kMap) return;
  if (kinds != 1) {
    reader->Issue(node, "a source is either `file` or `stdin`");
  }
  if (source.name.empty()) {
    reader->Issue(node, "a source needs a `name`");
  }
  config->sources.push_back(std::move(source));
}

void ReadRotation(Reader* reader, const YamlNode& node, SinkConfig* sink) {
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

void ReadFileSink(Reader* reader, const YamlNode& node, SinkConfig* sink) {
  reader->Map(
      node, "file",
      {{"path",
        [&](const YamlNode& n) { reader->Path(n, "path", &sink->path); }},
       {"rotate", [&](const YamlNode& n) { ReadRotation(reader, n, sink); }}});
  if (sink->path.empty()) reader->Issue(node, "file: `path` is missing");
}

void ReadSink(Reader* reader, const YamlNode& node, Config* config) {
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

void ReadTime(Reader* reader, const YamlNode& node, Config* config) {
  const auto duration = [&](std::string_view key, std::int64_t* value) {
    return Reader::Member{
        key, [=](const YamlNode& n) { reader->Duration(n, key, value); }};
  };
  reader->Map(node, "time",
              {duration("lateness", &config->lateness_us),
               duration("idle", &config->idle_us),
               duration("max_skew", &config->max_skew_us)});
}

void ReadWeb(Reader* reader, const YamlNode& node, Config* config) {
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

void ReadLog(Reader* reader, const YamlNode& node, Config* config) {
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

void ReadRules(Reader* reader, const YamlNode& node, Config* config) {
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
  Reader reader(folder, issues);
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
         {"time", [&](const YamlNode& n) { ReadTime(&reader, n, config); }},
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
