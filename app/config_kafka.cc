#include "app/config_kafka.h"

#include "absl/strings/str_format.h"
#include "connectors/kafka/check_kafka.h"
#include "engine/base/status.h"

namespace tocsin {
namespace {

void ReadTls(ConfigReader* reader, const YamlNode& node, KafkaTls* tls) {
  const auto path = [&](std::string_view key, std::string* value) {
    return ConfigReader::Member{
        key, [=](const YamlNode& n) { reader->Path(n, key, value); }};
  };
  tls->on = true;
  if (node.kind == YamlNode::Kind::kNull) return;
  reader->Map(
      node, "tls",
      {path("ca_file", &tls->ca_file), path("cert_file", &tls->cert_file),
       path("key_file", &tls->key_file)});
}

void ReadSasl(ConfigReader* reader, const YamlNode& node, KafkaSasl* sasl) {
  const auto path = [&](std::string_view key, std::string* value) {
    return ConfigReader::Member{
        key, [=](const YamlNode& n) { reader->Path(n, key, value); }};
  };
  const auto text = [&](std::string_view key, std::string* value) {
    return ConfigReader::Member{
        key, [=](const YamlNode& n) { reader->Text(n, key, value); }};
  };
  reader->Map(node, "sasl",
              {{"mechanism",
                [&](const YamlNode& n) {
                  reader->OneOf(n, "mechanism",
                                {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512",
                                 "OAUTHBEARER"},
                                [&](std::size_t) { sasl->mechanism = n.text; });
                }},
               text("username", &sasl->username),
               path("password_file", &sasl->password_file),
               path("token_file", &sasl->token_file),
               text("client_id", &sasl->client_id),
               path("client_secret_file", &sasl->client_secret_file),
               text("token_url", &sasl->token_url),
               text("scope", &sasl->scope)});
  if (sasl->mechanism.empty()) {
    reader->Issue(node, "sasl: `mechanism` is missing");
  }
}

// librdkafka's own names; it judges them itself, all together.
void ReadProperties(ConfigReader* reader, const YamlNode& node,
                    KafkaOptions* options) {
  if (node.kind == YamlNode::Kind::kNull) return;
  if (node.kind != YamlNode::Kind::kMap) {
    reader->Issue(node, "properties: names and values are expected here");
    return;
  }
  for (const auto& [name, value] : node.members) {
    std::string text;
    if (reader->Text(value, name.text, &text)) {
      options->properties.emplace_back(name.text, std::move(text));
    }
  }
}

std::string PrintList(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) {
    if (out.size() > 1) out += ", ";
    out += YamlScalar(text);
  }
  return out + "]";
}

void PrintKey(std::string_view key, const std::string& value,
              std::string* out) {
  if (value.empty()) return;
  absl::StrAppendFormat(out, "        %s: %s\n", std::string(key),
                        YamlScalar(value));
}

void PrintSecurity(const KafkaOptions& options, std::string* out) {
  const KafkaTls& tls = options.tls;
  if (tls.on && tls.ca_file.empty() && tls.cert_file.empty()) {
    *out += "      tls: {}\n";
  } else if (tls.on) {
    *out += "      tls:\n";
    PrintKey("ca_file", tls.ca_file, out);
    PrintKey("cert_file", tls.cert_file, out);
    PrintKey("key_file", tls.key_file, out);
  }
  const KafkaSasl& sasl = options.sasl;
  if (sasl.mechanism.empty()) return;
  *out += "      sasl:\n";
  PrintKey("mechanism", sasl.mechanism, out);
  PrintKey("username", sasl.username, out);
  PrintKey("password_file", sasl.password_file, out);
  PrintKey("token_file", sasl.token_file, out);
  PrintKey("client_id", sasl.client_id, out);
  PrintKey("client_secret_file", sasl.client_secret_file, out);
  PrintKey("token_url", sasl.token_url, out);
  PrintKey("scope", sasl.scope, out);
}

}  // namespace

void ReadKafkaSource(ConfigReader* reader, const YamlNode& node,
                     KafkaOptions* options) {
  const auto text = [&](std::string_view key, std::string* value) {
    return ConfigReader::Member{
        key, [=](const YamlNode& n) { reader->Text(n, key, value); }};
  };
  const auto texts = [&](std::string_view key, std::vector<std::string>* list) {
    return ConfigReader::Member{key, [=](const YamlNode& n) {
                                  reader->List(n, key, [&](const YamlNode& i) {
                                    reader->Text(i, key, &list->emplace_back());
                                  });
                                }};
  };
  reader->Map(
      node, "kafka",
      {texts("brokers", &options->brokers),
       texts("topics", &options->topics),
       text("group", &options->group),
       text("instance", &options->instance),
       {"start",
        [&](const YamlNode& n) {
          std::string start;
          if (!reader->Text(n, "start", &start)) return;
          const absl::Status status = ParseKafkaStart(start, &options->start);
          if (!status.ok()) {
            reader->Issue(n, "start: " + std::string(Message(status)));
          }
        }},
       {"metadata",
        [&](const YamlNode& n) {
          reader->Bool(n, "metadata", &options->metadata);
        }},
       {"tls", [&](const YamlNode& n) { ReadTls(reader, n, &options->tls); }},
       {"sasl",
        [&](const YamlNode& n) { ReadSasl(reader, n, &options->sasl); }},
       {"properties",
        [&](const YamlNode& n) { ReadProperties(reader, n, options); }}});
  if (node.kind != YamlNode::Kind::kMap) return;
  const absl::Status status = CheckKafka(*options);
  if (!status.ok()) {
    reader->Issue(node, "kafka: " + std::string(Message(status)));
  }
}

std::string PrintKafkaSource(const KafkaOptions& options) {
  std::string out = absl::StrFormat(
      "    kafka:\n      brokers: %s\n      topics: %s\n      group: %s\n",
      PrintList(options.brokers), PrintList(options.topics),
      YamlScalar(options.group));
  if (!options.instance.empty()) {
    out += "      instance: " + YamlScalar(options.instance) + "\n";
  }
  absl::StrAppendFormat(&out, "      start: %s\n      metadata: %s\n",
                        YamlScalar(PrintKafkaStart(options.start)),
                        options.metadata ? "true" : "false");
  PrintSecurity(options, &out);
  if (!options.properties.empty()) out += "      properties:\n";
  for (const auto& [name, value] : options.properties) {
    PrintKey(name, value, &out);
  }
  return out;
}

}  // namespace tocsin
