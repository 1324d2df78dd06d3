#include "engine/event/json_tape.h"

#include "engine/base/limits.h"
#include "gtest/gtest.h"

namespace tocsin {
namespace {

TEST(JsonTapeTest, ReadsEveryKindOfValue) {
  JsonTape tape;
  ASSERT_TRUE(tape.Parse(
      R"( {"a":[1,-2.5,"x\u0026",true,false,null,18446744073709551615],)"
      R"("b":{}} )"));
  const TapeNode& root = tape.node(1);
  EXPECT_EQ(root.kind, CellKind::kObject);
  EXPECT_EQ(root.count, 2u);
  EXPECT_EQ(root.text.front(), '{');
  EXPECT_EQ(root.text.back(), '}');
  const std::uint32_t list = tape.Member(1, "a");
  ASSERT_NE(list, 0u);
  EXPECT_EQ(tape.node(list).count, 7u);
  EXPECT_EQ(tape.node(tape.Element(list, 0)).i, 1);
  EXPECT_EQ(tape.node(tape.Element(list, 1)).f, -2.5);
  EXPECT_EQ(tape.node(tape.Element(list, 2)).text, "x&");
  EXPECT_EQ(tape.node(tape.Element(list, 3)).kind, CellKind::kTrue);
  EXPECT_EQ(tape.node(tape.Element(list, 4)).kind, CellKind::kFalse);
  EXPECT_EQ(tape.node(tape.Element(list, 5)).kind, CellKind::kNull);
  EXPECT_EQ(tape.node(tape.Element(list, -1)).u, UINT64_MAX);
  EXPECT_EQ(tape.node(tape.Member(1, "b")).kind, CellKind::kObject);
}

TEST(JsonTapeTest, GivesTheSentinelForWhatIsNotThere) {
  JsonTape tape;
  EXPECT_EQ(tape.node(0).kind, CellKind::kMissing);
  ASSERT_TRUE(tape.Parse(R"({"a":[1,2]})"));
  const std::uint32_t list = tape.Member(1, "a");
  EXPECT_EQ(tape.Member(1, "b"), 0u);
  EXPECT_EQ(tape.Member(list, "a"), 0u) << "a list has no members";
  EXPECT_EQ(tape.Element(1, 0), 0u) << "an object has no elements";
  EXPECT_EQ(tape.Element(list, 2), 0u);
  EXPECT_EQ(tape.Element(list, -3), 0u);
  EXPECT_EQ(tape.Element(list, INT64_MIN), 0u);
  EXPECT_EQ(tape.Element(list, INT64_MAX), 0u);
  EXPECT_EQ(tape.Member(0, "a"), 0u);
}

TEST(JsonTapeTest, ShadowsAllButTheLastOfDuplicates) {
  for (const int extra : {0, 40}) {  // Compared, and hashed.
    std::string json = R"({"a":1,"\u0061":{"x":1})";
    for (int i = 0; i < extra; ++i) {
      json += ",\"k" + std::to_string(i) + "\":0";
    }
    json += R"(,"b":2,"a":3})";
    JsonTape tape;
    ASSERT_TRUE(tape.Parse(json));
    EXPECT_EQ(tape.node(tape.Member(1, "a")).i, 3);
    EXPECT_EQ(tape.node(1).count, static_cast<std::uint32_t>(extra) + 2);
    std::uint32_t visible = 0;
    for (std::uint32_t i = 2; i < tape.node(1).next; i = tape.node(i).next) {
      if (!tape.node(i).shadowed) ++visible;
    }
    EXPECT_EQ(visible, tape.node(1).count);
  }
}

TEST(JsonTapeTest, ReadsANumberThatNoDoubleHoldsAsMissing) {
  JsonTape tape;
  ASSERT_TRUE(tape.Parse("[1e999,2]"));
  EXPECT_EQ(tape.node(1).count, 2u);
  EXPECT_EQ(tape.node(tape.Element(1, 0)).kind, CellKind::kMissing);
  EXPECT_EQ(tape.node(tape.Element(1, 1)).i, 2);
}

TEST(JsonTapeTest, RefusesWhatJsonRefuses) {
  JsonTape tape;
  for (const char* json :
       {"",          " ",          "{",     "[",      "]",
        "[1",        "[1,]",       "[,1]",  "[1 2]",  "{\"a\"}",
        "{\"a\":}",  "{\"a\":1,}", "{a:1}", "{1:2}",  "[1}",
        "{\"a\":1]", "tru",        "truex", "nul",    "01",
        "1.",        "+1",         "\"",    "\"\\\"", "\"\\x\"",
        "\"\\u12\"", "\"a\nb\"",   "1 2",   "{} {}",  "[1]]",
        "NaN",       "'a'",        "//"}) {
    EXPECT_FALSE(tape.Parse(json)) << json;
    EXPECT_EQ(tape.node(0).kind, CellKind::kMissing);
  }
}

TEST(JsonTapeTest, StopsAtTheDepthLimit) {
  const auto nested = [](int levels) {
    const auto n = static_cast<std::size_t>(levels);
    return std::string(n, '[') + std::string(n, ']');
  };
  JsonTape tape;
  EXPECT_TRUE(tape.Parse(nested(limits::kJsonDepth)));
  EXPECT_FALSE(tape.Parse(nested(limits::kJsonDepth + 1)));
  EXPECT_FALSE(tape.Parse(std::string(1'000'000, '[')));
}

TEST(JsonTapeTest, AppendsWithoutForgetting) {
  JsonTape tape;
  const std::string first = R"({"a":"\u0041"})", second = R"(["\u0042"])";
  ASSERT_TRUE(tape.Parse(first));
  const std::int64_t root = tape.Append(second);
  ASSERT_GT(root, 1);
  EXPECT_EQ(tape.Append("[1"), -1);
  const auto list = static_cast<std::uint32_t>(root);
  EXPECT_EQ(tape.node(tape.Element(list, 0)).text, "B");
  EXPECT_EQ(tape.node(tape.Member(1, "a")).text, "A");
  ASSERT_TRUE(tape.Parse("7")) << "Parse() forgets";
  EXPECT_EQ(tape.node(1).i, 7);
}

TEST(JsonTapeTest, KeepsNodesOfACommonBodyAndLetsGoOfThoseOfAHugeOne) {
  const auto list_of = [](std::size_t size) {
    std::string json = "[0";
    for (std::size_t i = 1; i < size; ++i) json += ",0";
    return json + "]";
  };
  JsonTape tape;
  ASSERT_TRUE(tape.Parse(list_of(1'000)));
  tape.Clear();
  EXPECT_GE(tape.held(), 1'000 * sizeof(TapeNode));

  ASSERT_TRUE(tape.Parse(list_of(JsonTape::kKeptBytes / sizeof(TapeNode))));
  tape.Clear();
  EXPECT_EQ(tape.held(), sizeof(TapeNode));
}

// Each value decodes a long text where the others have a short one.
TEST(JsonTapeTest, KeepsNoMoreDecodedTextThanItsCap) {
  JsonTape tape;
  const std::string text = "\"\\n" + std::string(60'000, 'x') + "\"";
  for (int at = 0; at < 100; ++at) {
    std::string json = "[";
    for (int i = 0; i < at; ++i) json += R"("\n",)";
    ASSERT_TRUE(tape.Parse(json + text + "]"));
    ASSERT_LT(tape.Append(json + text + "}"), 0);
  }
  tape.Clear();
  EXPECT_LE(tape.held(), 2 * JsonTape::kKeptBytes);
}

}  // namespace
}  // namespace tocsin
