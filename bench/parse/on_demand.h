// What Extract() is measured against: simdjson's on-demand front end with the
// twelve keys compiled in.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

namespace tocsin::bench {

// What is left of the values read: enough to see that two loops read the same.
struct Folded {
  std::uint64_t events = 0;
  std::uint64_t refused = 0;
  std::uint64_t sum = 0;

  void Text(std::string_view text) {
    sum += text.size() * 31 + 1;
    if (!text.empty()) {
      sum += static_cast<unsigned char>(text.front()) +
             static_cast<unsigned char>(text.back()) * 7u;
    }
  }
  void Number(std::int64_t number) {
    sum += static_cast<std::uint64_t>(number) * 131;
  }
  void Add(const Folded& other) {
    events += other.events;
    refused += other.refused;
    sum += other.sum;
  }
};

class OnDemandLoop {
 public:
  OnDemandLoop();
  ~OnDemandLoop();
  // Copies the chunk and reads twelve fields of every line.
  Folded Read(std::string_view chunk);
  // Copies the chunk and only indexes every line.
  Folded IndexOnly(std::string_view chunk);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tocsin::bench
