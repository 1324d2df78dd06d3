// Bytes of one request on their way into the journal: one block, not zeroed
// before it is filled. Confined; moves.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace tocsin {

struct Body {
  std::unique_ptr<char[]> bytes;
  std::size_t size = 0;

  static Body OfSize(std::size_t size) {
    return {std::make_unique_for_overwrite<char[]>(size), size};
  }
  static Body Copy(std::string_view text) {
    Body body = OfSize(text.size());
    if (!text.empty()) std::memcpy(body.bytes.get(), text.data(), text.size());
    return body;
  }
  std::string_view view() const { return {bytes.get(), size}; }
};

}  // namespace tocsin
