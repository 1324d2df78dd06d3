// Values of the reference evaluator: one slow, obvious type for everything that
// an expression can give, and the reading of one JSON text into it.
//
// Shares no code with the engine's extractors or evaluator: it is what they are
// compared with. The event contract as in docs/decisions: the last duplicate
// key wins, invalid UTF-8 and lone surrogates read as U+FFFD, a number is an
// int64, a uint64, else a double, and missing when no double holds it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/event/value.h"

namespace tocsin::reference {

enum class Kind : std::uint8_t {
  kMissing,
  kNull,  // Missing to every test, present to exists().
  kBool,
  kInt,
  kUint,
  kFloat,
  kString,
  kTime,
  kDuration,
  kIp,
  kCidr,
  kList,
  kObject,
};

struct Value {
  Kind kind = Kind::kMissing;
  bool flag = false;
  std::int64_t i = 0;  // kInt, kTime, kDuration.
  std::uint64_t u = 0;
  double f = 0;
  std::string text;
  IpAddress ip;
  Cidr cidr;
  std::vector<Value> items;                            // kList.
  std::vector<std::pair<std::string, Value>> members;  // kObject, last wins.
  std::string json;  // As it stands, of what was read from JSON.

  bool missing() const { return kind == Kind::kMissing || kind == Kind::kNull; }
  bool number() const {
    return kind == Kind::kInt || kind == Kind::kUint || kind == Kind::kFloat;
  }
  bool truth() const { return kind == Kind::kBool && flag; }
  const Value* Member(std::string_view key) const;
};

Value MakeBool(bool value);
Value MakeInt(std::int64_t value);
Value MakeUint(std::uint64_t value);
Value MakeFloat(double value);  // Not finite: missing.
Value MakeText(std::string value);
Value MakeTime(std::int64_t us);
Value MakeDuration(std::int64_t us);
Value MakeIp(const IpAddress& address);
Value MakeCidr(const Cidr& network);
Value MakeList(std::vector<Value> items);
Value FromConstant(const Constant& constant);

// Valid UTF-8: each ill-formed sequence as one U+FFFD.
std::string Repair(std::string_view bytes);
// The code points of valid UTF-8.
std::vector<std::string_view> Characters(std::string_view text);

enum class ReadResult : std::uint8_t { kOk, kMalformed, kTooDeep };
// Reads one JSON text of valid UTF-8.
ReadResult ReadJson(std::string_view json, Value* out);

// Numbers compare exactly. nullopt: not comparable, so every test is false.
std::optional<int> CompareNumbers(const Value& a, const Value& b);
bool Equal(const Value& a, const Value& b, bool nocase);
// -1, 0, 1; nullopt when the two have no order.
std::optional<int> Order(const Value& a, const Value& b);

std::string AsciiLower(std::string_view text);

// The canonical encoding of engine/event/value.h, written from its comment.
std::string Encode(const Value& value);

}  // namespace tocsin::reference
