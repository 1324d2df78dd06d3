// The other half of a session: the body, straight into one block, and the
// answer. Only webhook_server.cc includes this.
#pragma once

#include <algorithm>
#include <cstring>
#include <utility>

#include "connectors/webhook/inflate_body.h"
#include "connectors/webhook/responses.h"
#include "connectors/webhook/session.h"
#include "engine/base/crash_point.h"

namespace tocsin::webhook {

template <typename Stream>
bool Session<Stream>::TakeBytes(std::uint64_t bytes) {
  if (!listener_->TakeBytes(bytes)) return false;
  in_flight_ += bytes;
  return true;
}

template <typename Stream>
void Session<Stream>::GiveBack() {
  listener_->GiveBytes(std::exchange(in_flight_, 0));
  if (std::exchange(answering_, false)) --listener_->answering;
}

// A block for twice what has come, but no larger than `most`: what is only
// announced takes nothing.
template <typename Stream>
bool Session<Stream>::Grow(std::uint64_t most) {
  const std::size_t larger =
      std::min<std::uint64_t>(most, std::max(kReadBytes, 2 * body_.size));
  if (!TakeBytes(larger - body_.size)) {
    ++route_->inbox->in_flight;
    return false;
  }
  Body body = Body::OfSize(larger);
  if (size_ > 0) std::memcpy(body.bytes.get(), body_.bytes.get(), size_);
  body_ = std::move(body);
  return true;
}

template <typename Stream>
void Session<Stream>::ReadBody() {
  if (parser_->chunked()) return ReadChunk();
  ReadMore();
}

// A sender may pause for so long; the bytes that come earn it time, but never
// more than that.
template <typename Stream>
void Session<Stream>::Came(std::size_t size) {
  size_ += size;
  const double earned_us =
      static_cast<double>(size) / static_cast<double>(limits().body_rate) * 1e6;
  deadline_us_ = std::min(deadline_us_ + static_cast<std::int64_t>(earned_us),
                          RealClock()->SteadyMicros() + limits().body_us);
  if (size_ - progress_ < kReadBytes) return;
  progress_ = size_;
  listener_->table.Progress(id_);
}

template <typename Stream>
void Session<Stream>::SetBodyDeadline() {
  const std::int64_t left = deadline_us_ - RealClock()->SteadyMicros();
  lowest().expires_after(Micros(std::max<std::int64_t>(left, 0)));
}

template <typename Stream>
void Session<Stream>::ReadMore() {
  const std::uint64_t whole = *parser_->content_length();
  while (size_ < whole) {
    if (size_ == body_.size && !Grow(whole)) return Refuse(route_, 429);
    const std::size_t here = std::min(buffer_.size(), body_.size - size_);
    if (here == 0) break;
    std::memcpy(body_.bytes.get() + size_, buffer_.data().data(), here);
    buffer_.consume(here);
    Came(here);
  }
  if (size_ == whole) return OnBody();
  SetBodyDeadline();
  stream_->async_read_some(
      asio::buffer(body_.bytes.get() + size_,
                   std::min(kReadMost, body_.size - size_)),
      Bind(&Session::OnMore));
}

template <typename Stream>
void Session<Stream>::OnMore(beast::error_code error, std::size_t size) {
  if (error) return CountEnd(error);
  Came(size);
  ReadMore();
}

template <typename Stream>
void Session<Stream>::ReadChunk() {
  if (size_ == body_.size && !Grow(~std::uint64_t{0})) {
    return Refuse(route_, 429);
  }
  auto& into = parser_->get().body();
  into.data = body_.bytes.get() + size_;
  into.size = body_.size - size_;
  into.more = true;
  SetBodyDeadline();
  http::async_read_some(*stream_, buffer_, *parser_, Bind(&Session::OnChunk));
}

template <typename Stream>
void Session<Stream>::OnChunk(beast::error_code error, std::size_t /*size*/) {
  if (error && error != http::error::need_buffer) {
    CountEnd(error);
    const int code = CodeOfParseError(error);
    if (code != 0) Refuse(route_, code);
    return;
  }
  Came(body_.size - parser_->get().body().size - size_);
  if (size_ > limits().body_bytes) return Refuse(route_, 413);
  if (!parser_->is_done()) return ReadChunk();
  body_.size = size_;
  OnBody();
}

template <typename Stream>
void Session<Stream>::OnBody() {
  lowest().expires_never();
  const int code = gzip_ ? Inflate() : 0;
  if (code != 0) return Answer(route_, code);
  if (body_.size == 0) return Answer(route_, 200);
  Append();
}

template <typename Stream>
int Session<Stream>::Inflate() {
  absl::StatusOr<Body> inflated =
      InflateBody(body_.view(), limits().body_bytes);
  if (absl::IsResourceExhausted(inflated.status())) return 413;
  if (!inflated.ok()) return 400;
  if (!TakeBytes(inflated->size)) {
    ++route_->inbox->in_flight;
    return 429;
  }
  body_ = *std::move(inflated);
  return 0;
}

template <typename Stream>
void Session<Stream>::Append() {
  listener_->table.Hold(id_);
  answering_ = true;
  ++listener_->answering;
  size_ = body_.size;
  route_->inbox->journal->Append(
      std::move(body_),
      [self = this->shared_from_this(),
       executor = lowest().get_executor()](AppendResult result) mutable {
        // Moved, so that the session never ends on the journal's thread.
        asio::post(executor, [self = std::move(self), result] {
          self->OnStored(result);
        });
      });
}

template <typename Stream>
void Session<Stream>::OnStored(AppendResult result) {
  switch (result) {
    case AppendResult::kStored:
      route_->inbox->received_bytes += size_;
      CrashPoint("answer.begin");
      return Answer(route_, 200);
    case AppendResult::kRepeated:
      return Answer(route_, 200);
    case AppendResult::kFull:
    case AppendResult::kNoSpace:
      return Answer(route_, 429, /*come_again=*/true);
    case AppendResult::kTooLarge:
      return Answer(route_, 413);
    case AppendResult::kFailed:
      close_after_ = true;
      return Answer(route_, 503);
  }
}

// Without the request's body, if it has one: that ends the connection.
template <typename Stream>
void Session<Stream>::Refuse(Route* route, int code) {
  close_after_ = !parser_->is_header_done() || code == 431 ||
                 parser_->chunked() ||
                 parser_->content_length().value_or(0) > 0 ||
                 !parser_->get().keep_alive() || parser_->get().version() != 11;
  Answer(route, code);
}

template <typename Stream>
void Session<Stream>::Answer(Route* route, int code, bool come_again) {
  (route == nullptr ? listener_->counts->codes : route->inbox->codes).Add(code);
  response_ = ResponseText(code, close_after_, come_again);
  lowest().expires_after(Micros(kWriteMicros));
  asio::async_write(*stream_, asio::buffer(response_),
                    Bind(&Session::OnAnswered));
}

template <typename Stream>
void Session<Stream>::OnAnswered(beast::error_code error,
                                 std::size_t /*size*/) {
  if (error) return;
  CrashPoint("answer.sent");
  body_ = {};
  listener_->table.Answered(id_);
  if (!close_after_) return Await();
  GiveBack();
  beast::error_code ignored;
  lowest().socket().shutdown(tcp::socket::shutdown_send, ignored);
  lowest().expires_after(Micros(kLingerMicros));
  Linger();
}

// What the sender still sends is taken and thrown away for a while: closing at
// once would take the answer from it.
template <typename Stream>
void Session<Stream>::Linger() {
  buffer_.clear();
  lowest().async_read_some(buffer_.prepare(kReadBytes),
                           Bind(&Session::OnLinger));
}

template <typename Stream>
void Session<Stream>::OnLinger(beast::error_code error, std::size_t /*size*/) {
  if (!error) Linger();
}

}  // namespace tocsin::webhook
