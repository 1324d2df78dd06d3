// What every speed gate divides by (docs/decisions 17): simdjson on-demand, one
// iterate() a line, a key switch, raw tokens with escaped ones decoded. No
// contract beyond that: no repair, no duplicate keys, no columns, no rules.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/event/extract.h"

namespace tocsin::bench {

struct BareTotals {
  std::uint64_t events = 0;
  std::uint64_t refused = 0;  // Lines that simdjson refused.
  std::uint64_t values = 0;   // Tokens taken.
  std::uint64_t checksum =
      0;  // Over their decoded lengths: keeps the work alive.
};

// Reads the fields of a projection and forgets them. Not thread-safe.
class BareExtractor {
 public:
  explicit BareExtractor(const Projection& projection);
  ~BareExtractor();
  // Whole lines; `padding` readable bytes must follow them.
  void Extract(std::string_view lines, BareTotals* totals);

  static constexpr std::size_t kPadding = 64;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tocsin::bench
