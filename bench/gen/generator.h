// Audit logs as a busy Kubernetes cluster of 200 nodes writes them, made from a
// seed: for benchmarks that must not depend on a download.
//
// What the realistic shape keeps of real logs: key order and escaping of Go's
// encoder, who asks for what and how often (a third nodes, four tenths service
// accounts, a quarter system components, 3 % people), \u0026 in the URI of a
// quarter of the events, 4.6 % with bodies that hold a third of the bytes, a
// mean near 1.75 kB, times that advance by some 500 events a second with a
// little disorder, and under 1 % of events that look like an attack.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tocsin::bench {

enum class Shape : std::uint8_t {
  kRealistic,
  kMetadata,  // No bodies.
  kBodies,    // Every event with bodies.
  kShuffled,  // Keys in random order on the levels that rules read.
  kHostile,   // Quotes, backslashes, escapes and other alphabets in the values;
              // 1 in 500 lines is broken, repeats a key or is not UTF-8.
};

// False when no shape has that name.
bool ParseShape(std::string_view name, Shape* shape);

// Deterministic: the same shape and seed give the same lines everywhere.
class AuditGenerator {
 public:
  AuditGenerator(Shape shape, std::uint64_t seed);
  ~AuditGenerator();
  // Appends one event and its line feed.
  void AppendLine(std::string* out);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace tocsin::bench
