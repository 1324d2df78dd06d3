// What was told against what a test expects: the set is exact.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "dsl/check/checked_test.h"
#include "engine/alert/alert.h"

namespace tocsin {

// An alert as tests see it: its keys, what it collected and shows, and its own
// fields, all beside each other in an object.
dsl::TestJson FlatAlert(const Alert& alert);

struct Mismatch {
  enum class Kind : std::uint8_t {
    kMissing,     // `expected` did not come; `alert` is the nearest, if any.
    kUnexpected,  // `alert` came, and nothing expects it.
  };
  Kind kind = Kind::kMissing;
  const dsl::TestExpected* expected = nullptr;
  const Alert* alert = nullptr;
};

// Pairs what is expected with what was told, as many as possible; what is left
// over on either side, the expected first. An alert that stands as the nearest
// of something missing is not told again as unexpected.
std::vector<Mismatch> Compare(std::span<const dsl::TestExpected> expected,
                              std::span<const Alert> told,
                              std::int64_t zero_us);

// Lines, each with its line feed: what was expected, what came, and for the
// fields in which they part both values. `zero_us`: where times count from.
std::string Describe(const Mismatch& mismatch, std::int64_t zero_us);

}  // namespace tocsin
