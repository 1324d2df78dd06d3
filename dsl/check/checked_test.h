// Test blocks as they mean: names resolved, JSON and paths read, the clock
// known to go forward. What `tocsin test` runs; the engine never sees them, and
// no test changes a rule.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dsl/source/source_file.h"
#include "engine/event/type.h"

namespace tocsin::dsl {

struct TestJson {
  enum class Kind : std::uint8_t {
    kNull,
    kBool,
    kNumber,
    kText,
    kList,
    kObject
  };
  Kind kind = Kind::kNull;
  std::string text;  // kText: decoded; kNumber, kBool: as JSON has it.
  std::vector<std::string> keys;  // kObject: as many as values.
  std::vector<Span> key_spans;    // Likewise.
  std::vector<TestJson> values;   // kObject, kList
  Span span;
};

// `with PATH = VALUE`: a JSON value, or a text with the event's number in it.
struct TestAssign {
  struct Part {
    std::string text;
    bool number = false;  // {i}
  };
  FieldPath path;
  std::optional<TestJson> json;
  std::vector<Part> text;
  Span span;
};

struct TestSend {
  TestJson event;
  std::string schema;
  std::uint64_t times = 1;
  std::int64_t every_us = 0;
  std::int64_t late_us = 0;
  std::vector<TestAssign> with;
};

struct TestExpected {
  bool resolved = false;
  TestJson subset;
  std::optional<std::int64_t> at_us;
  Span span;
};

struct TestStep {
  enum class Kind : std::uint8_t {
    kAt,        // at_us
    kSend,      // send
    kSendFile,  // path
    kRestart,
    kReload,  // path, empty: the same rules
    kExpect,  // expected: all that was told since the last, no more, no less
  };
  Kind kind = Kind::kAt;
  Span span;
  std::int64_t at_us = 0;
  std::string path;  // As written: from the rule file's folder.
  TestSend send;
  std::vector<TestExpected> expected;
};

struct CheckedTest {
  std::string title;
  Span span;                       // Of the title.
  std::vector<std::string> rules;  // With their groups; at least one.
  std::int64_t lateness_us = 5'000'000;
  std::vector<TestStep> steps;
};

}  // namespace tocsin::dsl
