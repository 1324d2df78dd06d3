// The only translation unit that sees Beast and TLS on a connection.
#include "connectors/webhook/webhook_server.h"

#include <sys/resource.h>

#include <thread>

#include "absl/strings/str_format.h"
#include "boost/asio/ip/tcp.hpp"
#include "connectors/http/listen_address.h"
#include "connectors/journal/quiet_thread.h"
#include "connectors/webhook/session.h"
#include "connectors/webhook/session_body.h"
#include "connectors/webhook/session_request.h"
#include "engine/base/status_macros.h"
#include "engine/base/thread_name.h"

namespace tocsin {
namespace webhook {
namespace {

constexpr std::chrono::milliseconds kAcceptPause{20};
constexpr std::chrono::milliseconds kDrainStep{5};
constexpr int kDrainSteps = 200;
constexpr int kBacklog = 4'096;
constexpr char kExample[] = "127.0.0.1:8443";

// Whose connections count together: an IPv4 address, or an IPv6 network of 64
// bits, which one host may have to itself.
std::string PeerOf(const tcp::socket& socket) {
  beast::error_code error;
  asio::ip::address address = socket.remote_endpoint(error).address();
  if (error) return {};
  if (address.is_v4()) return address.to_string();
  const asio::ip::address_v6 v6 = address.to_v6();
  if (v6.is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, v6).to_string();
  }
  const auto bytes = v6.to_bytes();
  constexpr std::size_t kNetworkBytes = 8;
  return {reinterpret_cast<const char*>(bytes.data()), kNetworkBytes};
}

void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

struct Worker {
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{
      io.get_executor()};
  std::thread thread;
};

// Accepts on one worker's thread and deals out to all.
class Acceptor {
 public:
  Acceptor(Listener* listener, std::vector<std::unique_ptr<Worker>>* workers)
      : listener_(listener),
        workers_(workers),
        acceptor_(workers->front()->io),
        pause_(workers->front()->io) {}

  absl::Status Open() {
    TOCSIN_ASSIGN_OR_RETURN(const tcp::endpoint endpoint,
                            ParseListen(listener_->listen, kExample));
    beast::error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) {
      acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    }
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(kBacklog, error);
    if (error) {
      return absl::UnavailableError(absl::StrFormat(
          "listening on %s: %s", listener_->listen, error.message()));
    }
    port_ = acceptor_.local_endpoint(error).port();
    return absl::OkStatus();
  }

  void Accept() {
    Worker& worker = *(*workers_)[next_++ % workers_->size()];
    acceptor_.async_accept(worker.io,
                           [this](beast::error_code error, tcp::socket socket) {
                             if (error == asio::error::operation_aborted)
                               return;
                             if (!acceptor_.is_open()) return;
                             if (error) return AcceptLater();
                             Begin(std::move(socket));
                             Accept();
                           });
  }

  void Close() {
    asio::post(acceptor_.get_executor(), [this] {
      beast::error_code ignored;
      acceptor_.close(ignored);
      pause_.cancel();
    });
  }

  const Listener& listener() const { return *listener_; }
  std::uint16_t port() const { return port_; }

 private:
  // Out of descriptors, say: trying at once would only spin.
  void AcceptLater() {
    listener_->table.EvictOne();
    pause_.expires_after(kAcceptPause);
    pause_.async_wait([this](beast::error_code error) {
      if (!error) Accept();
    });
  }

  void Begin(tcp::socket socket) {
    ++listener_->counts->accepted;
    const std::string peer = PeerOf(socket);
    if (peer.empty()) return;  // Gone again.
    beast::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    if (listener_->files.enabled()) {
      Start(std::make_shared<Session<TlsStream>>(std::move(socket), peer,
                                                 listener_));
    } else {
      Start(std::make_shared<Session<beast::tcp_stream>>(std::move(socket),
                                                         peer, listener_));
    }
  }

  template <typename Connection>
  void Start(std::shared_ptr<Connection> session) {
    if (!session->Enter()) {
      ++listener_->counts->no_room;
      return;
    }
    const auto executor = session->executor();
    asio::post(executor, [session = std::move(session)] { session->Start(); });
  }

  Listener* listener_;
  std::vector<std::unique_ptr<Worker>>* workers_;
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  std::size_t next_ = 0;
  std::uint16_t port_ = 0;
};

}  // namespace
}  // namespace webhook

struct WebhookServer::Impl {
  // Before the workers, whose handlers use them to the last.
  std::vector<std::unique_ptr<webhook::Listener>> listeners;
  std::vector<std::unique_ptr<webhook::Worker>> workers;
  std::vector<std::unique_ptr<webhook::Acceptor>> acceptors;
  std::unique_ptr<webhook::asio::steady_timer> reload;
  std::int64_t reload_us = 0;
  bool stopped = false;

  void Add(WebhookRoute route) {
    webhook::Listener* at = nullptr;
    for (const auto& listener : listeners) {
      if (listener->listen == route.options.listen) at = listener.get();
    }
    reload_us = route.options.reload_us;
    if (at == nullptr) {
      listeners.push_back(std::make_unique<webhook::Listener>(route.options));
      at = listeners.back().get();
      route.inbox->listener = at->counts;
    }
    at->routes.push_back(std::make_unique<webhook::Route>(std::move(route)));
  }

  void ReloadLater() {
    reload->expires_after(std::chrono::microseconds(reload_us));
    reload->async_wait([this](webhook::beast::error_code error) {
      if (error) return;
      for (const auto& listener : listeners) {
        listener->Reload().IgnoreError();  // It was logged and counted.
      }
      ReloadLater();
    });
  }

  // Answers what was taken: the journals are closed, so that all of it has its
  // result, and the threads still run.
  void Drain() {
    for (const auto& acceptor : acceptors) acceptor->Close();
    for (const auto& listener : listeners) {
      for (const auto& route : listener->routes) {
        route->inbox->journal->Close();
      }
    }
    for (int step = 0; step < webhook::kDrainSteps; ++step) {
      int answering = 0;
      for (const auto& listener : listeners) answering += listener->answering;
      if (answering == 0) break;
      std::this_thread::sleep_for(webhook::kDrainStep);
    }
  }
};

absl::StatusOr<bool> IsLoopback(const std::string& listen) {
  TOCSIN_ASSIGN_OR_RETURN(const webhook::tcp::endpoint endpoint,
                          ParseListen(listen, webhook::kExample));
  return endpoint.address().is_loopback();
}

absl::StatusOr<std::unique_ptr<WebhookServer>> WebhookServer::Start(
    std::vector<WebhookRoute> routes) {
  auto impl = std::make_unique<Impl>();
  for (WebhookRoute& route : routes) impl->Add(std::move(route));
  for (int i = 0; i < limits::kWebhookThreads; ++i) {
    impl->workers.push_back(std::make_unique<webhook::Worker>());
  }
  for (const auto& listener : impl->listeners) {
    TOCSIN_RETURN_IF_ERROR(listener->Reload());
    impl->acceptors.push_back(
        std::make_unique<webhook::Acceptor>(listener.get(), &impl->workers));
    TOCSIN_RETURN_IF_ERROR(impl->acceptors.back()->Open());
  }
  webhook::RaiseDescriptorLimit();
  impl->reload =
      std::make_unique<webhook::asio::steady_timer>(impl->workers.front()->io);
  impl->ReloadLater();
  for (const auto& acceptor : impl->acceptors) {
    Log(LogLevel::kInfo, "webhook listens",
        {{"address", acceptor->listener().listen},
         {"webhook_port", absl::StrFormat("%d", acceptor->port())},
         {"sources",
          absl::StrFormat("%d", acceptor->listener().routes.size())}});
    acceptor->Accept();
  }
  for (const auto& worker : impl->workers) {
    worker->thread = StartQuietThread([&io = worker->io] {
      NameThread("webhook");
      io.run();
    });
  }
  return std::unique_ptr<WebhookServer>(new WebhookServer(std::move(impl)));
}

WebhookServer::WebhookServer(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}

WebhookServer::~WebhookServer() {
  Stop();
  impl_->acceptors.clear();
  impl_->reload.reset();
  impl_->workers.clear();
}

void WebhookServer::Stop() {
  if (std::exchange(impl_->stopped, true)) return;
  impl_->Drain();
  for (const auto& worker : impl_->workers) worker->io.stop();
  for (const auto& worker : impl_->workers) worker->thread.join();
}

std::uint16_t WebhookServer::port(const std::string& listen) const {
  for (const auto& acceptor : impl_->acceptors) {
    if (acceptor->listener().listen == listen) return acceptor->port();
  }
  return 0;
}

}  // namespace tocsin
