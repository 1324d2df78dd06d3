// OpenSSL, apart from its use on a connection: a server's context from files,
// and what a client's certificate says.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "connectors/webhook/webhook_options.h"

namespace tocsin::webhook {

struct SslContextFree {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslContext = std::unique_ptr<SSL_CTX, SslContextFree>;

// TLS 1.2 or later, HTTP/1.1 only, no session resumption (each connection
// shows its certificate anew). InvalidArgument: a file that is not PEM, a key
// that does not fit.
absl::StatusOr<SslContext> MakeServerContext(const TlsFiles& files);

// Whether the client's certificate, which was verified, is one of `allowed`:
// DNS names without regard to case, URIs, email addresses and IP addresses; of
// a certificate without any of these, its common name.
bool ClientIsAllowed(SSL* ssl, const std::vector<std::string>& allowed);

// What OpenSSL last complained about on this thread.
std::string SslReason();

}  // namespace tocsin::webhook
