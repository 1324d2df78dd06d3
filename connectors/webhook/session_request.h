// A session's first half: the head of a request, and who may send it. Only
// webhook_server.cc includes this.
#pragma once

#include <cstdint>
#include <string_view>

#include "connectors/webhook/session.h"

namespace tocsin::webhook {

template <typename Stream>
void Session<Stream>::ReadHeader() {
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(limits().header_bytes));
  parser_->body_limit(boost::none);
  lowest().expires_after(Micros(limits().header_us));
  http::async_read_header(*stream_, buffer_, *parser_,
                          Bind(&Session::OnHeader));
}

template <typename Stream>
void Session<Stream>::OnHeader(beast::error_code error,
                               std::size_t head_bytes) {
  // A header that came whole is let through whatever its size.
  if (!error && head_bytes > limits().header_bytes) {
    error = http::error::header_limit;
  }
  if (error) {
    CountEnd(error);
    const int code = CodeOfParseError(error);
    if (code != 0) Refuse(nullptr, code);
    return;
  }
  const auto& request = parser_->get();
  const std::string_view target(request.target().data(),
                                request.target().size());
  route_ = listener_->Find(target.substr(0, target.find('?')));
  const int refused = WhyRefused();
  if (refused != 0) return Refuse(route_, refused);
  close_after_ = !request.keep_alive() || request.version() < 11;
  deadline_us_ = RealClock()->SteadyMicros() + limits().body_us;
  body_ = Body::OfSize(0);
  size_ = progress_ = 0;
  if (request[http::field::expect].empty() || buffer_.size() > 0) {
    return ReadBody();
  }
  response_ = "HTTP/1.1 100 Continue\r\n\r\n";
  lowest().expires_after(Micros(kWriteMicros));
  asio::async_write(*stream_, asio::buffer(response_),
                    Bind(&Session::OnContinue));
}

template <typename Stream>
void Session<Stream>::OnContinue(beast::error_code error,
                                 std::size_t /*size*/) {
  if (!error) ReadBody();
}

template <typename Stream>
int Session<Stream>::WhyRefused() {
  const auto& request = parser_->get();
  if (route_ == nullptr) return 404;
  if (request.method() != http::verb::post) return 405;
  if (!listener_->table.TakeRequest(peer_, RealClock()->SteadyMicros())) {
    ++route_->inbox->too_often;
    return 429;
  }
  if (!IsAuthorized()) return 401;
  const auto expect = request[http::field::expect];
  if (!expect.empty() && !beast::iequals(expect, "100-continue")) return 417;
  const auto encoding = request[http::field::content_encoding];
  gzip_ = beast::iequals(encoding, "gzip");
  if (!gzip_ && !encoding.empty() && !beast::iequals(encoding, "identity")) {
    return 415;
  }
  if (parser_->chunked()) return 0;
  const auto size = parser_->content_length();
  if (!size) return 411;
  return *size > limits().body_bytes ? 413 : 0;
}

template <typename Stream>
bool Session<Stream>::IsAuthorized() {
  const WebhookOptions& options = route_->options;
  if constexpr (kTls) {
    if (!options.client_allowed_sans.empty() &&
        !ClientIsAllowed(stream_->native_handle(),
                         options.client_allowed_sans)) {
      return false;
    }
  }
  if (options.token_file.empty()) return true;
  const auto value = parser_->get()[http::field::authorization];
  const auto tokens = route_->tokens.get();
  return tokens->Allow({value.data(), value.size()});
}

template <typename Stream>
int Session<Stream>::CodeOfParseError(beast::error_code error) {
  if (error == http::error::header_limit ||
      error == http::error::buffer_overflow) {
    return 431;
  }
  if (error == http::error::bad_version) return 505;
  const bool said = error != http::error::end_of_stream &&
                    error != http::error::partial_message;
  return said && error.category() ==
                     make_error_code(http::error::bad_version).category()
             ? 400
             : 0;
}

}  // namespace tocsin::webhook
