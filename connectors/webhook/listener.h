// One address: its routes, its TLS, its connections. Only webhook_server.cc
// includes this.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "boost/asio/ssl.hpp"
#include "connectors/webhook/bearer_tokens.h"
#include "connectors/webhook/connection_table.h"
#include "connectors/webhook/tls_context.h"
#include "connectors/webhook/webhook_server.h"
#include "engine/base/file_stamp.h"
#include "engine/base/log.h"
#include "engine/base/mutex.h"
#include "engine/base/status.h"

namespace tocsin::webhook {

// A value that is read again when its files change, while others use it.
template <typename Value>
class Reloaded {
 public:
  std::shared_ptr<Value> get() const {
    MutexLock lock(&mutex_);
    return value_;
  }
  void set(std::shared_ptr<Value> value) {
    MutexLock lock(&mutex_);
    value_ = std::move(value);
  }
  std::vector<FileStamp> stamps;  // The reloading thread's.

 private:
  mutable Mutex mutex_;
  std::shared_ptr<Value> value_ TOCSIN_GUARDED_BY(mutex_);
};

struct Route {
  explicit Route(WebhookRoute from)
      : options(std::move(from.options)), inbox(std::move(from.inbox)) {}
  const WebhookOptions options;
  const std::shared_ptr<Inbox> inbox;
  Reloaded<const BearerTokens> tokens;
};

// Any thread, but for Reload().
class Listener {
 public:
  using TlsContext = boost::asio::ssl::context;

  explicit Listener(const WebhookOptions& options)
      : listen(options.listen),
        limits(options.limits),
        files(options.tls),
        table(static_cast<std::size_t>(limits.connections),
              static_cast<std::size_t>(limits.connections_per_peer),
              limits.requests_per_peer) {}

  Route* Find(std::string_view path) const {
    for (const auto& route : routes) {
      if (route->options.path == path) return route.get();
    }
    return nullptr;
  }

  // Bytes of bodies; false when that would be too many at once.
  bool TakeBytes(std::uint64_t bytes) {
    const std::uint64_t before = counts->in_flight.fetch_add(bytes);
    if (before + bytes <= limits.in_flight_bytes) return true;
    counts->in_flight.fetch_sub(bytes);
    return false;
  }
  void GiveBytes(std::uint64_t bytes) { counts->in_flight.fetch_sub(bytes); }

  // Reads files that changed; what cannot be used is told, and what was read
  // before stays. At the start, what cannot be used is an error.
  absl::Status Reload() {
    absl::Status first = ReloadTls();
    for (const auto& route : routes) {
      const absl::Status status = ReloadTokens(route.get());
      if (first.ok()) first = status;
    }
    return first;
  }

  const std::string listen;
  const WebhookLimits limits;
  const TlsFiles files;
  std::vector<std::unique_ptr<Route>> routes;
  const std::shared_ptr<ListenerCounts> counts =
      std::make_shared<ListenerCounts>();
  ConnectionTable table;
  Reloaded<TlsContext> tls;
  std::atomic<int> answering{0};  // Requests that were taken.

 private:
  absl::Status ReloadTls() {
    const std::vector<FileStamp> stamps =
        StampsOf({files.cert_file, files.key_file, files.client_ca_file});
    if (!files.enabled() || stamps == tls.stamps) return absl::OkStatus();
    const bool again = !tls.stamps.empty();
    tls.stamps = stamps;
    absl::StatusOr<SslContext> context = MakeServerContext(files);
    const absl::Status status = context.status();
    if (status.ok()) {
      tls.set(std::make_shared<TlsContext>(context->release()));
    }
    return Told(status, again, files.cert_file);
  }

  absl::Status ReloadTokens(Route* route) {
    const std::string& file = route->options.token_file;
    const std::vector<FileStamp> stamps = StampsOf({file});
    if (file.empty() || stamps == route->tokens.stamps) return absl::OkStatus();
    const bool again = !route->tokens.stamps.empty();
    route->tokens.stamps = stamps;
    absl::StatusOr<BearerTokens> tokens = BearerTokens::Read(file);
    const absl::Status status = tokens.status();
    if (status.ok()) {
      route->tokens.set(
          std::make_shared<const BearerTokens>(*std::move(tokens)));
    }
    return Told(status, again, file);
  }

  absl::Status Told(const absl::Status& status, bool again,
                    const std::string& file) {
    if (!again) return status;
    if (status.ok()) {
      ++counts->reloads;
      Log(LogLevel::kInfo, "read again", {{"file", file}});
    } else {
      ++counts->reload_failures;
      Log(LogLevel::kError, "not read again; what was read before stays",
          {{"reason", std::string(Message(status))}});
    }
    return absl::OkStatus();
  }
};

}  // namespace tocsin::webhook
