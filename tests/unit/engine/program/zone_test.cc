#include "engine/program/zone.h"

#include "engine/event/value.h"
#include "engine/program/function.h"
#include "engine/program/time_pattern.h"
#include "gtest/gtest.h"

namespace tocsin {
namespace {

std::int64_t At(const char* text) {
  std::int64_t us = 0;
  EXPECT_TRUE(ParseRfc3339(text, &us));
  return us;
}

constexpr std::int64_t kHour = 3'600'000'000;

TEST(ZoneTest, KnowsSummerTimeAndWhereItEnds) {
  const Zone* zone = FindZone("Europe/Berlin");
  ASSERT_NE(zone, nullptr);
  EXPECT_EQ(zone->name(), "Europe/Berlin");
  const Zone::Span span = zone->At(At("2026-07-01T00:00:00Z"));
  EXPECT_EQ(span.offset_us, 2 * kHour);
  EXPECT_EQ(span.begin_us, At("2026-03-29T01:00:00Z"));
  EXPECT_EQ(span.end_us, At("2026-10-25T01:00:00Z"));
}

TEST(ZoneTest, LocalTimesThatAreTwiceOrNeverThereStillHaveAnInstant) {
  const Zone* zone = FindZone("Europe/Berlin");
  ASSERT_NE(zone, nullptr);
  EXPECT_EQ(zone->FromLocal(At("2026-03-02T00:00:00Z")),
            At("2026-03-01T23:00:00Z"));
  EXPECT_EQ(zone->FromLocal(At("2026-10-25T02:30:00Z")),
            At("2026-10-25T00:30:00Z"));
  EXPECT_EQ(zone->FromLocal(At("2026-03-29T02:30:00Z")),
            At("2026-03-29T01:00:00Z"));
}

TEST(ZoneTest, AnUnknownZoneIsNullAndAnyTimeIsAnswered) {
  EXPECT_EQ(FindZone("Europe/Atlantis"), nullptr);
  EXPECT_EQ(FindZone(""), nullptr);
  const Zone* utc = FindZone("UTC");
  ASSERT_NE(utc, nullptr);
  for (const std::int64_t us : {INT64_MIN, std::int64_t{0}, INT64_MAX}) {
    const Zone::Span span = utc->At(us);
    EXPECT_EQ(span.offset_us, 0);
    EXPECT_LE(span.begin_us, us);
  }
}

TEST(TimePatternTest, NamesTheDirectiveThatItDoesNotKnow) {
  std::string unknown;
  EXPECT_TRUE(ValidTimePattern("%d/%b/%Y:%H:%M:%S %z", &unknown));
  EXPECT_FALSE(ValidTimePattern("%Y-%Q", &unknown));
  EXPECT_EQ(unknown, "%Q");
  EXPECT_FALSE(ValidTimePattern("%Y%", &unknown));
  EXPECT_EQ(unknown, "%");
}

TEST(FunctionTest, EveryFunctionIsFoundByItsName) {
  for (std::size_t i = 0; i < Functions().size(); ++i) {
    Function function = Function::kLower;
    EXPECT_TRUE(FindFunction(Functions()[i].name, &function));
    EXPECT_EQ(static_cast<std::size_t>(function), i);
    EXPECT_EQ(Describe(function).name, Functions()[i].name);
  }
  Function function = Function::kLower;
  EXPECT_FALSE(FindFunction("nothing", &function));
}

}  // namespace
}  // namespace tocsin
