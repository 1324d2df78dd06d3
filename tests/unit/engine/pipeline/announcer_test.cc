#include "engine/pipeline/announcer.h"

#include "engine/sequence/event_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tocsin {
namespace {

constexpr std::int64_t kHour = Announcer::kEveryMicros;

std::vector<Alert> Tell(Announcer* announcer, std::int64_t time_us,
                        std::int64_t clock_us) {
  std::vector<Alert> alerts;
  announcer->Happened("tocsin.keys", "r", "keys forgotten", 1,
                      {7, time_us, clock_us}, &alerts);
  return alerts;
}

TEST(AnnouncerTest, TellsASubjectOnceAnHourAndWhatHappenedMeanwhile) {
  Announcer announcer;
  EXPECT_EQ(Tell(&announcer, 5, 0).size(), 1u);
  EXPECT_EQ(Tell(&announcer, 5, kHour - 1).size(), 0u);
  const std::vector<Alert> alerts = Tell(&announcer, 5, kHour);
  ASSERT_EQ(alerts.size(), 1u);
  EXPECT_EQ(alerts[0].count, 2u);
  EXPECT_EQ(alerts[0].time_us, kHour);
}

TEST(AnnouncerTest, BeforeTheClockRunsItTellsOnceAtTheTimeOfTheEvent) {
  Announcer announcer;
  const std::vector<Alert> alerts = Tell(&announcer, 5, EventClock::kNone);
  ASSERT_EQ(alerts.size(), 1u);
  EXPECT_EQ(alerts[0].time_us, 5);
  EXPECT_EQ(Tell(&announcer, 6, EventClock::kNone).size(), 0u);

  std::string bytes;
  announcer.Save(&bytes);
  Announcer loaded;
  std::string_view rest = bytes;
  ASSERT_TRUE(loaded.Load(&rest));
  EXPECT_EQ(Tell(&loaded, 7, 1).size(), 1u) << "the clock runs";
  EXPECT_EQ(Tell(&loaded, 8, 2).size(), 0u);
}

TEST(AnnouncerTest, ExtremeClocksDoNotOverflow) {
  Announcer announcer;
  EXPECT_EQ(Tell(&announcer, 5, INT64_MIN + 1).size(), 1u);
  EXPECT_EQ(Tell(&announcer, 5, INT64_MAX).size(), 1u);
  EXPECT_EQ(Tell(&announcer, 5, INT64_MAX).size(), 0u);
}

}  // namespace
}  // namespace tocsin
