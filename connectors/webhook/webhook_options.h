// What a webhook source is told: where it listens, whom it believes, and every
// limit by name.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "connectors/journal/journal.h"

namespace tocsin {

namespace limits {
inline constexpr int kWebhookThreads = 2;  // Of all listeners together.
inline constexpr std::size_t kTokenBytesLeast = 16;
inline constexpr std::size_t kTokens = 16;  // In one file.
inline constexpr std::uint64_t kWebhookBodyMost = 1u << 29;
}  // namespace limits

// All times in microseconds. Of one address, but for what says otherwise.
struct WebhookLimits {
  // At a limit of connections one that has not got on for long makes room.
  int connections = 2'048;
  int connections_per_peer = 512;
  std::uint64_t header_bytes = 16u << 10;
  std::int64_t header_us = 5'000'000;     // From its first byte to its last.
  std::int64_t handshake_us = 5'000'000;  // Of TLS.
  std::uint64_t body_bytes = 64u << 20;   // Also when it is inflated.
  // The sender of a body may pause for so long, all its pauses together, and
  // regains a second for so many bytes.
  std::int64_t body_us = 10'000'000;
  std::uint64_t body_rate = 64u << 10;
  // An apiserver closes an idle connection after 90 s: it must be first.
  std::int64_t idle_us = 120'000'000;
  std::uint64_t in_flight_bytes = 256u << 20;  // Bodies not yet answered.
  int requests_per_peer = 0;                   // A second; 0: any number.
  friend bool operator==(const WebhookLimits&, const WebhookLimits&) = default;
};

// PEM files, read again when they change.
struct TlsFiles {
  std::string cert_file, key_file;
  std::string client_ca_file{};  // Empty: no client certificate is asked for.
  bool only_tls13 = false;       // Else 1.2, too.
  bool enabled() const { return !cert_file.empty(); }
  friend bool operator==(const TlsFiles&, const TlsFiles&) = default;
};

// Sources with the same `listen` share the address, its TLS and its limits, and
// differ in their path.
struct WebhookOptions {
  std::string name{};    // Of the source.
  std::string listen{};  // ADDRESS:PORT; port 0 takes a free one.
  std::string path = "/";
  TlsFiles tls{};
  // Of the client certificate: one of its alternative names is one of these;
  // of a certificate without any, its common name. Empty: any certificate of
  // the CA.
  std::vector<std::string> client_allowed_sans{};
  std::string token_file{};  // One token a line; empty: none is asked for.
  bool insecure = false;     // Without TLS beyond the loopback.
  std::string journal_folder{};
  std::uint64_t journal_bytes = limits::kJournalBytesDefault;
  WebhookLimits limits{};
  std::int64_t reload_us = 1'000'000;  // How often files are looked at.
};

// What is wrong with one source's options, for people; OK when nothing is.
absl::Status CheckWebhookOptions(const WebhookOptions& options);
// Likewise of two sources.
absl::Status CheckWebhookPair(const WebhookOptions& a, const WebhookOptions& b);

}  // namespace tocsin
