// One connection. Only webhook_server.cc includes this.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "boost/asio/io_context.hpp"
#include "boost/asio/steady_timer.hpp"
#include "boost/asio/write.hpp"
#include "boost/beast/core.hpp"
#include "boost/beast/http.hpp"
#include "connectors/webhook/listener.h"

namespace tocsin::webhook {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using TlsStream = asio::ssl::stream<beast::tcp_stream>;

// Confined to the thread of its socket; kept alive by the operation that it
// waits for. Stream: beast::tcp_stream or TlsStream.
template <typename Stream>
class Session : public std::enable_shared_from_this<Session<Stream>> {
  static constexpr bool kTls = std::is_same_v<Stream, TlsStream>;

 public:
  Session(tcp::socket socket, std::string peer, Listener* listener)
      : raw_(std::move(socket)),
        timer_(raw_.get_executor()),
        buffer_(listener->limits.header_bytes + kReadBytes),
        listener_(listener),
        peer_(std::move(peer)) {}
  ~Session() {
    GiveBack();
    if (id_ != 0) {
      listener_->table.Leave(id_);
      --listener_->counts->open;
    }
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  asio::any_io_executor executor() { return raw_.get_executor(); }

  // Takes its place among the connections; false when there is none.
  bool Enter() {
    auto evict = [weak = this->weak_from_this(),
                  executor = raw_.get_executor()] {
      if (auto self = weak.lock()) {
        // Moved, so that it does not end here, under the table's lock.
        asio::post(executor, [self = std::move(self)] { self->Evicted(); });
      }
    };
    id_ = listener_->table.Enter(peer_, std::move(evict));
    if (id_ != 0) ++listener_->counts->open;
    return id_ != 0;
  }

  // Nothing is set up before the first byte: an idle connection costs little.
  void Start() {
    timer_.expires_after(
        Micros(kTls ? limits().handshake_us : limits().header_us));
    timer_.async_wait([weak = this->weak_from_this()](beast::error_code error) {
      const auto self = weak.lock();
      if (!error && self) self->TooSlow();
    });
    raw_.async_wait(tcp::socket::wait_read,
                    [self = this->shared_from_this()](beast::error_code error) {
                      self->timer_.cancel();
                      if (!error && self->raw_.is_open()) self->Open();
                    });
  }

 private:
  using Parser = http::request_parser<http::buffer_body>;
  static constexpr std::size_t kReadBytes = 64u << 10;
  static constexpr std::size_t kReadMost = 1u << 20;
  static constexpr std::int64_t kLingerMicros = 2'000'000;
  static constexpr std::int64_t kWriteMicros = 30'000'000;

  static std::chrono::microseconds Micros(std::int64_t us) {
    return std::chrono::microseconds(us);
  }
  const WebhookLimits& limits() const { return listener_->limits; }
  beast::tcp_stream& lowest() { return beast::get_lowest_layer(*stream_); }

  // A member function as a handler that keeps the session alive.
  template <typename Then>
  auto Bind(Then then) {
    return [self = this->shared_from_this(), then](beast::error_code error,
                                                   std::size_t size = 0) {
      (self.get()->*then)(error, size);
    };
  }

  void TooSlow() {
    ++listener_->counts->timeout;
    Close();
  }
  void Evicted() {
    ++listener_->counts->evicted;
    Close();
  }
  void Close() {
    beast::error_code ignored;
    timer_.cancel();
    if (stream_) {
      lowest().socket().close(ignored);
    } else {
      raw_.close(ignored);
    }
  }
  void CountEnd(beast::error_code error) {
    if (error == beast::error::timeout) ++listener_->counts->timeout;
  }

  void Open() {
    if constexpr (kTls) {
      const auto context = listener_->tls.get();
      stream_.emplace(beast::tcp_stream(std::move(raw_)), *context);
      lowest().expires_after(Micros(limits().handshake_us));
      stream_->async_handshake(
          asio::ssl::stream_base::server,
          [self = this->shared_from_this()](beast::error_code error) {
            if (!error) return self->ReadHeader();
            ++self->listener_->counts->tls;
          });
    } else {
      stream_.emplace(std::move(raw_));
      ReadHeader();
    }
  }

  // Between two requests: as long as an idle connection may.
  void Await() {
    GiveBack();
    if (buffer_.size() > 0) return ReadHeader();
    lowest().expires_after(Micros(limits().idle_us));
    stream_->async_read_some(buffer_.prepare(kReadBytes),
                             Bind(&Session::OnFirstByte));
  }
  void OnFirstByte(beast::error_code error, std::size_t size) {
    if (error) return;
    buffer_.commit(size);
    ReadHeader();
  }

  // The request's head: session_request.h.
  void ReadHeader();
  void OnHeader(beast::error_code error, std::size_t head_bytes);
  void OnContinue(beast::error_code error, std::size_t size);
  // What a failed read of a request is answered with; 0: nothing, since the
  // connection is gone.
  static int CodeOfParseError(beast::error_code error);
  // 0 when the request's head is as it should be.
  int WhyRefused();
  bool IsAuthorized();
  // The body and the answer: session_body.h.
  bool TakeBytes(std::uint64_t bytes);
  bool Grow(std::uint64_t most);
  void GiveBack();
  void Came(std::size_t size);
  void ReadBody();
  void ReadMore();
  void OnMore(beast::error_code error, std::size_t size);
  void ReadChunk();
  void OnChunk(beast::error_code error, std::size_t size);
  void SetBodyDeadline();
  void OnBody();
  int Inflate();
  void Append();
  void OnStored(AppendResult result);
  void Refuse(Route* route, int code);
  void Answer(Route* route, int code, bool come_again = false);
  void OnAnswered(beast::error_code error, std::size_t size);
  void Linger();
  void OnLinger(beast::error_code error, std::size_t size);

  tcp::socket raw_;               // Until its first byte.
  std::optional<Stream> stream_;  // From then on.
  asio::steady_timer timer_;
  beast::flat_buffer buffer_;  // Header, and what was read behind it.
  std::optional<Parser> parser_;
  Listener* listener_;  // Of the server, which outlives it.
  const std::string peer_;
  ConnectionTable::Id id_ = 0;
  Route* route_ = nullptr;
  Body body_;
  std::size_t size_ = 0;         // Of the body, so far.
  std::uint64_t in_flight_ = 0;  // Bytes that count as such.
  std::size_t progress_ = 0;     // Of it, when it last counted as progress.
  std::int64_t deadline_us_ = 0;
  bool gzip_ = false, close_after_ = false, answering_ = false;
  std::string response_;
};

}  // namespace tocsin::webhook
