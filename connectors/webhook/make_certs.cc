#include "connectors/webhook/make_certs.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string_view>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "connectors/webhook/tls_context.h"
#include "engine/base/status.h"
#include "engine/base/status_macros.h"

namespace tocsin {
namespace {

constexpr long kSecondsADay = 86'400;
constexpr int kSerialBits = 127;

template <typename T, void (*Free)(T*)>
struct Freed {
  void operator()(T* thing) const { Free(thing); }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509, X509_free>>;

// One certificate to be made; signed by itself without an issuer.
struct Wanted {
  std::string name;
  std::string usage;        // Of keyUsage.
  std::string purpose;      // Of extendedKeyUsage; empty: a CA.
  std::string other_names;  // Of subjectAltName.
  int days = 0;
};

absl::Status Failed(const char* doing) {
  return absl::InternalError(
      absl::StrFormat("%s: %s", doing, webhook::SslReason()));
}

bool AddExtension(X509* certificate, X509* issuer, int nid,
                  const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension =
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  if (extension == nullptr) return false;
  const bool added = X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

bool SetNumbers(X509* certificate, int days) {
  BIGNUM* const number = BN_new();
  const bool set =
      BN_rand(number, kSerialBits, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
      BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
  BN_free(number);
  // A clock that is a little behind must not refuse it.
  return set && X509_set_version(certificate, X509_VERSION_3) == 1 &&
         X509_gmtime_adj(X509_getm_notBefore(certificate), -3'600) != nullptr &&
         X509_gmtime_adj(X509_getm_notAfter(certificate),
                         days * kSecondsADay) != nullptr;
}

bool SetExtensions(X509* certificate, X509* issuer, const Wanted& wanted) {
  const bool ca = wanted.purpose.empty();
  return AddExtension(certificate, issuer, NID_basic_constraints,
                      ca ? "critical,CA:TRUE,pathlen:0" : "CA:FALSE") &&
         AddExtension(certificate, issuer, NID_key_usage, wanted.usage) &&
         AddExtension(certificate, issuer, NID_subject_key_identifier,
                      "hash") &&
         AddExtension(certificate, issuer, NID_authority_key_identifier,
                      "keyid") &&
         (ca || AddExtension(certificate, issuer, NID_ext_key_usage,
                             wanted.purpose)) &&
         (wanted.other_names.empty() ||
          AddExtension(certificate, issuer, NID_subject_alt_name,
                       wanted.other_names));
}

absl::StatusOr<Certificate> Sign(const Wanted& wanted, EVP_PKEY* key,
                                 X509* issuer, EVP_PKEY* issuer_key) {
  Certificate made(X509_new());
  X509* const raw = made.get();
  if (!SetNumbers(raw, wanted.days) || X509_set_pubkey(raw, key) != 1) {
    return Failed("making a certificate");
  }
  X509_NAME* const subject = X509_get_subject_name(raw);
  if (X509_NAME_add_entry_by_txt(
          subject, "CN", MBSTRING_UTF8,
          reinterpret_cast<const unsigned char*>(wanted.name.data()),
          static_cast<int>(wanted.name.size()), -1, 0) != 1) {
    return absl::InvalidArgumentError(
        absl::StrFormat("`%s` cannot be the name of a certificate: %s",
                        wanted.name, webhook::SslReason()));
  }
  X509* const by = issuer == nullptr ? raw : issuer;
  if (X509_set_issuer_name(raw, X509_get_subject_name(by)) != 1 ||
      !SetExtensions(raw, by, wanted)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("`%s` cannot stand in a certificate: %s",
                        wanted.other_names, webhook::SslReason()));
  }
  if (X509_sign(raw, issuer_key, EVP_sha256()) == 0) {
    return Failed("signing a certificate");
  }
  return made;
}

// Writes what `put` gives to a new file of this mode.
template <typename Put>
absl::Status WriteNew(const std::string& path, mode_t mode, const Put& put) {
  const int fd =
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) return ErrnoStatus(errno, "writing " + path);
  FILE* const file = fdopen(fd, "w");
  if (file == nullptr) {
    close(fd);
    return ErrnoStatus(errno, "writing " + path);
  }
  const bool written = put(file) == 1;
  if (std::fclose(file) != 0 || !written) {
    return absl::UnavailableError("writing " + path + " failed");
  }
  return absl::OkStatus();
}

absl::Status Write(const std::string& start, X509* certificate, EVP_PKEY* key) {
  TOCSIN_RETURN_IF_ERROR(WriteNew(start + ".key", 0600, [&](FILE* file) {
    return PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr,
                                nullptr);
  }));
  return WriteNew(start + ".crt", 0644, [&](FILE* file) {
    return PEM_write_X509(file, certificate);
  });
}

std::string OtherNames(const std::vector<std::string>& names) {
  return absl::StrJoin(names, ",",
                       [](std::string* out, const std::string& name) {
                         unsigned char address[sizeof(in6_addr)];
                         const bool is_address =
                             inet_pton(AF_INET, name.c_str(), address) == 1 ||
                             inet_pton(AF_INET6, name.c_str(), address) == 1;
                         out->append(is_address ? "IP:" : "DNS:").append(name);
                       });
}

}  // namespace

absl::Status MakeCerts(const MakeCertsOptions& options) {
  if (mkdir(options.folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return ErrnoStatus(errno, "making " + options.folder);
  }
  for (const char* const start : {"ca", "server", "client"}) {
    for (const char* const end : {".crt", ".key"}) {
      const std::string path = options.folder + "/" + start + end;
      if (access(path.c_str(), F_OK) == 0) {
        return absl::AlreadyExistsError(
            path + " is there already: nothing is overwritten");
      }
    }
  }
  const Wanted wanted[] = {
      {"tocsin development CA", "critical,keyCertSign,cRLSign", "", "",
       options.days},
      {options.server_names.front(), "critical,digitalSignature", "serverAuth",
       OtherNames(options.server_names), options.days},
      {options.client_name, "critical,digitalSignature", "clientAuth",
       OtherNames({options.client_name}), options.days}};
  const char* const starts[] = {"/ca", "/server", "/client"};
  Certificate ca;
  Key ca_key;
  for (int i = 0; i < 3; ++i) {
    Key key(EVP_EC_gen("P-256"));
    if (key == nullptr) return Failed("making a key");
    EVP_PKEY* const signer = i == 0 ? key.get() : ca_key.get();
    TOCSIN_ASSIGN_OR_RETURN(Certificate made,
                            Sign(wanted[i], key.get(), ca.get(), signer));
    TOCSIN_RETURN_IF_ERROR(
        Write(options.folder + starts[i], made.get(), key.get()));
    if (i > 0) continue;
    ca = std::move(made);
    ca_key = std::move(key);
  }
  return absl::OkStatus();
}

}  // namespace tocsin
