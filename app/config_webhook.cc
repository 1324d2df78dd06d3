#include "app/config_webhook.h"

#include <cstdint>

#include "absl/strings/str_format.h"
#include "app/quantity.h"
#include "connectors/journal/journal_format.h"
#include "connectors/webhook/webhook_server.h"
#include "engine/event/value.h"

namespace tocsin {
namespace {

constexpr int kConnectionsMost = 1'000'000;
constexpr int kRequestsMost = 1'000'000;
constexpr std::uint64_t kHeaderLeast = 512;
constexpr std::uint64_t kHeaderMost = 1u << 20;

void ReadTls(ConfigReader* reader, const YamlNode& node,
             WebhookOptions* options) {
  TlsFiles* const tls = &options->tls;
  const auto path = [&](std::string_view key, std::string* value) {
    return ConfigReader::Member{
        key, [=](const YamlNode& n) { reader->Path(n, key, value); }};
  };
  reader->Map(
      node, "tls",
      {path("cert_file", &tls->cert_file),
       path("key_file", &tls->key_file),
       path("client_ca_file", &tls->client_ca_file),
       {"client_allowed_sans",
        [&](const YamlNode& n) {
          reader->List(n, "client_allowed_sans", [&](const YamlNode& item) {
            reader->Text(item, "client_allowed_sans",
                         &options->client_allowed_sans.emplace_back());
          });
        }},
       {"min_version", [&](const YamlNode& n) {
          reader->OneOf(n, "min_version", {"1.2", "1.3"},
                        [&](std::size_t i) { tls->only_tls13 = i == 1; });
        }}});
}

void ReadLimits(ConfigReader* reader, const YamlNode& node,
                WebhookLimits* limits) {
  const auto size = [&](std::string_view key, std::uint64_t* value) {
    return ConfigReader::Member{key, [=](const YamlNode& n) {
                                  reader->Size(n, key, value);
                                  if (*value == 0) {
                                    reader->Issue(n, "must be above 0");
                                  }
                                }};
  };
  const auto time = [&](std::string_view key, std::int64_t* value) {
    return ConfigReader::Member{
        key, [=](const YamlNode& n) { reader->Duration(n, key, value); }};
  };
  const auto count = [&](std::string_view key, int least, int most,
                         int* value) {
    return ConfigReader::Member{key, [=](const YamlNode& n) {
                                  reader->Int(n, key, least, most, value);
                                }};
  };
  reader->Map(node, "limits",
              {count("connections", 1, kConnectionsMost, &limits->connections),
               count("connections_per_peer", 1, kConnectionsMost,
                     &limits->connections_per_peer),
               {"header",
                [&](const YamlNode& n) {
                  reader->Size(n, "header", &limits->header_bytes);
                  if (limits->header_bytes < kHeaderLeast ||
                      limits->header_bytes > kHeaderMost) {
                    reader->Issue(n,
                                  absl::StrFormat("header: from %d to %d bytes",
                                                  kHeaderLeast, kHeaderMost));
                  }
                }},
               time("header_time", &limits->header_us),
               time("handshake_time", &limits->handshake_us),
               size("body", &limits->body_bytes),
               time("body_time", &limits->body_us),
               size("body_rate", &limits->body_rate),
               time("idle_time", &limits->idle_us),
               size("in_flight", &limits->in_flight_bytes),
               count("requests_per_peer", 0, kRequestsMost,
                     &limits->requests_per_peer)});
}

std::string PrintTls(const WebhookOptions& options) {
  const TlsFiles& tls = options.tls;
  if (!tls.enabled()) return {};
  std::string out = absl::StrFormat(
      "      tls:\n        cert_file: %s\n        key_file: %s\n",
      YamlScalar(tls.cert_file), YamlScalar(tls.key_file));
  if (!tls.client_ca_file.empty()) {
    out += absl::StrFormat("        client_ca_file: %s\n",
                           YamlScalar(tls.client_ca_file));
  }
  if (!options.client_allowed_sans.empty()) {
    out += "        client_allowed_sans:\n";
    for (const std::string& name : options.client_allowed_sans) {
      out += absl::StrFormat("          - %s\n", YamlScalar(name));
    }
  }
  return out + absl::StrFormat("        min_version: \"%s\"\n",
                               tls.only_tls13 ? "1.3" : "1.2");
}

std::string PrintLimits(const WebhookLimits& limits) {
  return absl::StrFormat(
      "      limits:\n        connections: %d\n"
      "        connections_per_peer: %d\n        header: %s\n"
      "        header_time: %s\n        handshake_time: %s\n"
      "        body: %s\n        body_time: %s\n        body_rate: %s\n"
      "        idle_time: %s\n        in_flight: %s\n"
      "        requests_per_peer: %d\n",
      limits.connections, limits.connections_per_peer,
      FormatSize(limits.header_bytes), FormatDuration(limits.header_us),
      FormatDuration(limits.handshake_us), FormatSize(limits.body_bytes),
      FormatDuration(limits.body_us), FormatSize(limits.body_rate),
      FormatDuration(limits.idle_us), FormatSize(limits.in_flight_bytes),
      limits.requests_per_peer);
}

}  // namespace

void ReadWebhookSource(ConfigReader* reader, const YamlNode& node,
                       WebhookOptions* options) {
  reader->Map(
      node, "webhook",
      {{"listen",
        [&](const YamlNode& n) {
          if (!reader->Text(n, "listen", &options->listen)) return;
          const auto known = IsLoopback(options->listen);
          if (!known.ok()) {
            reader->Issue(
                n, absl::StrFormat("listen: %s", known.status().message()));
          }
        }},
       {"path",
        [&](const YamlNode& n) { reader->Text(n, "path", &options->path); }},
       {"tls", [&](const YamlNode& n) { ReadTls(reader, n, options); }},
       {"token_file",
        [&](const YamlNode& n) {
          reader->Path(n, "token_file", &options->token_file);
        }},
       {"insecure",
        [&](const YamlNode& n) {
          reader->Bool(n, "insecure", &options->insecure);
        }},
       {"journal",
        [&](const YamlNode& n) {
          reader->Map(n, "journal", {{"size", [&](const YamlNode& size) {
                                        reader->Size(size, "size",
                                                     &options->journal_bytes);
                                      }}});
        }},
       {"limits",
        [&](const YamlNode& n) { ReadLimits(reader, n, &options->limits); }}});
  if (options->listen.empty()) {
    reader->Issue(node, "webhook: `listen` is missing");
  }
}

std::string PrintWebhookSource(const WebhookOptions& options) {
  std::string out =
      absl::StrFormat("    webhook:\n      listen: %s\n      path: %s\n",
                      YamlScalar(options.listen), YamlScalar(options.path));
  out += PrintTls(options);
  if (!options.token_file.empty()) {
    out += absl::StrFormat("      token_file: %s\n",
                           YamlScalar(options.token_file));
  }
  out += absl::StrFormat(
      "      insecure: %s\n      journal:\n        size: %s\n",
      options.insecure ? "true" : "false", FormatSize(options.journal_bytes));
  return out + PrintLimits(options.limits);
}

std::string JournalFolder(const std::string& data_dir,
                          const std::string& source) {
  return data_dir + "/journal/" + journal::FolderName(source);
}

}  // namespace tocsin
