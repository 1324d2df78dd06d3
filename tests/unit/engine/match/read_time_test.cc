#include "engine/match/read_time.h"

#include <string>

#include "engine/event/value.h"
#include "gtest/gtest.h"

namespace tocsin {
namespace {

TEST(ReadTimeTest, TheShortWayReadsWhatTheLongWayReads) {
  TimeReader reader;
  const TimeProgram source;
  for (const char* text :
       {"2026-11-22T14:04:11.882869Z", "2026-11-22T23:59:59.999999Z",
        "2026-12-31T23:59:60.000000Z", "2026-12-31T01:00:00.000000Z",
        "2026-11-22T24:00:00.000000Z", "2026-11-22T14:0x:11.882869Z",
        "2026-11-22T14:04:60.882869Z", "2026-11-22T14:04:11.88286 Z",
        "2026-11-22T14:04:11.88286/Z", "2026-11-23T00:00:00.000001Z",
        "2026-11-22T14:04:11.8828690Z", "2026-11-22T14:04:11+01:00",
        "2026-11-22 14:04:11.882869Z", "1969-12-31T23:59:59.999999Z",
        "2026-02-29T00:00:00.000000Z", "2024-02-29T00:00:00.000000Z", ""}) {
    std::int64_t expected = -1, got = -1;
    const bool readable = ParseRfc3339(text, &expected);
    for (int again = 0; again < 2; ++again) {
      EXPECT_EQ(reader.Read(source, TextValue(text), &got), readable) << text;
      if (readable) {
        EXPECT_EQ(got, expected) << text;
      }
    }
  }
}

TEST(ReadTimeTest, EpochsAreExactToTheMicrosecond) {
  TimeReader reader;
  TimeProgram source;
  const auto read = [&](TimeFormat format, const Value& value) {
    source.format = format;
    std::int64_t us = -1;
    return reader.Read(source, value, &us) ? us : -1;
  };
  EXPECT_EQ(read(TimeFormat::kEpochSeconds, TextValue("1700000000.123456789")),
            1700000000123456);
  EXPECT_EQ(read(TimeFormat::kEpochSeconds, FloatValue(1700000000.5)),
            1700000000500000);
  EXPECT_EQ(read(TimeFormat::kEpochMillis, IntValue(1700000000123)),
            1700000000123000);
  EXPECT_EQ(read(TimeFormat::kEpochMicros, IntValue(7)), 7);
  EXPECT_EQ(read(TimeFormat::kEpochNanos, IntValue(1700000000123456789)),
            1700000000123456);
  EXPECT_EQ(read(TimeFormat::kEpochNanos, TextValue("1700000000123456789")),
            1700000000123456);
  EXPECT_EQ(read(TimeFormat::kEpochSeconds, TextValue("soon")), -1);
  EXPECT_EQ(read(TimeFormat::kEpochSeconds, TextValue("")), -1);
  EXPECT_EQ(read(TimeFormat::kEpochSeconds, IntValue(INT64_MAX)), -1);
  EXPECT_EQ(read(TimeFormat::kEpochSeconds, FloatValue(1e300)), -1);
  EXPECT_EQ(read(TimeFormat::kEpochSeconds, BoolValue(true)), -1);
}

TEST(ReadTimeTest, PatternsReadOtherForms) {
  TimeReader reader;
  TimeProgram source;
  source.format = TimeFormat::kPattern;
  const auto read = [&](const std::string& pattern, const char* text) {
    source.pattern = pattern;
    std::int64_t us = 0;
    return reader.Read(source, TextValue(text), &us) ? FormatTime(us) : "-";
  };
  EXPECT_EQ(read("%d/%b/%Y:%H:%M:%S %z", "02/Jan/2026:15:04:05 +0200"),
            "2026-01-02T13:04:05.000000Z");
  EXPECT_EQ(read("%b %e %T.%f %Y", "Mar  1 00:00:01.25 2026"),
            "2026-03-01T00:00:01.250000Z");
  EXPECT_EQ(read("%a %F %I:%M %p", "Sun 2026-03-01 12:30 AM"),
            "2026-03-01T00:30:00.000000Z");
  EXPECT_EQ(read("%s", "1700000000"), "2023-11-14T22:13:20.000000Z");
  EXPECT_EQ(read("%F", "2026-02-30"), "-");
  EXPECT_EQ(read("%F", "2026-02-03 "), "-");
  EXPECT_EQ(read("%F", "26"), "-");
}

}  // namespace
}  // namespace tocsin
