// The reference evaluator's own reading of JSON and its encodings, before
// anything is compared with it.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/property/reference_expr.h"
#include "tests/property/reference_value.h"

namespace tocsin::reference {
namespace {

Value Read(const std::string& json) {
  Value out;
  EXPECT_EQ(ReadJson(json, &out), ReadResult::kOk) << json;
  return out;
}

TEST(ReferenceTest, KeepsTheTextOfEveryValueAsItStands) {
  const Value v = Read(R"( {"a" : [1, {"b":"x"} ] ,"c":-1.50, "d":{ }} )");

  EXPECT_EQ(v.json, R"({"a" : [1, {"b":"x"} ] ,"c":-1.50, "d":{ }})");
  EXPECT_EQ(v.Member("a")->json, R"([1, {"b":"x"} ])");
  EXPECT_EQ(v.Member("a")->items[1].json, R"({"b":"x"})");
  EXPECT_EQ(v.Member("a")->items[1].Member("b")->json, R"("x")");
  EXPECT_EQ(v.Member("c")->json, "-1.50");
  EXPECT_EQ(v.Member("d")->json, "{ }");
}

TEST(ReferenceTest, TheLastDuplicateKeyCounts) {
  const Value v = Read(R"({"a":1,"b":2,"\u0061":3})");

  EXPECT_EQ(v.members.size(), 2u);
  EXPECT_EQ(v.Member("a")->i, 3);
}

TEST(ReferenceTest, NumbersAreIntegersElseDoublesElseMissing) {
  EXPECT_EQ(Read("9223372036854775807").kind, Kind::kInt);
  EXPECT_EQ(Read("9223372036854775808").kind, Kind::kUint);
  EXPECT_EQ(Read("18446744073709551616").kind, Kind::kFloat);
  EXPECT_EQ(Read("-9223372036854775809").kind, Kind::kFloat);
  EXPECT_EQ(Read("1e2").kind, Kind::kFloat);
  const Value v = Read(R"({"a":[1e999,-1e999,2,-5],"b":"1e999"})");
  EXPECT_EQ(v.Member("a")->items[0].kind, Kind::kMissing);
  EXPECT_EQ(v.Member("a")->items[1].kind, Kind::kMissing);
  EXPECT_EQ(v.Member("a")->items[2].i, 2);
  EXPECT_EQ(v.Member("a")->items[3].i, -5);
  EXPECT_EQ(v.Member("b")->text, "1e999");
}

TEST(ReferenceTest, LoneSurrogatesAndInvalidBytesAreReplaced) {
  EXPECT_EQ(Read(R"("a\ud800b")").text,
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(Read(R"("\udc00")").text, "\xEF\xBF\xBD");
  EXPECT_EQ(Read(R"("\ud83d\ude00")").text, "\xF0\x9F\x98\x80");
  EXPECT_EQ(Repair("a\xFF\xC3z"), "a\xEF\xBF\xBD\xEF\xBF\xBDz");
  EXPECT_EQ(Repair("\xE2\x82z"), "\xEF\xBF\xBDz");
}

TEST(ReferenceTest, RefusesWhatIsNoJsonAndWhatIsTooDeep) {
  Value out;
  EXPECT_EQ(ReadJson("{\"a\":", &out), ReadResult::kMalformed);
  EXPECT_EQ(ReadJson("{} {}", &out), ReadResult::kMalformed);
  EXPECT_EQ(ReadJson("{\"a\":01}", &out), ReadResult::kMalformed);
  EXPECT_EQ(ReadJson(std::string(128, '[') + std::string(128, ']'), &out),
            ReadResult::kOk);
  EXPECT_EQ(ReadJson(std::string(129, '[') + std::string(129, ']'), &out),
            ReadResult::kTooDeep);
}

TEST(ReferenceTest, EncodesAsTheHeaderOfValuesSays) {
  const std::vector<Constant> constants = {
      {true},
      {std::int64_t{-5}},
      {std::uint64_t{18446744073709551615ULL}},
      {1.5},
      {3.0},
      {std::string("text")},
      {Time{5}},
      {Duration{-5}},
      {IpAddress{{1, 2, 3}, false}},
      {Cidr{{{1, 2, 3}, false}, 24}},
      {ConstantList{{std::int64_t{1}}, {std::string("a")}, {Missing{}}}},
      {Missing{}}};
  for (const Constant& constant : constants) {
    std::string expected;
    AppendCanonical(constant, &expected);
    EXPECT_EQ(Encode(FromConstant(constant)), expected);
  }
}

TEST(ReferenceTest, ComparesIntegersAndDoublesExactly) {
  const auto order = [](Value a, Value b) { return *CompareNumbers(a, b); };
  EXPECT_EQ(order(MakeInt(9007199254740993), MakeFloat(9007199254740992.0)), 1);
  EXPECT_EQ(order(MakeFloat(0.5), MakeInt(0)), 1);
  EXPECT_EQ(order(MakeFloat(-0.5), MakeInt(0)), -1);
  EXPECT_EQ(order(MakeInt(3), MakeFloat(3.0)), 0);
  EXPECT_EQ(order(MakeUint(18446744073709551615ULL), MakeFloat(1e300)), -1);
}

}  // namespace
}  // namespace tocsin::reference
