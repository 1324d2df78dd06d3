// The limits of rule text, at each limit and one past it, and the time it
// takes.
#include "engine/base/limits.h"

#include <ctime>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/dsl/parser/parser_testing.h"

namespace tocsin::dsl {
namespace {

using ::testing::HasSubstr;

// Of this process: other work on the machine does not count.
double CpuSecondsSince(std::clock_t start) {
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

std::string Repeat(const std::string& text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

// A construct that nests: `open` n times, the core, `close` n times.
struct Nest {
  const char* name;
  const char* before;
  const char* open;
  const char* core;
  const char* close;
  const char* after;
  std::size_t levels = 1;  // Of one `open`.
  std::size_t around = 0;  // Levels of `before`.
};

std::string Nested(const Nest& nest, std::size_t depth) {
  depth = (depth - nest.around + nest.levels - 1) / nest.levels;
  return nest.before + Repeat(nest.open, depth) + nest.core +
         Repeat(nest.close, depth) + nest.after;
}

class NestingTest : public ::testing::TestWithParam<Nest> {};

TEST_P(NestingTest, IsReadUpToTheLimit) {
  const Parsed parsed(Nested(GetParam(), limits::kNesting));

  EXPECT_EQ(parsed.Report().substr(0, 400), "");
}

TEST_P(NestingTest, IsRefusedOnePastIt) {
  const Parsed parsed(Nested(GetParam(), limits::kNesting + 1));

  EXPECT_EQ(parsed.sink().errors(), 1u);
  EXPECT_THAT(parsed.Report(), HasSubstr("E0102"));
}

TEST_P(NestingTest, IsRefusedAtAHundredThousand) {
  const Parsed parsed(Nested(GetParam(), 100'000));

  EXPECT_EQ(parsed.sink().errors(), 1u);
  EXPECT_THAT(parsed.Report(), HasSubstr("E0102"));
}

INSTANTIATE_TEST_SUITE_P(
    Constructs, NestingTest,
    ::testing::Values(
        Nest{"Parentheses", "let a = ", "(", "x", ")", "\n"},
        Nest{"Calls", "let a = ", "f(", "x", ")", "\n"},
        Nest{"Lists", "let a = ", "[", "x", "]", "\n"},
        Nest{"Subscripts", "let a = ", "x[", "1", "]", "\n"},
        Nest{"Quantifiers", "let a = ", "any c in p (", "x", ")", "\n"},
        Nest{"Conditions", "rule r { when ", "(", "silent for 5m", ")", " }\n"},
        Nest{"Sums", "rule r { when ", "(", "n", ")", " > 3 }\n"},
        Nest{"Fields", "schema s { fields ", "{ a ", "int", "}", " }\n"},
        Nest{"Types", "schema s { fields ", "{ a list of ", "int", "}", " }\n",
             2},
        Nest{"Holes", "rule r { alert \"{", "(", "x", ")", "}\" }\n", 1, 1},
        Nest{"Json", "test \"t\" for r { let a = ", "[", "1", "]", " }\n"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(LimitsTest, ALongRowOfOperatorsIsBound) {
  EXPECT_EQ(Parsed("let a = x" + Repeat(" + x", 500)).Report(), "");
  EXPECT_EQ(Parsed("let a = " + Repeat("- ", 500) + "x").Report(), "");
  EXPECT_EQ(Parsed("let a = x" + Repeat(".x", 500)).Report(), "");
  for (const std::string& text : {"let a = x" + Repeat(" + x", 100'000),
                                  "let a = " + Repeat("not ", 100'000) + "x",
                                  "let a = " + Repeat("- ", 100'000) + "x",
                                  "let a = x" + Repeat(".x", 100'000),
                                  "let a = x" + Repeat("[0]", 100'000)}) {
    const Parsed parsed(text);
    EXPECT_EQ(parsed.sink().errors(), 1u) << text.substr(0, 30);
    EXPECT_THAT(parsed.Report(), HasSubstr("E0102"));
  }
}

TEST(LimitsTest, AndAndOrMayBeLong) {
  const Parsed parsed("let a = x" + Repeat(" or x == 1", 20'000) +
                      "\nlet b = x" + Repeat(" and x", 20'000) + "\n");

  EXPECT_EQ(parsed.Report(), "");
  const auto& let = std::get<cst::LetItem>(parsed.file().items[0].value);
  EXPECT_EQ(let.body.children.size(), 20'001u);
}

TEST(LimitsTest, AFileHasALargestSize) {
  const std::string head = "let a = b\n";
  const std::string fill(limits::kRuleFileBytes - head.size(), '\n');

  EXPECT_EQ(Parsed(head + fill).Report(), "");
  const Parsed over(head + fill + "\n");
  EXPECT_THAT(over.Report(), HasSubstr("E0106"));
  EXPECT_FALSE(over.file().complete);
}

TEST(LimitsTest, BytesThatAreNoTextAreRefusedWithTheirPlace) {
  for (const std::string& bad :
       {std::string("\0", 1), std::string("\xff"), std::string("\xc0\xaf"),
        std::string("\xed\xa0\x80"), std::string("\xe2\x82"),
        std::string("\xf4\x90\x80\x80"), std::string("\x80")}) {
    const Parsed parsed("let a = b\n# " + bad);
    EXPECT_EQ(parsed.Places(), "2:3 E0105\n");
    EXPECT_FALSE(parsed.file().complete);
  }
  EXPECT_EQ(Parsed("# \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\n").Report(), "");
}

TEST(LimitsTest, ErrorsPastTheLimitAreCountedNotKept) {
  const Parsed parsed(Repeat("let a = (\n", 1'000));

  EXPECT_EQ(parsed.sink().diagnostics().size(), limits::kErrorsShown);
  EXPECT_EQ(parsed.sink().suppressed(), 1'000 - limits::kErrorsShown);
}

// Read twice, each of 64 parentheses would take 2^64 steps.
TEST(LimitsTest, NothingIsReadTwicePerLevel) {
  const std::clock_t start = std::clock();
  for (int i = 0; i < 50; ++i) {
    Parsed("rule r { when " + Repeat("(", 64) + "count()" + Repeat(")", 64) +
           " > 3 within 1m }\nlet a = " + Repeat("(", 64) + "any c in p" +
           Repeat(")", 64) + "\nlet b = " + Repeat("f(", 64) + "\n");
  }
  const double seconds = CpuSecondsSince(start);

  EXPECT_LT(seconds, 2);
}

// Recovery looks for the next clause; many mistakes must not make it quadratic.
TEST(LimitsTest, AFileOfMistakesIsReadInTime) {
  const std::clock_t start = std::clock();
  const Parsed parsed(
      Repeat("rule r {\n  wehre x == == y\n  by [\n}\n", 20'000));
  const double seconds = CpuSecondsSince(start);

  EXPECT_GT(parsed.sink().errors(), 30'000u);
  EXPECT_LT(seconds, 10);
}

}  // namespace
}  // namespace tocsin::dsl
