#include "app/quantity.h"

#include "gtest/gtest.h"

namespace tocsin {
namespace {

TEST(QuantityTest, DurationsAreWholeNumbersWithUnitsLargestFirst) {
  EXPECT_EQ(*ParseDuration("30s"), 30'000'000);
  EXPECT_EQ(*ParseDuration("1h30m"), 5'400'000'000);
  EXPECT_EQ(*ParseDuration("7d"), 604'800'000'000);
  EXPECT_EQ(*ParseDuration("1w"), 604'800'000'000);
  EXPECT_EQ(*ParseDuration("250ms5us"), 250'005);
  EXPECT_EQ(*ParseDuration("0"), 0);
  EXPECT_EQ(*ParseDuration("0s"), 0);
}

TEST(QuantityTest, WhatIsNoDurationIsRefused) {
  for (const char* text :
       {"", "5", "s", "5x", "-5s", "1.5h", "5s1h", "5s5s", " 5s", "5s ", "101y",
        "99999999999999999999s", "40000d"}) {
    EXPECT_FALSE(ParseDuration(text).ok()) << text;
  }
}

TEST(QuantityTest, SizesHaveBinaryAndDecimalUnits) {
  EXPECT_EQ(*ParseSize("100MiB"), 104'857'600u);
  EXPECT_EQ(*ParseSize("64KiB"), 65'536u);
  EXPECT_EQ(*ParseSize("2GB"), 2'000'000'000u);
  EXPECT_EQ(*ParseSize("512"), 512u);
  EXPECT_EQ(*ParseSize("512B"), 512u);
  for (const char* text :
       {"", "MiB", "1.5MiB", "-1", "1XiB", "1 MiB", "99999999TiB"}) {
    EXPECT_FALSE(ParseSize(text).ok()) << text;
  }
}

TEST(QuantityTest, ASizeIsWrittenAsItIsRead) {
  for (const char* text : {"100MiB", "3KiB", "1TiB", "1000B", "0B", "1025B"}) {
    EXPECT_EQ(FormatSize(*ParseSize(text)), text);
  }
}

TEST(QuantityTest, FiguresForPeopleAreShort) {
  EXPECT_EQ(FormatCount(0), "0");
  EXPECT_EQ(FormatCount(999), "999");
  EXPECT_EQ(FormatCount(1'234'567), "1,234,567");
  EXPECT_EQ(FormatBytes(999), "999 B");
  EXPECT_EQ(FormatBytes(201'300'000), "201.3 MB");
  EXPECT_EQ(FormatBytes(999'960), "1.0 MB");
  EXPECT_EQ(FormatElapsed(0.04), "0.0 s");
  EXPECT_EQ(FormatElapsed(125), "2 min 05 s");
  EXPECT_EQ(FormatElapsed(3'780), "1 h 03 min");
}

}  // namespace
}  // namespace tocsin
