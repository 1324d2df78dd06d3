// F18: what is JSON is taken and what is none is refused, as a line and as a
// value inside an event; and whatever it is, the next line is read.
#include "engine/base/utf8.h"
#include "engine/event/json_scan.h"
#include "engine/event/json_tape.h"
#include "tests/testing/extract_compare.h"
#include "tests/unit/engine/event/extract_fixture.h"
#include "tests/unit/engine/event/json_accepted.h"
#include "tests/unit/engine/event/json_either.h"
#include "tests/unit/engine/event/json_refused.h"

namespace tocsin {
namespace {

using testing::kAcceptedJson;
using testing::kBody;
using testing::kEitherJson;
using testing::kRefusedJson;
using testing::kVerb;

bool IsObject(std::string_view text) {
  return TrimJsonBlanks(text).substr(0, 1) == "{";
}
std::string InAnEvent(std::string_view text) {
  return "{\"verb\":\"in\",\"body\":{\"v\":" + std::string(text) + "}}";
}
std::string InAReadField(std::string_view text) {
  return "{\"n\":" + std::string(text) + "}";
}

class JsonSuiteTest : public testing::ExtractTest {
 protected:
  // The rows that a line between two events gives: [1, rows.size() - 1).
  void ExtractBetween(std::string_view line) {
    const std::string input = "{\"verb\":\"before\"}\n" + std::string(line) +
                              "\n{\"verb\":\"behind\"}\n";
    Extract(input);
    ASSERT_GE(batch_.rows.size(), 2u);
    EXPECT_EQ(Text(kVerb, 0), "'before'");
    EXPECT_EQ(Text(kVerb, batch_.rows.size() - 1), "'behind'");
    EXPECT_EQ(testing::CompareExtractors(projection_, input), "");
  }
  // What no rule reads the hot read takes without looking at all of it; who
  // reads it finds that it is none.
  void ExpectRefused(std::string_view line) {
    ExtractBetween(line);
    ASSERT_EQ(batch_.rows.size(), 3u);
    if (RowAt(1).fate != Fate::kEvent) return;
    EXPECT_EQ(GetParam(), &MakeSimdjsonExtractor);
    JsonTape tape;
    EXPECT_FALSE(tape.Parse(batch_.Raw(RowAt(1))));
    const Cell& body = batch_.At(kBody, 1);
    if (body.kind == CellKind::kObject) {
      EXPECT_FALSE(tape.Parse(batch_.Raw(body)));
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Both, JsonSuiteTest, testing::BothExtractors(),
                         testing::ExtractorName);

TEST_P(JsonSuiteTest, WhatIsJsonIsTaken) {
  JsonTape tape;
  for (const std::string_view text : kAcceptedJson) {
    SCOPED_TRACE(::testing::PrintToString(std::string(text)));
    EXPECT_TRUE(tape.Parse(text));
    ExtractBetween(text);
    ASSERT_EQ(batch_.rows.size(), 3u);
    EXPECT_EQ(RowAt(1).fate,
              IsObject(text) ? Fate::kEvent : Fate::kNotAnObject);
    ExtractBetween(InAReadField(text));
    ASSERT_EQ(batch_.rows.size(), 3u);
    EXPECT_EQ(RowAt(1).fate, Fate::kEvent);
    ExtractBetween(InAnEvent(text));
    ASSERT_EQ(batch_.rows.size(), 3u);
    EXPECT_EQ(RowAt(1).fate, Fate::kEvent);
    EXPECT_EQ(RowAt(1).flags, 0);
    ASSERT_TRUE(tape.Parse(batch_.Raw(batch_.At(kBody, 1))));
    EXPECT_NE(tape.Member(1, "v"), 0u);
  }
}

TEST_P(JsonSuiteTest, WhatIsNoJsonIsRefused) {
  JsonTape tape;
  for (const std::string_view text : kRefusedJson) {
    SCOPED_TRACE(::testing::PrintToString(std::string(text)));
    EXPECT_FALSE(tape.Parse(text));
    ExpectRefused(text);
    ExpectRefused(InAnEvent(text));
    ExpectRefused(InAReadField(text));
    if (text[0] != '[' && text[0] != '{') {
      EXPECT_NE(RowAt(1).fate, Fate::kEvent) << "a value that is read";
    }
  }
}

TEST_P(JsonSuiteTest, WhatMayBeEitherTouchesNoNeighbour) {
  for (const std::string_view text : kEitherJson) {
    SCOPED_TRACE(::testing::PrintToString(std::string(text)));
    for (const std::string& line :
         {std::string(text), InAnEvent(text), InAReadField(text)}) {
      ExtractBetween(line);
      for (std::size_t row = 0; row < batch_.rows.size(); ++row) {
        if (RowAt(row).fate != Fate::kEvent) continue;
        EXPECT_EQ(ValidUtf8(batch_.Raw(RowAt(row))), batch_.Raw(RowAt(row)));
      }
    }
  }
}

// 10^6 keys, 10 MB of text, 100,000 levels: each between two good lines.
TEST_P(JsonSuiteTest, WhatIsHugeTouchesNoNeighbour) {
  std::string keys = "{\"k0\":0";
  for (int i = 1; i < 1'000'000; ++i) {
    keys += ",\"k" + std::to_string(i) + "\":" + std::to_string(i);
  }
  keys += "}";
  const std::string text = "\"" + std::string(10'000'000, 'x') + "\"";
  JsonTape tape;
  for (const std::string& value : {keys, text}) {
    ExtractBetween(InAnEvent(value));
    ASSERT_EQ(batch_.rows.size(), 3u);
    EXPECT_EQ(RowAt(1).fate, Fate::kEvent);
    ASSERT_TRUE(tape.Parse(batch_.Raw(batch_.At(kBody, 1))));
    EXPECT_NE(tape.Member(1, "v"), 0u);
  }
  for (const std::string& levels : {std::string("["), std::string("{\"a\":")}) {
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep += levels;
    const std::string closed = deep + "1" + std::string(100'000, levels[0] + 2);
    EXPECT_FALSE(tape.Parse(closed));
    for (const auto& [value, fate] :
         {std::pair(deep, Fate::kMalformed), {closed, Fate::kTooDeep}}) {
      ExtractBetween(InAnEvent(value));
      ASSERT_EQ(batch_.rows.size(), 3u);
      EXPECT_EQ(RowAt(1).fate, fate);
      EXPECT_EQ(Text(kBody, 1), "-");
    }
  }
}

}  // namespace
}  // namespace tocsin
