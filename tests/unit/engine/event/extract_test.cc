// The event contract, by hand and for both extractors.
#include "engine/event/extract.h"

#include <cstdlib>
#include <functional>

#include "engine/base/limits.h"
#include "gtest/gtest.h"
#include "tests/unit/engine/event/extract_fixture.h"

namespace tocsin {
namespace {

using testing::kBody;
using testing::kGroups;
using testing::kName;
using testing::kNumber;
using testing::kUser;
using testing::kVerb;

class ExtractTest : public testing::ExtractTest {};

INSTANTIATE_TEST_SUITE_P(Both, ExtractTest, testing::BothExtractors(),
                         testing::ExtractorName);

TEST_P(ExtractTest, FillsOneRowALineAndCountsBlankLines) {
  Extract("{\"verb\":\"get\"}\n\n  \r\n{\"verb\":\"list\"}");
  ASSERT_EQ(batch_.rows.size(), 2u);
  EXPECT_EQ(batch_.blank_lines, 2u);
  EXPECT_EQ(Text(kVerb, 0), "'get'");
  EXPECT_EQ(Text(kVerb, 1), "'list'");
  EXPECT_EQ(RowAt(0).line, 0u);
  EXPECT_EQ(RowAt(1).line, 3u);
  EXPECT_EQ(batch_.Raw(RowAt(1)), "{\"verb\":\"list\"}");
  EXPECT_EQ(batch_.cells.size(), 2 * projection_.fields().size());
}

TEST_P(ExtractTest, FillsNothingFromNothing) {
  Extract("");
  EXPECT_TRUE(batch_.rows.empty());
  EXPECT_EQ(batch_.blank_lines, 0u);
  Extract("\n");
  EXPECT_TRUE(batch_.rows.empty());
  EXPECT_EQ(batch_.blank_lines, 1u);
}

TEST_P(ExtractTest, ReadsColumnsOfEveryKind) {
  Extract(R"({"user":{"name":"a","groups":["x",1,[2],{"k":3}]},"n":-7,)"
          R"("body":[{"a":1} ]})");
  EXPECT_EQ(Text(kVerb), "-");
  EXPECT_EQ(batch_.SymbolAt(kVerb, 0), kAbsentSymbol);
  EXPECT_EQ(Text(kUser), R"({"name":"a","groups":["x",1,[2],{"k":3}]})");
  EXPECT_EQ(Text(kName), "'a'");
  EXPECT_EQ(batch_.At(kGroups, 0).size, 4u);
  EXPECT_EQ(Element(kGroups, 0), "'x'");
  EXPECT_EQ(Element(kGroups, 2), "[2]");
  EXPECT_EQ(Element(kGroups, 3), R"({"k":3})");
  EXPECT_EQ(Text(kNumber), "i-7");
  EXPECT_EQ(Text(kBody), R"([{"a":1} ])");
}

TEST_P(ExtractTest, ReadsNumbersByTheContract) {
  const std::pair<const char*, const char*> kCases[] = {
      {"9223372036854775807", "i9223372036854775807"},
      {"9223372036854775808", "u9223372036854775808"},
      {"1.5", "f1.500000"},
      {"1E+2", "f100.000000"},
      {"1e-400", "f0.000000"},
      {"12345678901234567890123", "f12345678901234567741440.000000"},
      {"true", "true"},
      {"null", "null"},
  };
  for (const auto& [json, expected] : kCases) {
    Extract("{\"n\":" + std::string(json) + "}");
    EXPECT_EQ(RowAt(0).fate, Fate::kEvent) << json;
    EXPECT_EQ(Text(kNumber), expected) << json;
    EXPECT_EQ(RowAt(0).flags, 0) << json;
  }
}

TEST_P(ExtractTest, KeepsTheEventWhoseNumberNoDoubleHolds) {
  Extract(R"({"n":1e400,"verb":"get"})");
  EXPECT_EQ(RowAt(0).fate, Fate::kEvent);
  EXPECT_EQ(RowAt(0).flags, kRowNumberLost);
  EXPECT_EQ(Text(kNumber), "-");
  EXPECT_EQ(Text(kVerb), "'get'");
}

TEST_P(ExtractTest, ComparesKeysDecoded) {
  Extract(R"({"v\u0065rb":"x","us\u0065r":{"n\u0061me":"y"}})");
  EXPECT_EQ(Text(kVerb), "'x'");
  EXPECT_EQ(Text(kName), "'y'");
}

TEST_P(ExtractTest, TakesTheLastOfDuplicateKeysAndSaysSo) {
  Extract(R"({"verb":"a","v\u0065rb":"b"})");
  EXPECT_EQ(Text(kVerb), "'b'");
  EXPECT_EQ(RowAt(0).flags, kRowDuplicateKey);
  EXPECT_EQ(symbols_.Text(kVerb, batch_.SymbolAt(kVerb, 0)), "b");

  Extract(R"({"verb":"a","verb":1})");
  EXPECT_EQ(Text(kVerb), "i1");
  EXPECT_EQ(batch_.SymbolAt(kVerb, 0), kAbsentSymbol) << "no longer a string";

  Extract(R"({"user":{"name":"a","groups":["g"]},"user":{"groups":[]}})");
  EXPECT_EQ(Text(kName), "-") << "the first user is gone, whole";
  EXPECT_EQ(batch_.At(kGroups, 0).size, 0u);
  EXPECT_EQ(Text(kUser), R"({"groups":[]})");
  EXPECT_EQ(RowAt(0).flags, kRowDuplicateKey);

  Extract(R"({"user":{"name":"a"},"user":5})");
  EXPECT_EQ(Text(kName), "-");
  EXPECT_EQ(Text(kUser), "i5");

  Extract(R"({"x":1,"x":2,"verb":"a"})");
  EXPECT_EQ(RowAt(0).flags, 0) << "no rule reads x";
}

TEST_P(ExtractTest, DecodesTextOnFirstUseAndRemembers) {
  Extract(R"({"verb":"a\u0026b"})");
  Cell* cell = batch_.MutableAt(kVerb, 0);
  EXPECT_EQ(batch_.Text(cell), "a&b");
  EXPECT_EQ(cell->flags, kDecoded);
  EXPECT_EQ(batch_.Text(cell), "a&b");
  EXPECT_EQ(symbols_.Text(kVerb, batch_.SymbolAt(kVerb, 0)), "a&b");
}

TEST_P(ExtractTest, ReadsALoneSurrogateAsTheReplacementCharacter) {
  Extract(R"({"verb":"\ud800x"})");
  EXPECT_EQ(RowAt(0).fate, Fate::kEvent);
  EXPECT_EQ(RowAt(0).flags, 0);
  EXPECT_EQ(Text(kVerb), "'\xEF\xBF\xBDx'");
}

TEST_P(ExtractTest, RepairsInvalidUtf8AndLeavesItsNeighbours) {
  Extract(
      "{\"verb\":\"a\"}\n{\"verb\":\"\xff\xfe\",\"body\":\"\xc0\"}\n"
      "{\"verb\":\"c\"}");
  ASSERT_EQ(batch_.rows.size(), 3u);
  EXPECT_EQ(RowAt(0).flags, 0);
  EXPECT_EQ(RowAt(1).fate, Fate::kEvent);
  EXPECT_EQ(RowAt(1).flags, kRowRepaired);
  EXPECT_EQ(RowAt(2).flags, 0);
  EXPECT_EQ(Text(kVerb, 0), "'a'");
  EXPECT_EQ(Text(kVerb, 1), "'\xEF\xBF\xBD\xEF\xBF\xBD'");
  EXPECT_EQ(Text(kVerb, 2), "'c'");
  EXPECT_EQ(
      batch_.Raw(RowAt(1)),
      "{\"verb\":\"\xEF\xBF\xBD\xEF\xBF\xBD\",\"body\":\"\xEF\xBF\xBD\"}");
  EXPECT_GE(batch_.bytes.size(),
            RowAt(1).offset + RowAt(1).size + EventBatch::kPadding);
}

TEST_P(ExtractTest, TakesOneBomAndCrlf) {
  Extract(
      "\xEF\xBB\xBF{\"verb\":\"a\"}\r\n\xEF\xBB\xBF{\"verb\":\"b\"}\r\n"
      "\xEF\xBB\xBF\xEF\xBB\xBF{}\n");
  EXPECT_EQ(Text(kVerb, 0), "'a'");
  EXPECT_EQ(Text(kVerb, 1), "'b'");
  EXPECT_EQ(RowAt(2).fate, Fate::kNotAnObject);
}

TEST_P(ExtractTest, TellsWhyALineIsNoEvent) {
  Extract("{\"verb\":\"a\"\n[1]\nhello world\n{} x\n{\"verb\":\"\x01\"}\n{}");
  ASSERT_EQ(batch_.rows.size(), 6u);
  EXPECT_EQ(RowAt(0).fate, Fate::kMalformed);
  EXPECT_EQ(RowAt(1).fate, Fate::kNotAnObject);
  EXPECT_EQ(RowAt(2).fate, Fate::kNotAnObject);
  EXPECT_EQ(RowAt(3).fate, Fate::kMalformed);
  EXPECT_EQ(RowAt(4).fate, Fate::kMalformed);
  EXPECT_EQ(RowAt(5).fate, Fate::kEvent);
  EXPECT_EQ(batch_.Raw(RowAt(0)), "{\"verb\":\"a\"") << "for the dead letter";
  EXPECT_EQ(Text(kVerb, 0), "-") << "nothing of a malformed line is read";
}

TEST_P(ExtractTest, CountsTheNestingItself) {
  const auto nested = [](int levels) {
    return "{\"x\":" + std::string(static_cast<std::size_t>(levels - 1), '[') +
           std::string(static_cast<std::size_t>(levels - 1), ']') +
           ",\"verb\":\"a\"}";
  };
  Extract(nested(limits::kJsonDepth));
  EXPECT_EQ(RowAt(0).fate, Fate::kEvent);
  Extract(nested(limits::kJsonDepth + 1));
  EXPECT_EQ(RowAt(0).fate, Fate::kTooDeep);
  EXPECT_EQ(Text(kVerb), "-");
  Extract("{\"items\":[" + nested(limits::kJsonDepth) + "," +
          nested(limits::kJsonDepth + 1) + "," + nested(3) + "]}");
  ASSERT_EQ(batch_.rows.size(), 3u);
  EXPECT_EQ(RowAt(0).fate, Fate::kEvent) << "the envelope does not count";
  EXPECT_EQ(RowAt(1).fate, Fate::kTooDeep);
  EXPECT_EQ(RowAt(2).fate, Fate::kEvent);
}

TEST_P(ExtractTest, MakesARowOfEachItemOfAnEnvelope) {
  Extract(
      "{\"verb\":\"outer\",\"items\":[{\"verb\":\"a\"} , 5,{\"n\":1},"
      "{\"verb\":\"\xff\"}],\"user\":1}\n{\"verb\":\"plain\"}");
  ASSERT_EQ(batch_.rows.size(), 5u);
  EXPECT_EQ(Text(kVerb, 0), "'a'");
  EXPECT_EQ(Text(kUser, 0), "-");
  EXPECT_EQ(RowAt(0).flags, kRowUnwrapped) << "the bad byte is elsewhere";
  EXPECT_EQ(batch_.Raw(RowAt(0)), "{\"verb\":\"a\"}");
  EXPECT_EQ(RowAt(1).fate, Fate::kNotAnObject);
  EXPECT_EQ(batch_.Raw(RowAt(1)), "5");
  EXPECT_EQ(Text(kVerb, 2), "-");
  EXPECT_EQ(RowAt(3).flags, kRowUnwrapped | kRowRepaired);
  EXPECT_EQ(RowAt(3).line, 0u);
  EXPECT_EQ(Text(kVerb, 4), "'plain'");
  EXPECT_EQ(RowAt(4).flags, 0);
}

TEST_P(ExtractTest, UnwrapsOnceAndOnlyLists) {
  Extract(R"({"items":[{"verb":"a","items":[{"verb":"b"}]}]})");
  ASSERT_EQ(batch_.rows.size(), 1u);
  EXPECT_EQ(Text(kVerb), "'a'");
  Extract(R"({"items":{"verb":"b"},"verb":"c"})");
  EXPECT_EQ(Text(kVerb), "'c'");
  Extract(R"({"items":[]})");
  EXPECT_TRUE(batch_.rows.empty());
  Extract(R"({"Records":[{"verb":"r"}],"items":[{"verb":"i"}]})");
  EXPECT_EQ(Text(kVerb), "'i'") << "the first key tried wins";
}

TEST_P(ExtractTest, RefusesABrokenEnvelopeWhole) {
  Extract("{\"items\":[{\"verb\":\"a\"},{\"verb\":}]}\n{\"verb\":\"b\"}");
  ASSERT_EQ(batch_.rows.size(), 2u);
  EXPECT_EQ(RowAt(0).fate, Fate::kMalformed);
  EXPECT_EQ(Text(kVerb, 0), "-");
  EXPECT_EQ(Text(kVerb, 1), "'b'");
}

// What one line costs is bounded: every row has all columns.
TEST_P(ExtractTest, RefusesAnEnvelopeOfTooManyItems) {
  const auto envelope = [](std::size_t items) {
    std::string line = "{\"items\":[0";
    for (std::size_t i = 1; i < items; ++i) line += ",0";
    return line + "]}\n{\"verb\":\"b\"}";
  };
  Extract(envelope(limits::kEnvelopeItems));
  EXPECT_EQ(batch_.rows.size(), limits::kEnvelopeItems + 1);
  Extract(envelope(limits::kEnvelopeItems + 1));
  ASSERT_EQ(batch_.rows.size(), 2u);
  EXPECT_EQ(RowAt(0).fate, Fate::kTooLong);
  EXPECT_EQ(Text(kVerb, 0), "-");
  EXPECT_EQ(Text(kVerb, 1), "'b'");
}

TEST_P(ExtractTest, SalvagesTheMembersBeforeTheCut) {
  Extract(R"({"verb":"get","user":{"name":"a"},"body":{"x":"yyy)", true);
  ASSERT_EQ(batch_.rows.size(), 1u);
  EXPECT_EQ(RowAt(0).fate, Fate::kEvent);
  EXPECT_EQ(RowAt(0).flags, kRowSalvaged);
  EXPECT_EQ(Text(kVerb), "'get'");
  EXPECT_EQ(Text(kName), "'a'");
  EXPECT_EQ(Text(kBody), "-");
  EXPECT_EQ(batch_.Raw(RowAt(0)), R"({"verb":"get","user":{"name":"a"}})");
}

TEST_P(ExtractTest, SalvagesTheWholeItemsBeforeTheCut) {
  Extract(R"({"kind":"L","items":[{"verb":"a"},{"verb":"b"},{"ve)", true);
  ASSERT_EQ(batch_.rows.size(), 2u);
  EXPECT_EQ(Text(kVerb, 1), "'b'");
  EXPECT_EQ(RowAt(1).flags, kRowSalvaged | kRowUnwrapped);
}

TEST_P(ExtractTest, CallsACutLineWithoutAWholeMemberTooLong) {
  for (const char* line :
       {R"({"body":"xxxxx)", "{", "{\"verb", "[1,2", "xxx"}) {
    Extract(line, true);
    ASSERT_EQ(batch_.rows.size(), 1u) << line;
    EXPECT_EQ(RowAt(0).fate, Fate::kTooLong) << line;
    EXPECT_EQ(RowAt(0).flags, 0) << line;
  }
}

TEST_P(ExtractTest, ReadsALineOfSeveralMegabytes) {
  const std::string body(5'000'000, 'x');
  Extract("{\"body\":\"" + body + "\",\"verb\":\"a\"}\n{\"verb\":\"b\"}");
  ASSERT_EQ(batch_.rows.size(), 2u);
  EXPECT_EQ(batch_.At(kBody, 0).size, body.size());
  EXPECT_EQ(Text(kVerb, 0), "'a'");
  Extract("{\"verb\":\"b\"}");
  EXPECT_EQ(Text(kVerb, 0), "'b'");
}

TEST_P(ExtractTest, KeepsColumnsApartWhenAnEnvelopeOutgrowsTheGuess) {
  std::string items;
  for (int i = 0; i < 1000; ++i) {
    items += (i > 0 ? "," : "") + std::string("{\"verb\":\"v") +
             std::to_string(i) + "\",\"n\":" + std::to_string(i) + "}";
  }
  Extract("{\"verb\":\"first\"}\n{\"items\":[" + items + "]}\n{\"n\":-1}");
  ASSERT_EQ(batch_.rows.size(), 1002u);
  EXPECT_EQ(Text(kVerb, 0), "'first'");
  for (std::size_t i = 0; i < 1000; ++i) {
    ASSERT_EQ(Text(kVerb, i + 1), "'v" + std::to_string(i) + "'");
    ASSERT_EQ(Text(kNumber, i + 1), "i" + std::to_string(i));
    ASSERT_EQ(symbols_.Text(kVerb, batch_.SymbolAt(kVerb, i + 1)),
              "v" + std::to_string(i));
  }
  EXPECT_EQ(Text(kVerb, 1001), "-");
  EXPECT_EQ(Text(kNumber, 1001), "i-1");
}

TEST_P(ExtractTest, NeedsNoPaddingFromTheCaller) {
  batch_.Clear();
  const std::string_view line = "{\"verb\":\"a\"}";
  batch_.bytes.assign(line.begin(), line.end());
  batch_.input_size = line.size();
  extractor_->Extract(projection_, &symbols_, &batch_);
  EXPECT_EQ(Text(kVerb), "'a'");
}

}  // namespace
}  // namespace tocsin
