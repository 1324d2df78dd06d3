// The service's own small web server, on a loopback address: /metrics,
// /-/healthy, /-/ready and /-/reload (POST). Without TLS and without users, so
// it listens nowhere else.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace tocsin {

// Called on the server's thread.
struct WebHandlers {
  std::function<std::string()> metrics;  // Prometheus' text form.
  std::function<bool()> ready;
  std::function<absl::Status()> reload;
};

// One thread of its own, one request at a time. Limits: 64 connections, 8 KiB
// of header, 4 KiB of body, 10 s a request.
class WebServer {
 public:
  // `listen` is ADDRESS:PORT, port 0 for any. InvalidArgument when it is not a
  // loopback address, Unavailable when it is taken.
  static absl::StatusOr<std::unique_ptr<WebServer>> Start(
      const std::string& listen, WebHandlers handlers);
  ~WebServer();
  // Idempotent; joins the thread.
  void Stop();
  std::uint16_t port() const;

 private:
  struct Impl;
  explicit WebServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Whether `listen` could be given to Start(); why not.
absl::Status CheckListenAddress(const std::string& listen);

}  // namespace tocsin
