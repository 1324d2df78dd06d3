// Distinct values that a rule collects for one key: per collect the last seen,
// at most as many as it keeps. Confined to its shard.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "engine/program/rule_set.h"

namespace tocsin {

class Collected {
 public:
  static constexpr std::int64_t kNothingElse =
      std::numeric_limits<std::int64_t>::max();

  // `held`: seen while a hold was on, so that the next alert tells it however
  // long that takes.
  void See(std::size_t collect, std::size_t up_to, std::string_view encoding,
           std::int64_t time_us, std::uint64_t position, bool held);
  // Per collect the sized values seen at or after `from_us`, and those held; in
  // order of when they were last seen. Nothing is held afterwards.
  // kNothingElse: only those held.
  std::vector<std::string> Take(std::size_t collects, std::int64_t from_us);
  void Release();  // Nothing is held any more.
  std::int64_t newest_us() const { return newest_us_; }
  void Save(std::string* out) const;
  bool Load(std::string_view* rest);

 private:
  struct Value {
    std::string encoding;
    std::int64_t time_us = 0;
    std::uint64_t position = 0;
    bool held = false;
  };
  std::vector<std::vector<Value>> values_;  // By collect.
  std::int64_t newest_us_ = std::numeric_limits<std::int64_t>::min();
};

}  // namespace tocsin
