#include "engine/pipeline/pipeline.h"

#include "engine/base/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/engine/pipeline/pipeline_run.h"

namespace tocsin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kSecond;
using testing::MemorySource;
using testing::Ran;
using testing::RulesOf;
using testing::RunPipeline;
using testing::RunText;
using ::testing::SizeIs;
using testing::WithClosed;

std::string Event(std::int64_t s, int id, const std::string& who = "eve") {
  return absl::StrFormat(
      R"({"at":%d,"id":"e%d","who":"%s","door":"d1","ok":false})", s * 1'000,
      id, who);
}

std::string Lines(const std::vector<std::int64_t>& seconds) {
  std::string out;
  int id = 0;
  for (const std::int64_t s : seconds) out += Event(s, ++id) + "\n";
  return out;
}

constexpr const char* kBurst =
    "rule burst { severity high by who when count() >= 2 within 10s "
    "then once per 60s alert \"{count} by {who}\" }";

TEST(PipelineTest, LinesBecomeAlerts) {
  const Ran ran = RunText(RulesOf(kBurst), Lines({100, 105, 106}));

  ASSERT_TRUE(ran.status.ok()) << ran.status;
  ASSERT_THAT(ran.list, SizeIs(1));
  const Alert& alert = ran.list[0];
  EXPECT_EQ(alert.rule, "burst");
  EXPECT_EQ(alert.severity, "high");
  EXPECT_EQ(alert.summary, "2 by eve");
  EXPECT_EQ(alert.first_us, 100 * kSecond);
  EXPECT_EQ(alert.time_us, 105 * kSecond);
  ASSERT_THAT(alert.events, SizeIs(2));
  EXPECT_EQ(alert.events[1].position, 2u);
  EXPECT_EQ(ran.counts.rules[0].folded, 1u);
  EXPECT_EQ(ran.counts.input.events, 3u);
  EXPECT_EQ(ran.counts.input.matched, 3u);
}

TEST(PipelineTest, ALastLineWithoutLineFeedCounts) {
  const std::string lines = Lines({100, 105});

  EXPECT_THAT(RunText(RulesOf(kBurst), lines.substr(0, lines.size() - 1)).list,
              SizeIs(1));
}

TEST(PipelineTest, SplittingAFileChangesNoByte) {
  const std::string lines = testing::RandomLines(5, 400);
  const auto rules = RulesOf(testing::kManyRules);
  const Ran whole = RunText(rules, lines);
  for (std::size_t at = lines.find('\n'); at != std::string::npos;
       at = lines.find('\n', at + 4'000)) {
    MemorySource split({lines.substr(0, at + 1), lines.substr(at + 1)});
    const Ran parts = RunPipeline(rules, {&split}, WithClosed());
    ASSERT_EQ(parts.alerts, whole.alerts);
  }
  EXPECT_THAT(whole.list, SizeIs(::testing::Gt(50u)));
}

TEST(PipelineTest, ReadsOfAnySizeChangeNoByte) {
  const std::string lines = testing::RandomLines(6, 400);
  const auto rules = RulesOf(testing::kManyRules);
  const Ran whole = RunText(rules, lines);
  for (std::uint64_t seed = 1; seed < 20; ++seed) {
    ASSERT_EQ(RunText(rules, lines, WithClosed(), seed).alerts, whole.alerts);
  }
}

// At the end what is due by the latest time is decided, later only when asked.
TEST(PipelineTest, TheEndDecidesWhatIsDueByTheLatestTime) {
  const auto rules = RulesOf(kBurst);
  PipelineOptions end_of_time = WithClosed();
  end_of_time.end_of_time = true;

  EXPECT_THAT(RunText(rules, Lines({100, 105, 106, 164})).list, SizeIs(1));
  EXPECT_THAT(RunText(rules, Lines({100, 105, 106, 165})).list, SizeIs(2));
  EXPECT_THAT(RunText(rules, Lines({100, 105, 106}), end_of_time).list,
              SizeIs(2));
}

TEST(PipelineTest, ClosedAlertsAreGivenOnlyWhenAskedFor) {
  PipelineOptions options = WithClosed();
  options.closed = false;

  EXPECT_THAT(
      RunText(RulesOf(kBurst), Lines({100, 105, 106, 300}), options).list,
      SizeIs(1));
}

TEST(PipelineTest, AnEventFarAheadDoesNotMoveTheClock) {
  const Ran ran = RunText(RulesOf(kBurst), Lines({100, 9'000, 101}));

  ASSERT_THAT(ran.list, SizeIs(2));
  EXPECT_EQ(ran.list[0].rule, "burst");
  EXPECT_EQ(ran.list[1].rule, "tocsin.bad_clock");
  EXPECT_EQ(ran.list[1].kind, AlertKind::kInternal);
  EXPECT_EQ(ran.counts.input.bad_clock, 1u);
  EXPECT_EQ(ran.counts.input.late, 0u);
}

TEST(PipelineTest, LateEventsAreCountedAndStillLookedAt) {
  const Ran ran = RunText(RulesOf(kBurst), Lines({100, 111, 104}));

  EXPECT_EQ(ran.counts.input.late, 1u);
  EXPECT_EQ(ran.counts.rules[0].late, 1u);
  EXPECT_THAT(ran.list, SizeIs(1));
}

TEST(PipelineTest, DroppedLinesHaveTheirPlaceAndNeverTakeANeighbourDown) {
  struct Letter {
    std::uint64_t line;
    std::string reason, bytes;
  };
  std::vector<Letter> letters;
  MemorySource source({Event(100, 1) + "\n\n{broken\n" + Event(101, 2) + "\n",
                       "[1]\n" + Event(102, 3)},
                      7);

  const Ran ran = RunPipeline(
      RulesOf(kBurst), {&source}, WithClosed(), [&](Pipeline* pipeline) {
        pipeline->OnDeadLetter([&](const DeadLetter& letter) {
          letters.push_back({letter.line, std::string(letter.reason),
                             std::string(letter.bytes)});
        });
      });

  ASSERT_THAT(letters, SizeIs(2));
  EXPECT_EQ(letters[0].line, 3u);
  EXPECT_EQ(letters[0].reason, "malformed");
  EXPECT_EQ(letters[0].bytes, "{broken");
  EXPECT_EQ(letters[1].line, 5u);
  EXPECT_EQ(letters[1].reason, "not_an_object");
  EXPECT_EQ(ran.counts.input.events, 3u);
  EXPECT_EQ(ran.counts.input.lines, 6u);
  EXPECT_EQ(ran.counts.input.blank_lines, 1u);
  EXPECT_EQ(ran.counts.rules[0].detections, 2u);
}

TEST(PipelineTest, ALineAtTheLimitIsReadAndOnePastItIsDropped) {
  for (const std::size_t extra : {0, 1, 100'000}) {
    SCOPED_TRACE(extra);
    std::string longest = Event(101, 2);
    longest.insert(longest.size() - 1, ",\"pad\":\"\"");
    longest.insert(
        longest.size() - 2,
        std::string(limits::kLineBytes + extra - longest.size(), 'x'));
    MemorySource source(
        {Event(100, 1) + "\n" + longest + "\n" + Event(102, 3) + "\n"});

    const Ran ran = RunPipeline(RulesOf(kBurst), {&source}, WithClosed());

    EXPECT_EQ(ran.counts.input.lines, 3u);
    EXPECT_EQ(ran.counts.rules[0].matches + ran.counts.input.too_long, 3u);
    if (extra == 0) {
      EXPECT_EQ(ran.counts.input.too_long, 0u);
    }
  }
}

TEST(PipelineTest, EvictionsAreAnnouncedOnceAnHour) {
  const auto rules =
      RulesOf("rule r { by who when count() >= 2 within 2h keys <= 2 }");
  std::string lines;
  for (int i = 0; i < 100; ++i) {
    lines += Event(100 + i, i, "u" + std::to_string(i)) + "\n";
  }
  lines += Event(4'000, 100, "last") + "\n";

  PipelineOptions options = WithClosed();
  options.max_skew_us = 1'000'000 * kSecond;
  const Ran ran = RunText(rules, lines, options);

  EXPECT_EQ(ran.counts.rules[0].evictions, 99u);
  ASSERT_THAT(ran.list, SizeIs(2));
  EXPECT_EQ(ran.list[0].rule, "tocsin.keys");
  EXPECT_EQ(ran.list[0].count, 1u);
  EXPECT_EQ(ran.list[1].count, 98u);
  EXPECT_EQ(ran.counts.rules[0].keys, 2u);
}

TEST(PipelineTest, AFirstEventOfTheYear2999SwitchesNothingOff) {
  std::string lines = Event(32'472'144'000, 0, "u") + "\n";
  for (int i = 1; i <= 20; ++i)
    lines += Event(1'800'000'000 + i, i, "u") + "\n";
  const auto rules =
      RulesOf("rule r { by who when count() >= 20 within 60s then every }");
  for (const int workers : {1, 3}) {
    for (const std::uint64_t seed : {0, 1, 2}) {
      PipelineOptions options = WithClosed();
      options.workers = workers;
      const Ran ran = RunText(rules, lines, options, seed);
      ASSERT_THAT(ran.list, SizeIs(2));
      EXPECT_EQ(ran.list[0].rule, "tocsin.bad_clock");
      EXPECT_EQ(ran.list[0].time_us / kSecond, 1'800'000'001 - 5);
      EXPECT_EQ(ran.list[1].rule, "r");
      EXPECT_EQ(ran.counts.input.late, 0u);
      EXPECT_EQ(ran.counts.input.bad_clock, 1u);
    }
  }
}

TEST(PipelineTest, SeveralLogsAreMergedByEventTime) {
  std::string odd, even, joined;
  for (int i = 0; i < 300; ++i) {
    const std::string line = Event(100 + i, i, "u" + std::to_string(i % 40));
    (i % 3 == 0 ? even : odd) += line + "\n";
    joined += line + "\n";
  }
  const auto rules =
      RulesOf("rule r { by who when count() >= 3 within 100s then every }");
  PipelineOptions options = WithClosed();
  const Ran expected = RunText(rules, joined, options);
  options.merge = true;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    for (const int workers : {1, 3}) {
      options.workers = workers;
      MemorySource a({odd}, seed), b({even}, seed == 0 ? 0 : seed + 100);
      const Ran merged = RunPipeline(rules, {&a, &b}, options);
      ASSERT_TRUE(merged.status.ok());
      ASSERT_EQ(merged.alerts, expected.alerts);
    }
  }
  EXPECT_THAT(expected.list, SizeIs(::testing::Gt(100u)));
}

TEST(PipelineTest, SourcesOneAfterTheOtherAreOneInput) {
  MemorySource a({Lines({100})}), b({Lines({105})});

  // Ids are those of each log: e1 twice is one event, so one alert is missing.
  const Ran ran =
      RunPipeline(RulesOf("rule r { by who when count() >= 2 within "
                          "10s }"),
                  {&a, &b}, WithClosed());

  EXPECT_EQ(ran.counts.input.events, 2u);
}

TEST(PipelineTest, AFailingCallbackEndsTheRun) {
  MemorySource source({Lines({100, 105})});
  Pipeline pipeline(
      WithClosed(), RulesOf(kBurst), {&source},
      [](std::span<const Alert>) { return absl::UnavailableError("no sink"); });

  EXPECT_EQ(pipeline.Run().message(), "no sink");
}

// Not only when Run() returns: somebody may be answered meanwhile.
TEST(PipelineTest, AFailureIsToldOnceAndAtOnce) {
  MemorySource source({Lines({100, 105, 110, 115})}, 1);
  int alerts = 0;
  std::vector<std::string> told;
  Pipeline pipeline(WithClosed(), RulesOf("rule r { then every }"), {&source},
                    [&](std::span<const Alert>) {
                      EXPECT_THAT(told, IsEmpty());
                      ++alerts;
                      return absl::UnavailableError("no sink");
                    });
  pipeline.OnFailure([&](const absl::Status& status) {
    told.push_back(absl::StrFormat("%s at %d", status.message(), alerts));
  });

  EXPECT_EQ(pipeline.Run().message(), "no sink");
  EXPECT_THAT(told, ElementsAre("no sink at 1"));
}

// A source that fails after some bytes; what it gave before stays good.
class FailingSource : public MemorySource {
 public:
  using MemorySource::MemorySource;
  absl::StatusOr<ReadOutcome> Read(char* into, std::size_t capacity) override {
    if (given_) return absl::DataLossError("broken compression");
    given_ = true;
    return MemorySource::Read(into, capacity);
  }

 private:
  bool given_ = false;
};

TEST(PipelineTest, AFailingSourceEndsTheRunBehindWhatItGave) {
  FailingSource source({Lines({100, 105})});

  const Ran ran = RunPipeline(RulesOf(kBurst), {&source}, WithClosed());

  EXPECT_THAT(std::string(ran.status.message()),
              HasSubstr("reading memory: broken compression"));
  EXPECT_EQ(ran.counts.input.events, 2u);
}

TEST(PipelineTest, ProgressIsToldOnTheReadingThread) {
  ManualClock clock;
  PipelineOptions options = WithClosed();
  options.clock = &clock;
  std::vector<std::uint64_t> events;
  MemorySource source({testing::RandomLines(1, 300)}, 3);

  RunPipeline(RulesOf(kBurst), {&source}, options, [&](Pipeline* pipeline) {
    pipeline->OnProgress([&](const PipelineCounts& counts) {
      events.push_back(counts.input.events);
    });
    clock.Advance(kSecond);
  });

  EXPECT_THAT(events, SizeIs(1));
}

}  // namespace
}  // namespace tocsin
