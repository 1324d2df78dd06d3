// The only translation unit here that sees Boost.Beast.
#include "connectors/http/web_server.h"

#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_format.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/steady_timer.hpp"
#include "boost/beast/core.hpp"
#include "boost/beast/http.hpp"
#include "connectors/http/listen_address.h"
#include "engine/base/status_macros.h"
#include "engine/base/thread_name.h"

namespace tocsin {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

constexpr int kConnections = 64;
constexpr std::uint32_t kHeaderBytes = 8u << 10;
constexpr std::uint64_t kBodyBytes = 4u << 10;
constexpr std::chrono::seconds kRequestTime{10};
constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr char kMetricsType[] = "text/plain; version=0.0.4; charset=utf-8";
constexpr char kTextType[] = "text/plain; charset=utf-8";

// On this machine only.
absl::StatusOr<tcp::endpoint> LoopbackOf(const std::string& listen) {
  TOCSIN_ASSIGN_OR_RETURN(const tcp::endpoint endpoint,
                          ParseListen(listen, "127.0.0.1:9464"));
  if (!endpoint.address().is_loopback()) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "%s is not a loopback address: this page has no users and no TLS, so "
        "put a proxy in front of 127.0.0.1 instead",
        endpoint.address().to_string()));
  }
  return endpoint;
}

Response Answer(const Request& request, http::status status, const char* type,
                std::string body) {
  Response response(status, request.version());
  response.set(http::field::content_type, type);
  response.keep_alive(request.keep_alive());
  if (request.method() != http::verb::head) response.body() = std::move(body);
  response.prepare_payload();
  return response;
}

Response Refuse(const Request& request, const char* allowed) {
  Response response = Answer(request, http::status::method_not_allowed,
                             kTextType, absl::StrFormat("use %s\n", allowed));
  response.set(http::field::allow, allowed);
  return response;
}

Response Reload(const Request& request, const WebHandlers& handlers) {
  if (request.method() != http::verb::post) return Refuse(request, "POST");
  const absl::Status status = handlers.reload();
  if (status.ok()) {
    return Answer(request, http::status::ok, kTextType, "reloaded\n");
  }
  return Answer(request, http::status::unprocessable_entity, kTextType,
                absl::StrFormat("not reloaded: %s\n", status.message()));
}

Response Handle(const Request& request, const WebHandlers& handlers) {
  const std::string target(request.target());
  const std::string path = target.substr(0, target.find('?'));
  if (path == "/-/reload") return Reload(request, handlers);
  const bool reads = request.method() == http::verb::get ||
                     request.method() == http::verb::head;
  const bool known =
      path == "/metrics" || path == "/-/healthy" || path == "/-/ready";
  if (!known) {
    return Answer(request, http::status::not_found, kTextType,
                  "there are /metrics, /-/healthy, /-/ready and /-/reload\n");
  }
  if (!reads) return Refuse(request, "GET, HEAD");
  if (path == "/metrics") {
    return Answer(request, http::status::ok, kMetricsType, handlers.metrics());
  }
  if (path == "/-/ready" && !handlers.ready()) {
    return Answer(request, http::status::service_unavailable, kTextType,
                  "not ready\n");
  }
  return Answer(request, http::status::ok, kTextType, "ok\n");
}

// One connection. Kept alive by the operation that it waits for.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, const WebHandlers* handlers, int* open)
      : stream_(std::move(socket)), handlers_(handlers), open_(open) {
    ++*open_;
  }
  ~Session() { --*open_; }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void Read() {
    parser_.emplace();
    parser_->header_limit(kHeaderBytes);
    parser_->body_limit(kBodyBytes);
    stream_.expires_after(kRequestTime);
    http::async_read(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](beast::error_code error, std::size_t) {
          if (!error) self->Write();
        });
  }

 private:
  void Write() {
    response_ = Handle(parser_->get(), *handlers_);
    http::async_write(
        stream_, response_,
        [self = shared_from_this()](beast::error_code error, std::size_t) {
          if (error) return;
          if (self->response_.keep_alive()) {
            self->Read();
          } else {
            beast::error_code ignored;
            self->stream_.socket().shutdown(tcp::socket::shutdown_send,
                                            ignored);
          }
        });
  }

  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  Response response_;
  const WebHandlers* handlers_;  // Of the server, which outlives it.
  int* open_;
};

}  // namespace

struct WebServer::Impl {
  int open = 0;  // Confined to the server's thread; outlives `io`.
  WebHandlers handlers;
  asio::io_context io{1};
  tcp::acceptor acceptor{io};
  asio::steady_timer pause{io};
  std::uint16_t port = 0;
  std::thread thread;

  void Accept() {
    acceptor.async_accept([this](beast::error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error) return AcceptLater();
      if (open < kConnections) {
        std::make_shared<Session>(std::move(socket), &handlers, &open)->Read();
      }
      Accept();
    });
  }

  // Out of descriptors, say: trying at once would only spin.
  void AcceptLater() {
    pause.expires_after(kAcceptPause);
    pause.async_wait([this](beast::error_code error) {
      if (!error) Accept();
    });
  }
};

absl::Status CheckListenAddress(const std::string& listen) {
  return LoopbackOf(listen).status();
}

absl::StatusOr<std::unique_ptr<WebServer>> WebServer::Start(
    const std::string& listen, WebHandlers handlers) {
  TOCSIN_ASSIGN_OR_RETURN(const tcp::endpoint endpoint, LoopbackOf(listen));
  auto impl = std::make_unique<Impl>();
  impl->handlers = std::move(handlers);
  beast::error_code error;
  impl->acceptor.open(endpoint.protocol(), error);
  if (!error) {
    impl->acceptor.set_option(asio::socket_base::reuse_address(true), error);
  }
  if (!error) impl->acceptor.bind(endpoint, error);
  if (!error) impl->acceptor.listen(kConnections, error);
  if (error) {
    return absl::UnavailableError(
        absl::StrFormat("listening on %s: %s", listen, error.message()));
  }
  impl->port = impl->acceptor.local_endpoint(error).port();
  impl->Accept();
  Impl* const raw = impl.get();
  impl->thread = std::thread([raw] {
    NameThread("web");
    raw->io.run();
  });
  return std::unique_ptr<WebServer>(new WebServer(std::move(impl)));
}

WebServer::WebServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

WebServer::~WebServer() { Stop(); }

void WebServer::Stop() {
  if (!impl_->thread.joinable()) return;
  impl_->io.stop();
  impl_->thread.join();
  beast::error_code ignored;
  impl_->acceptor.close(ignored);
}

std::uint16_t WebServer::port() const { return impl_->port; }

}  // namespace tocsin
