#include "engine/event/value.h"

#include <limits>

#include "gtest/gtest.h"

namespace tocsin {
namespace {

std::string Encode(const Constant& value) {
  std::string out;
  AppendCanonical(value, &out);
  return out;
}
std::string Json(const std::string& encoding) {
  std::string out;
  AppendCanonicalAsJson(encoding, &out);
  return out;
}
std::string Text(const std::string& encoding) {
  std::string out;
  AppendCanonicalAsText(encoding, &out);
  return out;
}
Constant C(auto value) {
  Constant constant;
  constant.value = value;
  return constant;
}
IpAddress Ip(std::string_view text) {
  IpAddress address;
  EXPECT_TRUE(ParseIp(text, &address)) << text;
  return address;
}

// The encoding is stored and hashed: these bytes may never change.
TEST(CanonicalTest, HasTheseBytesForever) {
  using std::string_literals::operator""s;
  EXPECT_EQ(Encode(C(Missing())), "-");
  EXPECT_EQ(Encode(C(false)), "b\0"s);
  EXPECT_EQ(Encode(C(true)), "b\1"s);
  EXPECT_EQ(Encode(C(std::int64_t{0})), "i\x80\0\0\0\0\0\0\0"s);
  EXPECT_EQ(Encode(C(std::int64_t{-1})), "i\x7f\xff\xff\xff\xff\xff\xff\xff"s);
  EXPECT_EQ(Encode(C(std::uint64_t{1} << 63)), "u\x80\0\0\0\0\0\0\0"s);
  EXPECT_EQ(Encode(C(0.5)), "f\x3f\xe0\0\0\0\0\0\0"s);
  EXPECT_EQ(Encode(C("a\0b"s)), "sa\0b"s);
  EXPECT_EQ(Encode(C(Time{1})), "t\x80\0\0\0\0\0\0\1"s);
  EXPECT_EQ(Encode(C(Duration{1})), "d\x80\0\0\0\0\0\0\1"s);
  EXPECT_EQ(Encode(C(Ip("1.2.3.4"))), "a\0\0\0\0\0\0\0\0\0\0\xff\xff\1\2\3\4"s);
  EXPECT_EQ(Encode(C(ConstantList{C(true), C(Missing())})),
            "l\0\0\0\2\0\0\0\2b\1\0\0\0\1-"s);
}

TEST(CanonicalTest, MakesEqualNumbersOneKey) {
  EXPECT_EQ(Encode(C(1.0)), Encode(C(std::int64_t{1})));
  EXPECT_EQ(Encode(C(-0.0)), Encode(C(std::int64_t{0})));
  EXPECT_EQ(Encode(C(std::uint64_t{7})), Encode(C(std::int64_t{7})));
  EXPECT_EQ(Encode(C(9223372036854775808.0)),
            Encode(C(std::uint64_t{1} << 63)));
  EXPECT_EQ(Encode(C(-9223372036854775808.0)),
            Encode(C(std::numeric_limits<std::int64_t>::min())));
  EXPECT_NE(Encode(C(1e300)), Encode(C(1e301)));
}

TEST(CanonicalTest, ReadsANumberThatIsNotFiniteAsMissing) {
  EXPECT_EQ(Encode(C(std::numeric_limits<double>::quiet_NaN())), "-");
  EXPECT_EQ(Encode(C(std::numeric_limits<double>::infinity())), "-");
}

TEST(CanonicalTest, KeepsTheOrderOfIntegersAndTimes) {
  const std::int64_t numbers[] = {INT64_MIN, -2, -1, 0, 1, 255, 256, INT64_MAX};
  for (std::size_t i = 1; i < std::size(numbers); ++i) {
    EXPECT_LT(Encode(C(numbers[i - 1])), Encode(C(numbers[i])));
    EXPECT_LT(Encode(C(Time{numbers[i - 1]})), Encode(C(Time{numbers[i]})));
  }
}

TEST(CanonicalTest, PrintsAsJson) {
  EXPECT_EQ(Json(Encode(C(Missing()))), "null");
  EXPECT_EQ(Json(Encode(C(true))), "true");
  EXPECT_EQ(Json(Encode(C(INT64_MIN))), "-9223372036854775808");
  EXPECT_EQ(Json(Encode(C(UINT64_MAX))), "18446744073709551615");
  EXPECT_EQ(Json(Encode(C(0.1))), "0.1");
  EXPECT_EQ(Json(Encode(C(std::string("a\"\n")))), R"("a\"\n")");
  EXPECT_EQ(Json(Encode(C(Time{0}))), R"("1970-01-01T00:00:00.000000Z")");
  EXPECT_EQ(Json(Encode(C(Duration{5'400'000'000}))), R"("1h30m")");
  EXPECT_EQ(Json(Encode(C(Ip("::1")))), R"("::1")");
  EXPECT_EQ(Json(Encode(C(ConstantList{C(true), C(std::string("x"))}))),
            R"([true,"x"])");
  std::string json;
  AppendCanonicalJson(R"({"a":1})", &json);
  EXPECT_EQ(Json(json), R"({"a":1})");
}

TEST(CanonicalTest, PrintsAsTextWithoutQuotesAndMissingAsADash) {
  EXPECT_EQ(Text(Encode(C(Missing()))), "-");
  EXPECT_EQ(Text(Encode(C(std::string("a\"b")))), "a\"b");
  EXPECT_EQ(
      Text(Encode(C(ConstantList{C(std::int64_t{1}), C(std::string("x"))}))),
      "1, x");
}

TEST(SizedTest, TakesBackWhatWasAppended) {
  std::string parts;
  AppendSized("sabc", &parts);
  AppendSized("", &parts);
  AppendSized("-", &parts);
  std::string_view rest = parts, part;
  ASSERT_TRUE(TakeSized(&rest, &part));
  EXPECT_EQ(part, "sabc");
  ASSERT_TRUE(TakeSized(&rest, &part));
  EXPECT_EQ(part, "");
  ASSERT_TRUE(TakeSized(&rest, &part));
  EXPECT_EQ(part, "-");
  EXPECT_FALSE(TakeSized(&rest, &part));
  rest = std::string_view(parts).substr(0, 6);
  EXPECT_FALSE(TakeSized(&rest, &part)) << "cut inside";
}

TEST(IpTest, ReadsAndPrintsAddresses) {
  const char* const kSame[] = {
      "0.0.0.0",   "10.1.2.3",    "255.255.255.255", "::",
      "::1",       "2001:db8::1", "1:2:3:4:5:6:7:8", "fe80::1:0:0:1",
      "1:0:0:2::", "0:1::"};
  for (const char* text : kSame) {
    const std::string printed = FormatIp(Ip(text));
    EXPECT_EQ(Ip(printed), Ip(text)) << text;
  }
  EXPECT_EQ(FormatIp(Ip("2001:0DB8:0:0:0:0:0:1")), "2001:db8::1");
  EXPECT_EQ(FormatIp(Ip("1:0:0:2:0:0:0:3")), "1:0:0:2::3");
  EXPECT_EQ(FormatIp(Ip("1:0:2:3:4:5:6:7")), "1:0:2:3:4:5:6:7");
  EXPECT_EQ(FormatIp(Ip("::ffff:1.2.3.4")), "1.2.3.4");
  EXPECT_EQ(Ip("::ffff:1.2.3.4"), Ip("1.2.3.4"));
  EXPECT_EQ(Ip("64:ff9b::1.2.3.4"), Ip("64:ff9b::102:304"));
}

TEST(IpTest, RefusesWhatIsNoAddress) {
  const char* const kNone[] = {"",
                               "1",
                               "1.2.3",
                               "1.2.3.4.5",
                               "256.1.1.1",
                               "01.2.3.4",
                               "1.2.3.4 ",
                               " 1.2.3.4",
                               "1.2.3.-4",
                               "1.2.3.a",
                               ":",
                               ":::",
                               "1:",
                               ":1",
                               "1::2::3",
                               "1:2:3:4:5:6:7",
                               "1:2:3:4:5:6:7:8:9",
                               "1:2:3:4:5:6:7::8:9",
                               "12345::",
                               "g::",
                               "::1%eth0",
                               "1.2.3.4/32",
                               "::1.2.3",
                               "1:2:3:4:5:6:7:1.2.3.4",
                               "1.2.3.4:80",
                               "[::1]"};
  IpAddress address;
  for (const char* text : kNone) EXPECT_FALSE(ParseIp(text, &address)) << text;
}

TEST(CidrTest, HoldsItsAddressesAndNoOther) {
  Cidr network;
  ASSERT_TRUE(ParseCidr("10.1.2.3/9", &network));
  EXPECT_EQ(FormatCidr(network), "10.0.0.0/9") << "host bits are dropped";
  EXPECT_TRUE(network.Contains(Ip("10.127.255.255")));
  EXPECT_TRUE(network.Contains(Ip("::ffff:10.0.0.1")));
  EXPECT_FALSE(network.Contains(Ip("10.128.0.0")));
  ASSERT_TRUE(ParseCidr("2001:db8::/33", &network));
  EXPECT_EQ(FormatCidr(network), "2001:db8::/33");
  EXPECT_TRUE(network.Contains(Ip("2001:db8:7fff::1")));
  EXPECT_FALSE(network.Contains(Ip("2001:db8:8000::")));
  EXPECT_FALSE(network.Contains(Ip("10.0.0.1")));
  ASSERT_TRUE(ParseCidr("1.2.3.4", &network));
  EXPECT_EQ(FormatCidr(network), "1.2.3.4/32");
  ASSERT_TRUE(ParseCidr("0.0.0.0/0", &network));
  EXPECT_TRUE(network.Contains(Ip("255.1.2.3")));
  EXPECT_FALSE(network.Contains(Ip("::1")));
  ASSERT_TRUE(ParseCidr("::/0", &network));
  EXPECT_TRUE(network.Contains(Ip("1.2.3.4")));
  for (const char* text : {"1.2.3.4/33", "::/129", "1.2.3.4/", "1.2.3.4/-1",
                           "1.2.3.4/08", "1.2.3.4/1x", "/8", ""}) {
    EXPECT_FALSE(ParseCidr(text, &network)) << text;
  }
}

TEST(TimeTest, ReadsEveryFormOfRfc3339) {
  const std::int64_t expected = 1'795'356'251'882'869;
  for (const char* text :
       {"2026-11-22T14:04:11.882869Z", "2026-11-22t14:04:11.882869z",
        "2026-11-22 14:04:11.882869+00:00", "2026-11-22T14:04:11.882869999Z",
        "2026-11-22T16:04:11.882869+02:00",
        "2026-11-22T09:34:11.882869-04:30"}) {
    std::int64_t us = 0;
    ASSERT_TRUE(ParseRfc3339(text, &us)) << text;
    EXPECT_EQ(us, expected) << text;
  }
  std::int64_t us = 0;
  ASSERT_TRUE(ParseRfc3339("2026-11-22T14:04:11Z", &us));
  EXPECT_EQ(us, 1'795'356'251'000'000);
  ASSERT_TRUE(ParseRfc3339("1969-12-31T23:59:59.5Z", &us));
  EXPECT_EQ(us, -500'000);
  ASSERT_TRUE(ParseRfc3339("2016-12-31T23:59:60Z", &us)) << "leap second";
  EXPECT_EQ(FormatTime(us), "2017-01-01T00:00:00.000000Z");
}

TEST(TimeTest, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "2026-11-22", "2026-11-22T14:04:11", "2026-11-22T14:04:11.Z",
        "2026-13-22T14:04:11Z", "2026-02-29T14:04:11Z", "2026-11-31T00:00:00Z",
        "2026-11-22T24:00:00Z", "2026-11-22T14:60:00Z", "2026-11-22T14:04:61Z",
        "2026-11-22T14:04:11Zx", "2026-11-22T14:04:11+2:00",
        "2026-11-22T14:04:11+24:00", "26-11-22T14:04:11Z", "x"}) {
    std::int64_t us = 0;
    EXPECT_FALSE(ParseRfc3339(text, &us)) << text;
  }
}

TEST(TimeTest, PrintsWhatItReads) {
  for (const char* text :
       {"0001-01-01T00:00:00.000000Z", "1900-03-01T00:00:00.000001Z",
        "1969-12-31T23:59:59.999999Z", "2000-02-29T12:00:00.000000Z",
        "2100-02-28T23:59:59.000000Z", "9999-12-31T23:59:59.999999Z"}) {
    std::int64_t us = 0;
    ASSERT_TRUE(ParseRfc3339(text, &us)) << text;
    EXPECT_EQ(FormatTime(us), text);
  }
}

TEST(DurationTest, PrintsInTheLargestUnits) {
  EXPECT_EQ(FormatDuration(0), "0s");
  EXPECT_EQ(FormatDuration(250'000), "250ms");
  EXPECT_EQ(FormatDuration(1), "1us");
  EXPECT_EQ(FormatDuration(5'400'000'000), "1h30m");
  EXPECT_EQ(FormatDuration(90'061'000'000), "1d1h1m1s");
  EXPECT_EQ(FormatDuration(-1'500'000), "-1s500ms");
  EXPECT_EQ(FormatDuration(INT64_MIN).substr(0, 10), "-106751991");
}

}  // namespace
}  // namespace tocsin
