// The HTTPS receiver of all webhook sources: what kube-apiserver's audit
// webhook backend posts to. HTTP/1.1; a body is answered with 200 only when its
// inbox's journal has it durable.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "connectors/webhook/inbox.h"
#include "connectors/webhook/webhook_options.h"

namespace tocsin {

struct WebhookRoute {
  WebhookOptions options;  // Checked, also against each other.
  std::shared_ptr<webhook::Inbox> inbox;
};

// limits::kWebhookThreads threads of its own for all addresses.
class WebhookServer {
 public:
  // Unavailable: an address is taken. InvalidArgument: a certificate, a key or
  // tokens that cannot be used. Raises the process' soft limit of descriptors
  // to its hard one.
  static absl::StatusOr<std::unique_ptr<WebhookServer>> Start(
      std::vector<WebhookRoute> routes);
  ~WebhookServer();
  // Takes no more, answers what was taken (a second at most), closes the
  // journals, joins the threads. Idempotent.
  void Stop();
  // Where it listens, by the `listen` that was asked for; 0: nowhere.
  std::uint16_t port(const std::string& listen) const;

 private:
  struct Impl;
  explicit WebhookServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Whether ADDRESS:PORT is on the loopback; InvalidArgument when it is none.
absl::StatusOr<bool> IsLoopback(const std::string& listen);

}  // namespace tocsin
