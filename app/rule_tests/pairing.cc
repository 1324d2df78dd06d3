#include "app/rule_tests/pairing.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace tocsin {

Pairing::Pairing(std::vector<std::vector<Fit>> fits, std::size_t alerts)
    : fits_(std::move(fits)), taken_by_(alerts, SIZE_MAX) {
  for (std::size_t i = 0; i < fits_.size(); ++i) {
    std::vector<char> seen(alerts, 0);
    Place(i, &seen);
  }
}

bool Pairing::Paired(std::size_t expected) const {
  return std::find(taken_by_.begin(), taken_by_.end(), expected) !=
         taken_by_.end();
}

// By augmenting paths: who stands in the way is placed elsewhere.
bool Pairing::Place(std::size_t expected, std::vector<char>* seen) {
  for (std::size_t i = 0; i < taken_by_.size(); ++i) {
    const Fit& fit = fits_[expected][i];
    if (fit.held < fit.wanted || (*seen)[i] != 0) continue;
    (*seen)[i] = 1;
    if (taken_by_[i] == SIZE_MAX || Place(taken_by_[i], seen)) {
      taken_by_[i] = expected;
      return true;
    }
  }
  return false;
}

}  // namespace tocsin
