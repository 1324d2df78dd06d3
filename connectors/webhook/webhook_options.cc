#include "connectors/webhook/webhook_options.h"

#include "absl/strings/str_format.h"
#include "connectors/webhook/webhook_server.h"

namespace tocsin {
namespace {

absl::Status Wrong(const WebhookOptions& options, const std::string& what) {
  return absl::InvalidArgumentError(
      absl::StrFormat("source `%s`: %s", options.name, what));
}

absl::Status CheckTrust(const WebhookOptions& options) {
  const TlsFiles& tls = options.tls;
  if (tls.cert_file.empty() != tls.key_file.empty()) {
    return Wrong(options, "tls needs both `cert_file` and `key_file`");
  }
  if (!tls.enabled() && !tls.client_ca_file.empty()) {
    return Wrong(options, "`client_ca_file` needs `cert_file` and `key_file`");
  }
  if (tls.client_ca_file.empty() && !options.client_allowed_sans.empty()) {
    return Wrong(options, "`client_allowed_sans` needs `client_ca_file`");
  }
  const absl::StatusOr<bool> loopback = IsLoopback(options.listen);
  if (!loopback.ok()) {
    return Wrong(options, std::string(loopback.status().message()));
  }
  if (!tls.enabled() && !*loopback && !options.insecure) {
    return Wrong(options,
                 absl::StrFormat("%s is not a loopback address: anyone on the "
                                 "way could read and forge events; give `tls`, "
                                 "or say `insecure: true`",
                                 options.listen));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckWebhookOptions(const WebhookOptions& options) {
  const absl::Status trust = CheckTrust(options);
  if (!trust.ok()) return trust;
  if (!options.path.starts_with('/') ||
      options.path.find_first_of("?# %") != std::string::npos) {
    return Wrong(options, absl::StrFormat("`path` begins with a slash and is "
                                          "plain, such as /audit: `%s` is not",
                                          options.path));
  }
  const WebhookLimits& limits = options.limits;
  if (limits.body_bytes > limits::kWebhookBodyMost) {
    return Wrong(options, absl::StrFormat("`body` is at most %d bytes",
                                          limits::kWebhookBodyMost));
  }
  if (limits.in_flight_bytes < limits.body_bytes) {
    return Wrong(options, "`in_flight` must hold a `body`");
  }
  if (options.journal_bytes < limits::kJournalBytesLeast ||
      options.journal_bytes < 2 * limits.body_bytes) {
    return Wrong(
        options,
        absl::StrFormat("`journal.size` must hold two bodies, and "
                        "%d bytes: it is %d",
                        limits::kJournalBytesLeast, options.journal_bytes));
  }
  return absl::OkStatus();
}

absl::Status CheckWebhookPair(const WebhookOptions& a,
                              const WebhookOptions& b) {
  if (a.listen != b.listen) return absl::OkStatus();
  if (a.path == b.path) {
    return Wrong(
        b, absl::StrFormat("`%s` has %s%s already", a.name, a.listen, a.path));
  }
  if (a.tls != b.tls || a.limits != b.limits || a.insecure != b.insecure) {
    return Wrong(b, absl::StrFormat(
                        "shares %s with `%s`: `tls`, `insecure` and `limits` "
                        "are the same there",
                        a.listen, a.name));
  }
  return absl::OkStatus();
}

}  // namespace tocsin
