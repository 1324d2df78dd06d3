// Decompression as a stream of steps: gzip (several members, zero padding
// behind them) and zstd (several frames, skippable ones too).
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "absl/status/statusor.h"

namespace tocsin {

// Confined to one thread.
class Inflater {
 public:
  struct Progress {
    std::size_t used = 0;  // Of the input.
    std::size_t made = 0;  // Of the output.
  };
  virtual ~Inflater() = default;
  // DataLoss when the compressed bytes are broken; what was made before is
  // good.
  virtual absl::StatusOr<Progress> Step(std::string_view in, char* out,
                                        std::size_t capacity) = 0;
  // Whether the input may end here.
  virtual bool complete() const = 0;
};

// The inflater for what starts with `head` (at least 4 bytes, when the input
// has so many), or null when it is not compressed.
std::unique_ptr<Inflater> InflaterFor(std::string_view head);

}  // namespace tocsin
