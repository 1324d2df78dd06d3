#include "engine/event/json_text.h"

#include <cmath>
#include <cstdlib>

#include "engine/event/value.h"
#include "gtest/gtest.h"

namespace tocsin {
namespace {

std::string Repaired(std::string_view text, std::size_t* count = nullptr) {
  std::vector<char> out;
  std::vector<std::uint32_t> repairs;
  AppendRepaired(text, &out, &repairs);
  for (const std::uint32_t at : repairs) {
    EXPECT_EQ(std::string_view(out.data() + at, 3), kReplacement);
  }
  if (count != nullptr) *count = repairs.size();
  return {out.data(), out.size()};
}

std::string Unescaped(std::string_view raw) {
  std::string out;
  AppendUnescaped(raw, &out);
  return out;
}

constexpr const char* kR = "\xEF\xBF\xBD";
std::string R(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += kR;
  return text;
}

TEST(Utf8Test, TakesEverySequenceOfTheStandard) {
  for (const char* text :
       {"", "plain", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
        "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF",
        "eight..\xC3\xA4..more than a word"}) {
    EXPECT_TRUE(IsUtf8(text));
    EXPECT_EQ(Repaired(text), text);
  }
}

// Go's []rune(s), WHATWG and the Unicode standard (table 3-8) agree on these.
TEST(Utf8Test, ReplacesEachMaximalIllFormedPartOnce) {
  const std::pair<std::string_view, std::string> kCases[] = {
      {"\xFF", R(1)},
      {"\x80", R(1)},
      {"a\xFF\xFE z", "a" + R(2) + " z"},
      {"\xC0\xAF", R(2)},  // Overlong.
      {"\xE0\x80\xAF", R(3)},
      {"\xF0\x80\x80\xAF", R(4)},
      {"\xED\xA0\x80", R(3)},      // A surrogate.
      {"\xF4\x90\x80\x80", R(4)},  // Past U+10FFFF.
      {"\xF5\x80", R(2)},
      {"\xC3", R(1)},  // Cut at the end.
      {"\xE2\x82", R(1)},
      {"\xF0\x9F\x98", R(1)},
      {"\xE2\x82"
       "A",
       R(1) + "A"},
      {"\xF0\x9F\x98\xF0\x9F\x98\x80", R(1) + "\xF0\x9F\x98\x80"},
      // The standard's example of table 3-11.
      {"\x61\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64",
       "a" + R(3) + "b" + R(1) + "c" + R(2) + "d"},
  };
  for (const auto& [text, expected] : kCases) {
    std::size_t count = 0;
    EXPECT_FALSE(IsUtf8(text));
    EXPECT_EQ(Repaired(text, &count), expected);
    EXPECT_TRUE(IsUtf8(expected));
    EXPECT_GT(count, 0u);
  }
}

TEST(Utf8Test, AgreesWithItselfOnEveryShortSequence) {
  const unsigned char kBytes[] = {0x41, 0x80, 0x8F, 0x90, 0x9F, 0xA0,
                                  0xBF, 0xC0, 0xC2, 0xDF, 0xE0, 0xED,
                                  0xEF, 0xF0, 0xF4, 0xF5};
  std::string text(4, 'a');
  for (int n = 0; n < 65'536; ++n) {
    for (std::size_t i = 0; i < 4; ++i) {
      text[i] = static_cast<char>(kBytes[n >> (4 * i) & 15]);
    }
    std::size_t count = 0;
    const std::string repaired = Repaired(text, &count);
    ASSERT_TRUE(IsUtf8(repaired));
    ASSERT_EQ(count == 0, IsUtf8(text));
    ASSERT_EQ(count == 0, repaired == text);
  }
}

TEST(UnescapeTest, DecodesEveryEscape) {
  EXPECT_EQ(Unescaped(R"(a\"\\\/\b\f\n\r\tz)"), "a\"\\/\b\f\n\r\tz");
  EXPECT_EQ(Unescaped(R"(\u0026\u00e9\u20AC)"), "&\xC3\xA9\xE2\x82\xAC");
  EXPECT_EQ(Unescaped(R"(\ud83d\ude00)"), "\xF0\x9F\x98\x80");
  EXPECT_EQ(Unescaped(R"(\udbff\udfff)"), "\xF4\x8F\xBF\xBF");
  EXPECT_EQ(Unescaped(R"(\u0000)"), std::string(1, '\0'));
  EXPECT_EQ(Unescaped(R"(\\u0026)"), "\\u0026");
}

TEST(UnescapeTest, ReadsALoneSurrogateAsTheReplacementCharacter) {
  EXPECT_EQ(Unescaped(R"(\ud800)"), kR);
  EXPECT_EQ(Unescaped(R"(\udc00)"), kR);
  EXPECT_EQ(Unescaped(R"(\ud800x)"), std::string(kR) + "x");
  EXPECT_EQ(Unescaped(R"(\ud800\n)"), std::string(kR) + "\n");
  EXPECT_EQ(Unescaped(R"(\ud800\u0041)"), std::string(kR) + "A");
  EXPECT_EQ(Unescaped(R"(\ud83d\ud83d\ude00)"),
            std::string(kR) + "\xF0\x9F\x98\x80");
  EXPECT_EQ(Unescaped(R"(\ude00\ud83d)"), R(2));
}

TEST(UnescapeTest, KnowsWhatIsNoEscape) {
  for (const char* good :
       {"", "plain", R"(\n)", R"(\\)", R"(\u12aF)", R"(\ud800)"}) {
    EXPECT_TRUE(EscapesAreValid(good)) << good;
  }
  for (const char* bad : {"\\", R"(\x)", R"(\u)", R"(\u12)", R"(\u12g4)",
                          R"(a\\\)", R"(\U0041)", R"(\u-123)"}) {
    EXPECT_FALSE(EscapesAreValid(bad)) << bad;
  }
}

TEST(NumberTest, ReadsIntegersExactly) {
  JsonNumber number;
  ASSERT_EQ(ReadNumber("-9223372036854775808", &number), NumberFate::kRead);
  EXPECT_EQ(number.kind, CellKind::kInt);
  EXPECT_EQ(number.i, INT64_MIN);
  ASSERT_EQ(ReadNumber("18446744073709551615", &number), NumberFate::kRead);
  EXPECT_EQ(number.kind, CellKind::kUint);
  EXPECT_EQ(number.u, UINT64_MAX);
  ASSERT_EQ(ReadNumber("-0", &number), NumberFate::kRead);
  EXPECT_EQ(number.kind, CellKind::kInt);
  EXPECT_EQ(number.i, 0);
}

TEST(NumberTest, ReadsTheRestAsTheNearestDouble) {
  for (const char* text :
       {"1.0", "4.03e2", "1E+2", "0.1", "12345678901234567890123",
        "-9223372036854775809", "18446744073709551616",
        "2.2250738585072011e-308", "4.9e-324", "1.7976931348623157e308",
        "0e400", "-0.0"}) {
    JsonNumber number;
    ASSERT_EQ(ReadNumber(text, &number), NumberFate::kRead) << text;
    EXPECT_EQ(number.kind, CellKind::kFloat) << text;
    EXPECT_EQ(number.f, std::strtod(text, nullptr)) << text;
  }
}

TEST(NumberTest, LosesWhatNoDoubleHoldsAndRoundsTheTinyToZero) {
  JsonNumber number;
  const std::string digits = "1" + std::string(400, '0');
  for (const std::string& text :
       {std::string("1e400"), std::string("-1e309"), digits,
        "0.1" + digits + "e999", std::string("1e99999999999999999999")}) {
    EXPECT_EQ(ReadNumber(text, &number), NumberFate::kLost) << text;
  }
  for (const std::string& text :
       {std::string("1e-400"), "0." + std::string(400, '0') + "1",
        std::string("1e-99999999999999999999"), digits + "e-900"}) {
    ASSERT_EQ(ReadNumber(text, &number), NumberFate::kRead) << text;
    EXPECT_EQ(number.f, 0.0) << text;
  }
}

TEST(NumberTest, RefusesWhatJsonRefuses) {
  JsonNumber number;
  for (const char* text :
       {"", "-", "01", "-01", "+1", "1.", ".5", "1e", "1e+", "0x10", "1_0",
        "NaN", "Infinity", "1 ", " 1", "1.2.3", "1e5.0", "--1"}) {
    EXPECT_EQ(ReadNumber(text, &number), NumberFate::kMalformed) << text;
  }
}

TEST(EscapeTest, EscapesWhatJsonForbidsAndNothingElse) {
  std::string json;
  AppendJsonEscaped(
      std::string_view("\"\\\b\f\n\r\t\x01\x1f\x7f/\xC3\xA4\0", 14), &json);
  EXPECT_EQ(json, "\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f\x7f/\xC3\xA4\\u0000");
}

}  // namespace
}  // namespace tocsin
