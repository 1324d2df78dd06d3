#include "connectors/webhook/tls_context.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "engine/base/log.h"

namespace tocsin::webhook {
namespace {

// HTTP/1.1, or an end: what speaks only HTTP/2 would not understand a word.
int ChooseProtocol(SSL* /*ssl*/, const unsigned char** out,
                   unsigned char* out_size, const unsigned char* in,
                   unsigned int in_size, void* /*unused*/) {
  static constexpr unsigned char kHttp1[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kHttp1, sizeof(kHttp1) - 1, in,
                            in_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

absl::Status Bad(const std::string& path, const char* what) {
  return absl::InvalidArgumentError(
      absl::StrFormat("%s: %s: %s", path, what, SslReason()));
}

absl::Status AskForClients(SSL_CTX* context, const std::string& ca_file) {
  if (SSL_CTX_load_verify_file(context, ca_file.c_str()) != 1) {
    return Bad(ca_file, "no certificates of a CA");
  }
  // Clients choose a certificate by the names of the CAs that are asked for.
  STACK_OF(X509_NAME)* const names = SSL_load_client_CA_file(ca_file.c_str());
  if (names == nullptr) return Bad(ca_file, "no certificates of a CA");
  SSL_CTX_set_client_CA_list(context, names);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                     nullptr);
  return absl::OkStatus();
}

bool Same(std::string_view name, bool any_case,
          const std::vector<std::string>& allowed) {
  return std::any_of(allowed.begin(), allowed.end(),
                     [&](const std::string& one) {
                       if (!any_case) return one == name;
                       return absl::EqualsIgnoreCase(
                           one, absl::string_view(name.data(), name.size()));
                     });
}

std::string_view TextOf(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string AddressOf(std::string_view bytes) {
  char text[INET6_ADDRSTRLEN] = "";
  const int family = bytes.size() == sizeof(in_addr) ? AF_INET : AF_INET6;
  if (family == AF_INET6 && bytes.size() != sizeof(in6_addr)) return {};
  return inet_ntop(family, bytes.data(), text, sizeof(text));
}

bool NameIsAllowed(const GENERAL_NAME* name,
                   const std::vector<std::string>& allowed) {
  switch (name->type) {
    case GEN_DNS:
      return Same(TextOf(name->d.dNSName), true, allowed);
    case GEN_URI:
      return Same(TextOf(name->d.uniformResourceIdentifier), false, allowed);
    case GEN_EMAIL:
      return Same(TextOf(name->d.rfc822Name), false, allowed);
    case GEN_IPADD:
      return Same(AddressOf(TextOf(name->d.iPAddress)), false, allowed);
    default:
      return false;
  }
}

bool CommonNameIsAllowed(X509* certificate,
                         const std::vector<std::string>& allowed) {
  X509_NAME* const subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return false;
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(
      &text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  if (size < 0) return false;
  const std::string name(reinterpret_cast<char*>(text),
                         static_cast<std::size_t>(size));
  OPENSSL_free(text);
  return Same(name, false, allowed);
}

void WarnOfOpenKey(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) == 0 && (info.st_mode & 027) != 0) {
    Log(LogLevel::kWarning, "a private key may be read by other users",
        {{"file", path}, {"mode", absl::StrFormat("%o", info.st_mode & 0777)}});
  }
}

}  // namespace

std::string SslReason() {
  const unsigned long code = ERR_peek_last_error();
  const char* const reason = ERR_reason_error_string(code);
  std::string text = reason != nullptr ? reason : "unknown reason";
  if (ERR_GET_LIB(code) == ERR_LIB_SYS) {
    text = std::strerror(ERR_GET_REASON(code));
  }
  ERR_clear_error();
  return text;
}

absl::StatusOr<SslContext> MakeServerContext(const TlsFiles& files) {
  ERR_clear_error();
  SslContext context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr) return absl::InternalError(SslReason());
  SSL_CTX* const raw = context.get();
  SSL_CTX_set_min_proto_version(
      raw, files.only_tls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_options(raw, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
                               SSL_OP_NO_COMPRESSION |
                               SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_num_tickets(raw, 0);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(raw, ChooseProtocol, nullptr);
  if (SSL_CTX_use_certificate_chain_file(raw, files.cert_file.c_str()) != 1) {
    return Bad(files.cert_file, "no certificate");
  }
  if (SSL_CTX_use_PrivateKey_file(raw, files.key_file.c_str(),
                                  SSL_FILETYPE_PEM) != 1) {
    return Bad(files.key_file, "no private key of that certificate");
  }
  if (SSL_CTX_check_private_key(raw) != 1) {
    return Bad(files.key_file, "no private key of that certificate");
  }
  WarnOfOpenKey(files.key_file);
  if (!files.client_ca_file.empty()) {
    const absl::Status asked = AskForClients(raw, files.client_ca_file);
    if (!asked.ok()) return asked;
  }
  return context;
}

bool ClientIsAllowed(SSL* ssl, const std::vector<std::string>& allowed) {
  X509* const certificate = SSL_get0_peer_certificate(ssl);
  if (certificate == nullptr || SSL_get_verify_result(ssl) != X509_V_OK) {
    return false;
  }
  auto* const names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  if (names == nullptr) return CommonNameIsAllowed(certificate, allowed);
  bool found = false;
  for (int i = 0; i < sk_GENERAL_NAME_num(names) && !found; ++i) {
    found = NameIsAllowed(sk_GENERAL_NAME_value(names, i), allowed);
  }
  GENERAL_NAMES_free(names);
  return found;
}

}  // namespace tocsin::webhook
