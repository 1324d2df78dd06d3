// What an expression gives for one row: 24 bytes, views into the batch, the
// tape, the constants and the row's scratch memory. Dies with the row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <type_traits>
#include <vector>

#include "engine/event/value.h"

namespace tocsin {

enum class ValueKind : std::uint8_t {
  kMissing,
  kNull,
  kBool,
  kInt,
  kUint,
  kFloat,
  kText,
  kTime,
  kDuration,
  kIp,
  kCidr,
  kList,
  kObject,
};

struct Value {
  ValueKind kind = ValueKind::kMissing;
  std::uint32_t size = 0;  // Bytes of a text, elements of a list.
  std::uint32_t node = 0;  // Of a list or object on the tape; 0: not there.
  union {
    std::int64_t i = 0;  // kInt; kTime, kDuration: microseconds.
    std::uint64_t u;     // kUint: beyond int64.
    double f;
    bool b;
    const char* text;
    const IpAddress* ip;
    const Cidr* cidr;
    const Value* items;  // kList; null while only on the tape.
  };

  // JSON null is missing to everything but exists().
  bool missing() const { return kind <= ValueKind::kNull; }
  bool is(ValueKind other) const { return kind == other; }
  bool is_number() const {
    return kind >= ValueKind::kInt && kind <= ValueKind::kFloat;
  }
  std::string_view view() const { return {text, size}; }
};

inline Value MissingValue() { return {}; }
inline Value NullValue() {
  Value value;
  value.kind = ValueKind::kNull;
  return value;
}
inline Value BoolValue(bool b) {
  Value value;
  value.kind = ValueKind::kBool;
  value.b = b;
  return value;
}
inline Value IntValue(std::int64_t i) {
  Value value;
  value.kind = ValueKind::kInt;
  value.i = i;
  return value;
}
inline Value UintValue(std::uint64_t u) {
  Value value;
  value.kind = u <= INT64_MAX ? ValueKind::kInt : ValueKind::kUint;
  value.u = u;
  return value;
}
inline Value FloatValue(double f) {
  Value value;
  value.kind = ValueKind::kFloat;
  value.f = f;
  return value;
}
inline Value TimeValue(std::int64_t us) {
  Value value;
  value.kind = ValueKind::kTime;
  value.i = us;
  return value;
}
inline Value DurationValue(std::int64_t us) {
  Value value;
  value.kind = ValueKind::kDuration;
  value.i = us;
  return value;
}
// The text must outlive the value.
inline Value TextValue(std::string_view text) {
  Value value;
  value.kind = ValueKind::kText;
  value.size = static_cast<std::uint32_t>(text.size());
  value.text = text.data();
  return value;
}
inline Value IpValue(const IpAddress* ip) {
  Value value;
  value.kind = ValueKind::kIp;
  value.ip = ip;
  return value;
}
inline Value CidrValue(const Cidr* cidr) {
  Value value;
  value.kind = ValueKind::kCidr;
  value.cidr = cidr;
  return value;
}
inline Value ListValue(const Value* items, std::size_t size) {
  Value value;
  value.kind = ValueKind::kList;
  value.size = static_cast<std::uint32_t>(size);
  value.items = items;
  return value;
}

// Memory for one row: taken in pieces, given back all at once. Doubles as rows
// ask for more and keeps up to kKeptBytes, so a steady state allocates nothing
// and one huge row is not paid for by all that follow.
class Scratch {
 public:
  static constexpr std::size_t kKeptBytes = 1u << 20;

  char* Bytes(std::size_t size) { return Take(size, 1); }
  template <typename T>
  T* Make(std::size_t count = 1) {
    static_assert(std::is_trivially_destructible_v<T>);
    void* room = Take(count * sizeof(T), alignof(T));
    T* made = static_cast<T*>(room);
    std::uninitialized_value_construct_n(made, count);
    return made;
  }
  std::string_view Copy(std::string_view text);
  void Reset() {
    if (blocks_.size() > 1 || held_ > kKeptBytes) Merge();
    block_ = 0;
    used_ = 0;
  }
  // Bytes in all its blocks.
  std::size_t held() const { return held_; }

 private:
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
  };
  char* Take(std::size_t size, std::size_t align);
  void AddBlock(std::size_t size);
  void Merge();

  std::vector<Block> blocks_;
  std::size_t block_ = 0, used_ = 0, held_ = 0;
};

}  // namespace tocsin
