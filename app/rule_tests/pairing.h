// Which alert stands for which expectation: the largest pairing there is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tocsin {

// How much of what is expected one alert has.
struct Fit {
  std::size_t wanted = 0, held = 0;
};

class Pairing {
 public:
  // By expectation, then by alert.
  Pairing(std::vector<std::vector<Fit>> fits, std::size_t alerts);

  bool Paired(std::size_t expected) const;
  bool Taken(std::size_t alert) const { return taken_by_[alert] != SIZE_MAX; }
  std::size_t Held(std::size_t expected, std::size_t alert) const {
    return fits_[expected][alert].held;
  }

 private:
  bool Place(std::size_t expected, std::vector<char>* seen);

  std::vector<std::vector<Fit>> fits_;
  std::vector<std::size_t> taken_by_;  // By alert.
};

}  // namespace tocsin
