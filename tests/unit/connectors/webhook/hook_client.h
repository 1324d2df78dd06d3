// A client that may misbehave: bytes as they are, over TCP or TLS.
#pragma once

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace tocsin::testing {

struct ClientTls {
  std::string ca_file;
  std::string cert_file{}, key_file{};  // Empty: shows none.
  bool offers_http2 = false;
  int max_version = 0;  // Of TLS; 0: any.
};

// 127.0.0.1, or another address of the loopback.
inline int ConnectTo(std::uint16_t port, const char* from = "127.0.0.1") {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  inet_pton(AF_INET, from, &address.sin_addr);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    close(fd);
    return -1;
  }
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) !=
      0) {
    close(fd);
    return -1;
  }
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  const timeval patience{20, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  return fd;
}

class HookClient {
 public:
  explicit HookClient(std::uint16_t port, const ClientTls* tls = nullptr,
                      const char* from = "127.0.0.1")
      : fd_(ConnectTo(port, from)) {
    if (tls != nullptr && fd_ >= 0) Handshake(*tls);
  }
  ~HookClient() {
    SSL_free(ssl_);
    if (fd_ >= 0) close(fd_);
  }
  HookClient(const HookClient&) = delete;
  HookClient& operator=(const HookClient&) = delete;

  bool connected() const { return fd_ >= 0 && !failed_; }
  int fd() const { return fd_; }
  // The protocol that ALPN chose.
  std::string protocol() const {
    const unsigned char* name = nullptr;
    unsigned int size = 0;
    SSL_get0_alpn_selected(ssl_, &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent =
          ssl_ != nullptr
              ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
              : static_cast<int>(
                    send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  // Header and body of the next answer; what came of it when it ends early.
  std::string Answer() {
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (!Receive()) return std::exchange(buffer_, {});
    }
    end += 4;
    const std::size_t at = buffer_.find("Content-Length: ");
    if (at < end) end += std::stoul(buffer_.substr(at + 16));
    while (buffer_.size() < end) {
      if (!Receive()) return std::exchange(buffer_, {});
    }
    const std::string answer = buffer_.substr(0, end);
    buffer_.erase(0, end);
    return answer;
  }
  // The code of the next answer; 0 when there is none.
  int Code() {
    const std::string answer = Answer();
    return answer.starts_with("HTTP/1.1 ") ? std::stoi(answer.substr(9)) : 0;
  }
  // Whether the other side has closed, or closes within the patience.
  bool IsClosed() {
    while (Receive()) {
    }
    return errno != EAGAIN;
  }
  void StopSending() { shutdown(fd_, SHUT_WR); }

 private:
  void Handshake(const ClientTls& tls) {
    SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_load_verify_file(context, tls.ca_file.c_str());
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    if (!tls.cert_file.empty()) {
      SSL_CTX_use_certificate_chain_file(context, tls.cert_file.c_str());
      SSL_CTX_use_PrivateKey_file(context, tls.key_file.c_str(),
                                  SSL_FILETYPE_PEM);
    }
    static constexpr unsigned char kBoth[] = "\x02h2\x08http/1.1";
    if (tls.offers_http2) {
      SSL_CTX_set_alpn_protos(context, kBoth, sizeof(kBoth) - 1);
    }
    if (tls.max_version != 0) {
      SSL_CTX_set_max_proto_version(context, tls.max_version);
    }
    ssl_ = SSL_new(context);
    SSL_CTX_free(context);
    SSL_set_fd(ssl_, fd_);
    failed_ = SSL_connect(ssl_) != 1;
  }

  bool Receive() {
    char bytes[16384];
    errno = 0;
    const auto got = ssl_ != nullptr
                         ? SSL_read(ssl_, bytes, sizeof(bytes))
                         : static_cast<int>(recv(fd_, bytes, sizeof(bytes), 0));
    if (got <= 0) return false;
    buffer_.append(bytes, static_cast<std::size_t>(got));
    return true;
  }

  int fd_;
  SSL* ssl_ = nullptr;
  bool failed_ = false;
  std::string buffer_;
};

// As an apiserver writes it.
inline std::string PostHead(std::size_t size,
                            const std::string& path = "/audit",
                            const std::string& more = "") {
  return "POST " + path +
         "?timeout=30s HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: "
         "Go-http-client/1.1\r\nContent-Length: " +
         std::to_string(size) +
         "\r\nAccept: application/json, */*\r\nContent-Type: "
         "application/json\r\nAccept-Encoding: gzip\r\n" +
         more + "\r\n";
}
inline std::string Post(std::string_view body,
                        const std::string& path = "/audit",
                        const std::string& more = "") {
  return PostHead(body.size(), path, more).append(body);
}

}  // namespace tocsin::testing
