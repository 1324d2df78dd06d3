// The types of fields and expressions, and paths into an event.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/event/value.h"

namespace tocsin {

enum class TypeKind : std::uint8_t {
  kAny,  // What the schema does not know; tests on it are decided at run time.
  kBool,
  kInt,
  kFloat,
  kString,
  kTime,
  kDuration,
  kIp,
  kCidr,
  kList,    // element[0]
  kMap,     // element[0]: values; keys are strings
  kObject,  // fields
};

struct Field;

struct Type {
  TypeKind kind = TypeKind::kAny;
  std::vector<Type> element;  // kList, kMap: exactly one.
  std::vector<Field> fields;  // kObject.
  bool open = false;          // kObject: further fields may come, typed any.
};

struct Field {
  enum class Limit : std::uint8_t { kNone, kOneOf, kUsually, kRange };
  std::string name;
  Type type;
  bool optional = false;
  Limit limit = Limit::kNone;
  std::vector<Constant> values;  // kRange: low, high (closed).
};

// `objectRef.name`, `sourceIPs[-1]`, `containers[*].image`, `labels["a/b"]`.
struct PathSegment {
  enum class Kind : std::uint8_t { kKey, kIndex, kEach };
  Kind kind = Kind::kKey;
  std::string key;
  std::int64_t index = 0;  // Negative counts from the end.
  friend bool operator==(const PathSegment&, const PathSegment&) = default;
};
using FieldPath = std::vector<PathSegment>;

std::string FormatPath(const FieldPath& path);  // As an author writes it.

enum class TimeFormat : std::uint8_t {
  kRfc3339,
  kEpochSeconds,
  kEpochMillis,
  kEpochMicros,
  kEpochNanos,
  kPattern,  // strftime-like, see docs/language.md
};

}  // namespace tocsin
