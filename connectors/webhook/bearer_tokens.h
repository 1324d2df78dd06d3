// The bearer tokens of a file: several while one is replaced by the next.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace tocsin::webhook {

// Immutable. Holds digests, not the tokens.
class BearerTokens {
 public:
  // One token a line, blanks around it and empty lines passed over.
  // InvalidArgument: none, too many, or one that is too short.
  static absl::StatusOr<BearerTokens> Read(const std::string& path);
  // `authorization` is the header's value. Takes the same time whichever token
  // it is, and wherever it differs.
  bool Allow(std::string_view authorization) const;

 private:
  using Digest = std::array<std::uint8_t, 32>;
  static Digest DigestOf(std::string_view token);

  std::vector<Digest> digests_;
};

}  // namespace tocsin::webhook
