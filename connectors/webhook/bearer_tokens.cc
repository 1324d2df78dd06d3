#include "connectors/webhook/bearer_tokens.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <cerrno>
#include <fstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "connectors/webhook/webhook_options.h"
#include "engine/base/status.h"

namespace tocsin::webhook {

BearerTokens::Digest BearerTokens::DigestOf(std::string_view token) {
  Digest digest{};
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(),
         digest.data());
  return digest;
}

absl::StatusOr<BearerTokens> BearerTokens::Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return ErrnoStatus(errno, absl::StrFormat("reading %s", path));
  }
  BearerTokens tokens;
  std::string line;
  while (std::getline(file, line)) {
    absl::StripAsciiWhitespace(&line);
    if (line.empty()) continue;
    if (line.size() < limits::kTokenBytesLeast) {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s: a token has at least %d characters", path,
                          limits::kTokenBytesLeast));
    }
    if (tokens.digests_.size() == limits::kTokens) {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s: more than %d tokens", path, limits::kTokens));
    }
    tokens.digests_.push_back(DigestOf(line));
    OPENSSL_cleanse(line.data(), line.size());
  }
  if (tokens.digests_.empty()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s holds no token", path));
  }
  return tokens;
}

bool BearerTokens::Allow(std::string_view authorization) const {
  constexpr std::string_view kScheme = "Bearer ";
  if (authorization.size() < kScheme.size() ||
      !absl::EqualsIgnoreCase(
          absl::string_view(authorization.data(), kScheme.size()),
          absl::string_view(kScheme.data(), kScheme.size()))) {
    return false;
  }
  std::string_view token = authorization.substr(kScheme.size());
  while (token.starts_with(' ')) token.remove_prefix(1);
  const Digest digest = DigestOf(token);
  int found = 0;
  for (const Digest& one : digests_) {
    found |= CRYPTO_memcmp(one.data(), digest.data(), digest.size()) == 0;
  }
  return found != 0;
}

}  // namespace tocsin::webhook
