#include "app/rule_tests/json_value.h"

#include <algorithm>
#include <cstdlib>
#include <utility>
#include <vector>

#include "dsl/check/constants.h"
#include "engine/event/value.h"

namespace tocsin {
namespace {

using dsl::TestJson;
using Kind = TestJson::Kind;

// Sizes in a canonical list are big endian (engine/event/value.h).
std::uint32_t TakeSize(std::string_view* rest) {
  std::uint32_t size = 0;
  for (int i = 0; i < 4; ++i) {
    size = size << 8 | static_cast<unsigned char>((*rest)[i]);
  }
  rest->remove_prefix(4);
  return size;
}

int MemberOf(const TestJson& json, std::string_view key) {
  // The last of equal keys counts, as in an event.
  for (std::size_t i = json.keys.size(); i-- > 0;) {
    if (json.keys[i] == key) return static_cast<int>(i);
  }
  return -1;
}

// Where the step leads; SIZE_MAX: nowhere yet.
std::size_t PlaceOf(const TestJson& json, const PathSegment& step) {
  if (step.kind == PathSegment::Kind::kKey) {
    const int member =
        json.kind == Kind::kObject ? MemberOf(json, step.key) : -1;
    return member < 0 ? SIZE_MAX : static_cast<std::size_t>(member);
  }
  if (step.kind != PathSegment::Kind::kIndex || json.kind != Kind::kList) {
    return SIZE_MAX;
  }
  const auto size = static_cast<std::int64_t>(json.values.size());
  const std::int64_t index = step.index < 0 ? step.index + size : step.index;
  return index < 0 || index >= size ? SIZE_MAX
                                    : static_cast<std::size_t>(index);
}

// Makes room for the step; SIZE_MAX when what stands there is of another kind.
std::size_t MakePlace(const PathSegment& step, TestJson* json) {
  const bool key = step.kind == PathSegment::Kind::kKey;
  if (json->kind == Kind::kNull) {
    *json = TestJson();
    json->kind = key ? Kind::kObject : Kind::kList;
  }
  if (json->kind != (key ? Kind::kObject : Kind::kList)) return SIZE_MAX;
  const auto next = static_cast<std::int64_t>(json->values.size());
  if (!key && step.index != next && !(step.index == -1 && next == 0)) {
    return SIZE_MAX;
  }
  if (key) json->keys.push_back(step.key);
  json->values.emplace_back();
  return json->values.size() - 1;
}

bool TextsAgree(const std::string& expected, const std::string& actual,
                std::int64_t zero_us) {
  if (expected == actual) return true;
  IpAddress a, b;
  if (ParseIp(expected, &a) && ParseIp(actual, &b)) return a == b;
  std::int64_t wanted = 0, told = 0;
  if (!ParseRfc3339(actual, &told)) return false;
  if (ParseRfc3339(expected, &wanted)) return wanted == told;
  return dsl::DurationMicros(expected, &wanted) && zero_us + wanted == told;
}

bool SetsAgree(const TestJson& a, const TestJson& b, std::int64_t zero_us) {
  const auto within = [&](const TestJson& item, const TestJson& set,
                          bool expected) {
    return std::any_of(set.values.begin(), set.values.end(),
                       [&](const TestJson& other) {
                         return expected ? Agrees(item, other, zero_us)
                                         : Agrees(other, item, zero_us);
                       });
  };
  return std::all_of(a.values.begin(), a.values.end(),
                     [&](const TestJson& i) { return within(i, b, true); }) &&
         std::all_of(b.values.begin(), b.values.end(),
                     [&](const TestJson& i) { return within(i, a, false); });
}

}  // namespace

TestJson JsonText(std::string text) {
  TestJson json;
  json.kind = Kind::kText;
  json.text = std::move(text);
  return json;
}

TestJson JsonNumber(std::string text) {
  TestJson json;
  json.kind = Kind::kNumber;
  json.text = std::move(text);
  return json;
}

TestJson JsonOf(std::string_view encoding) {
  TestJson json;
  std::string text;
  switch (encoding[0]) {
    case '-':
      return json;
    case 'l': {
      json.kind = Kind::kList;
      encoding.remove_prefix(1);
      for (std::uint32_t count = TakeSize(&encoding); count > 0; --count) {
        const std::uint32_t size = TakeSize(&encoding);
        json.values.push_back(JsonOf(encoding.substr(0, size)));
        encoding.remove_prefix(size);
      }
      return json;
    }
    case 'b':
    case 'i':
    case 'u':
    case 'f':
      AppendCanonicalAsJson(encoding, &text);
      json.kind = encoding[0] == 'b' ? Kind::kBool : Kind::kNumber;
      json.text = std::move(text);
      return json;
    default:
      AppendCanonicalAsText(encoding, &text);
      return JsonText(std::move(text));
  }
}

void AppendJsonText(const TestJson& json, std::string* out) {
  switch (json.kind) {
    case Kind::kNull:
      *out += "null";
      return;
    case Kind::kBool:
    case Kind::kNumber:
      *out += json.text;
      return;
    case Kind::kText:
      *out += '"';
      AppendJsonEscaped(json.text, out);
      *out += '"';
      return;
    case Kind::kList:
    case Kind::kObject:
      break;
  }
  const bool object = json.kind == Kind::kObject;
  *out += object ? '{' : '[';
  for (std::size_t i = 0; i < json.values.size(); ++i) {
    if (i > 0) *out += ", ";
    if (object) {
      *out += '"';
      AppendJsonEscaped(json.keys[i], out);
      *out += "\": ";
    }
    AppendJsonText(json.values[i], out);
  }
  *out += object ? '}' : ']';
}

const TestJson* FindAt(const TestJson& json, const FieldPath& path) {
  const TestJson* at = &json;
  for (const PathSegment& step : path) {
    const std::size_t place = PlaceOf(*at, step);
    if (place == SIZE_MAX) return nullptr;
    at = &at->values[place];
  }
  return at;
}

bool SetAt(const FieldPath& path, TestJson value, TestJson* json) {
  for (const PathSegment& step : path) {
    std::size_t place = PlaceOf(*json, step);
    if (place == SIZE_MAX) place = MakePlace(step, json);
    if (place == SIZE_MAX) return false;
    json = &json->values[place];
  }
  *json = std::move(value);
  return true;
}

bool Agrees(const TestJson& expected, const TestJson& actual,
            std::int64_t zero_us) {
  if (expected.kind != actual.kind) return false;
  switch (expected.kind) {
    case Kind::kNull:
      return true;
    case Kind::kBool:
      return expected.text == actual.text;
    case Kind::kNumber:
      return expected.text == actual.text ||
             std::strtod(expected.text.c_str(), nullptr) ==
                 std::strtod(actual.text.c_str(), nullptr);
    case Kind::kText:
      return TextsAgree(expected.text, actual.text, zero_us);
    case Kind::kList:
      return SetsAgree(expected, actual, zero_us);
    case Kind::kObject:
      break;
  }
  for (std::size_t i = 0; i < expected.values.size(); ++i) {
    const int member = MemberOf(actual, expected.keys[i]);
    const TestJson& wanted = expected.values[i];
    if (member < 0 ? wanted.kind != Kind::kNull
                   : !Agrees(wanted, actual.values[member], zero_us)) {
      return false;
    }
  }
  return true;
}

}  // namespace tocsin
