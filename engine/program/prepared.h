// The right sides of tests, made ready once: sets that answer membership in
// constant time, patterns compiled. Immutable, read by every worker.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "engine/base/strings.h"
#include "engine/event/value.h"

namespace re2 {
class RE2;
}

namespace tocsin {

// Membership in a list of constants. `nocase` folds ASCII.
class PreparedSet {
 public:
  PreparedSet(std::span<const Constant> values, bool nocase);

  // The text as it is: with nocase the set folds it itself.
  bool HasText(std::string_view text) const;
  bool HasInt(std::int64_t value) const;
  bool HasUint(std::uint64_t value) const { return uints_.contains(value); }
  bool HasFloat(double value) const;
  bool HasBool(bool value) const { return bools_[value ? 1 : 0]; }
  bool HasTime(std::int64_t us) const { return times_.contains(us); }
  bool HasDuration(std::int64_t us) const { return durations_.contains(us); }
  bool HasIp(const IpAddress& address) const;  // Or is in one of its networks.
  bool HasCidr(const Cidr& network) const;
  bool has_texts() const { return !texts_.empty(); }
  bool has_addresses() const { return !ips_.empty() || !networks_.empty(); }

 private:
  bool nocase_;
  std::size_t shortest_ = 0, longest_ = 0;  // Of the texts.
  StringSet texts_;
  absl::flat_hash_set<std::int64_t> ints_, times_, durations_;
  absl::flat_hash_set<std::uint64_t> uints_;
  std::vector<double> floats_;  // Sorted; never an integer's value.
  bool bools_[2] = {false, false};
  std::vector<IpAddress> ips_;          // Sorted.
  std::vector<Cidr> networks_;          // Sorted; by prefix, then base.
  std::vector<std::uint8_t> prefixes_;  // Lengths that occur.
};

// The texts that a string test looks for.
class PreparedPattern {
 public:
  enum class Kind : std::uint8_t {
    kContains,
    kStartsWith,
    kEndsWith,
    kLike,
    kRegex,
  };
  // `all`: each of the texts must be found, else one suffices. Regexes have
  // passed ValidRegex().
  PreparedPattern(Kind kind, std::vector<std::string> texts, bool nocase,
                  bool all);
  ~PreparedPattern();

  // `folded`: room for the text in lower case, used with nocase only.
  bool Matches(std::string_view text, std::string* folded) const;
  // The first group of the first match; false without one. kRegex only.
  bool FirstGroup(std::string_view text, std::string_view* group) const;
  std::span<const std::string> texts() const { return texts_; }

 private:
  bool One(std::string_view text, std::size_t i) const;

  Kind kind_;
  bool nocase_;
  bool all_;
  std::vector<std::string> texts_;  // In lower case with nocase.
  StringSet set_;                   // Many prefixes or suffixes.
  std::vector<std::size_t> lengths_;
  std::vector<std::unique_ptr<re2::RE2>> regexes_;  // Or one, of many texts.
};

// Whether RE2 takes the pattern within limits::kRegexMemory; else why not.
bool ValidRegex(std::string_view pattern, std::string* error, int* groups);

// `*` any run, `?` one character (a code point); the whole text.
bool LikeMatches(std::string_view pattern, std::string_view text);

void FoldAscii(std::string_view text, std::string* folded);

}  // namespace tocsin
