// Sources that still grow: waiting, standing still, being held back, stopping.
#include <deque>

#include "engine/pipeline/pipeline.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/engine/pipeline/pipeline_run.h"

namespace tocsin {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::kSecond;
using testing::Ran;
using testing::RulesOf;
using testing::RunPipeline;
using ::testing::SizeIs;

// Plays a script: bytes, or a time that it has passed, then "nothing now" until
// Wait() has been called.
class LiveSource : public Source {
 public:
  LiveSource(std::string name, ManualClock* clock)
      : name_(std::move(name)), clock_(clock) {}
  // What comes next, after a wait of `us`.
  void Then(std::string bytes, std::int64_t us = 0) {
    script_.push_back({std::move(bytes), us, 0});
  }
  void ThenShown(std::int64_t shown_us) {
    script_.push_back({"", 0, shown_us});
  }
  // What happens when the script is over.
  std::function<void()> at_end;

  std::string_view name() const override { return name_; }
  absl::StatusOr<ReadOutcome> Read(char* into, std::size_t capacity) override {
    if (script_.empty() || script_.front().wait_us > 0) {
      return ReadOutcome{ReadKind::kNothing, 0};
    }
    if (const std::int64_t shown = script_.front().shown_us; shown != 0) {
      script_.pop_front();
      return ReadOutcome{ReadKind::kShown, 0, shown};
    }
    std::string& bytes = script_.front().bytes;
    const std::size_t size = std::min(capacity, bytes.size());
    std::copy_n(bytes.begin(), size, into);
    bytes.erase(0, size);
    if (bytes.empty()) script_.pop_front();
    return ReadOutcome{ReadKind::kData, size};
  }
  void Wait(int timeout_ms) override {
    clock_->Advance(timeout_ms * 1'000);
    if (!script_.empty()) {
      script_.front().wait_us -= timeout_ms * 1'000;
    } else if (at_end) {
      at_end();
    }
  }
  SourcePosition position() const override { return ""; }
  absl::Status Resume(const SourcePosition&) override {
    return absl::OkStatus();
  }

 private:
  struct Piece {
    std::string bytes;
    std::int64_t wait_us;
    std::int64_t shown_us;
  };
  std::string name_;
  ManualClock* clock_;
  std::deque<Piece> script_;
};

std::string Line(std::int64_t s, int id, const std::string& who = "eve") {
  return absl::StrFormat(R"({"at":%d,"id":"%d","who":"%s"})", s * 1'000, id,
                         who) +
         "\n";
}

PipelineOptions Live(const ManualClock& clock) {
  PipelineOptions options = testing::WithClosed();
  options.live = true;
  options.clock = &clock;
  return options;
}

constexpr const char* kOnce = "rule r { by who then once per 60s }";

std::vector<std::string> KindsAndSeconds(const Ran& ran) {
  std::vector<std::string> out;
  for (const Alert& alert : ran.list) {
    out.push_back(absl::StrFormat(
        "%s %d", alert.kind == AlertKind::kClosed ? "closed" : "alert",
        alert.time_us / kSecond));
  }
  return out;
}

TEST(LiveTest, HalfALineIsNeverAnEvent) {
  ManualClock clock;
  LiveSource source("a", &clock);
  const std::string line = Line(100, 1);
  source.Then(line.substr(0, 10));
  source.Then(line.substr(10), 50'000);
  source.Then("{\"at\":", 50'000);

  const Ran ran = RunPipeline(
      RulesOf(kOnce), {&source}, Live(clock), [&](Pipeline* pipeline) {
        source.at_end = [pipeline] { pipeline->Stop(); };
      });

  EXPECT_TRUE(ran.status.ok());
  EXPECT_EQ(ran.counts.input.events, 1u);
  EXPECT_EQ(ran.counts.input.lines, 1u);
}

// Behind the lines that came before it, a source's word moves the clock: a hold
// that ends at 160 s is closed by 165 s shown, at a lateness of 5 s.
TEST(LiveTest, ATimeThatASourceHasPassedDecidesWhatIsDue) {
  for (const std::int64_t shown_us : {165 * kSecond, 165 * kSecond + 1}) {
    ManualClock clock;
    LiveSource source("a", &clock);
    source.Then(Line(100, 1));
    source.Then(Line(101, 2));
    source.ThenShown(shown_us);

    const Ran ran = RunPipeline(
        RulesOf(kOnce), {&source}, Live(clock), [&](Pipeline* pipeline) {
          source.at_end = [pipeline] { pipeline->Stop(); };
        });

    EXPECT_TRUE(ran.status.ok());
    EXPECT_EQ(KindsAndSeconds(ran).back() == "closed 160",
              shown_us > 165 * kSecond);
  }
}

// Stopping decides nothing that is not due yet.
TEST(LiveTest, StoppingIsNotTheEndOfTheInput) {
  ManualClock clock;
  LiveSource source("a", &clock);
  source.Then(Line(100, 1) + Line(101, 2) + Line(160, 3));

  const Ran ran = RunPipeline(
      RulesOf(kOnce), {&source}, Live(clock), [&](Pipeline* pipeline) {
        source.at_end = [pipeline] { pipeline->Stop(); };
      });

  EXPECT_THAT(KindsAndSeconds(ran), ElementsAre("alert 100", "alert 160"));
}

// After `idle` wall time goes on for a source that stands still.
TEST(LiveTest, AnIdleSourceNoLongerHoldsTheClock) {
  ManualClock clock;
  clock.SetWall(100 * kSecond);
  LiveSource source("a", &clock);
  source.Then(Line(100, 1) + Line(101, 2));
  int waits = 0;

  const Ran ran = RunPipeline(RulesOf(kOnce), {&source}, Live(clock),
                              [&](Pipeline* pipeline) {
                                source.at_end = [&waits, pipeline] {
                                  if (++waits == 800)
                                    pipeline->Stop();  // 80 s.
                                };
                              });

  EXPECT_THAT(KindsAndSeconds(ran), ElementsAre("alert 100", "closed 160"));
}

// Until it has shown itself or been idle, a source holds the clock.
TEST(LiveTest, TheSlowestRunningSourceHoldsTheClock) {
  ManualClock clock;
  LiveSource slow("slow", &clock), fast("fast", &clock);
  slow.Then(Line(100, 1) + Line(101, 2));
  fast.Then(Line(100, 3, "x") + Line(150, 4, "x"));
  slow.Then(Line(120, 5), 5'000);
  int waits = 0;

  const Ran ran = RunPipeline(RulesOf(kOnce), {&slow, &fast}, Live(clock),
                              [&](Pipeline* pipeline) {
                                slow.at_end = [&waits, pipeline] {
                                  if (++waits == 10) pipeline->Stop();
                                };
                              });

  EXPECT_EQ(ran.counts.input.late, 0u);
  EXPECT_EQ(ran.counts.input.events, 5u);
}

// More than 60 s ahead of another that runs: held back until that one follows.
TEST(LiveTest, ASourceFarAheadIsHeldBack) {
  ManualClock clock;
  LiveSource slow("slow", &clock), fast("fast", &clock);
  slow.Then(Line(99, 5, "slow") + Line(100, 1, "slow"));
  fast.Then(Line(199, 6, "fast") + Line(200, 2, "fast"));
  fast.Then(Line(210, 3, "fast"), 5'000);
  slow.Then(Line(190, 4, "slow"), 400'000);
  int waits = 0;

  const Ran ran = RunPipeline(RulesOf("rule r { }"), {&slow, &fast},
                              Live(clock), [&](Pipeline* pipeline) {
                                slow.at_end = [&waits, pipeline] {
                                  if (++waits == 10) pipeline->Stop();
                                };
                              });

  std::vector<std::int64_t> seconds;
  for (const Alert& alert : ran.list)
    seconds.push_back(alert.time_us / kSecond);
  EXPECT_THAT(seconds, ElementsAre(99, 100, 199, 200, 190, 210));
}

// The first event of a source is in doubt: it holds nobody back, itself
// neither.
TEST(LiveTest, AFirstEventFarAheadDoesNotHoldItsSourceBack) {
  ManualClock clock;
  LiveSource slow("slow", &clock), wild("wild", &clock);
  slow.Then(Line(99, 1) + Line(100, 2));
  wild.Then(Line(9'000'000, 3, "x"));
  wild.Then(Line(101, 4, "x"), 5'000);
  slow.Then(Line(190, 5), 400'000);
  int waits = 0;

  const Ran ran = RunPipeline(RulesOf("rule r { }"), {&slow, &wild},
                              Live(clock), [&](Pipeline* pipeline) {
                                slow.at_end = [&waits, pipeline] {
                                  if (++waits == 10) pipeline->Stop();
                                };
                              });

  std::vector<std::int64_t> seconds;
  for (const Alert& alert : ran.list) {
    if (alert.rule == "r") seconds.push_back(alert.time_us / kSecond);
  }
  EXPECT_THAT(seconds, ElementsAre(99, 100, 9'000'000, 101, 190));
  EXPECT_EQ(ran.counts.input.bad_clock, 1u);
}

}  // namespace
}  // namespace tocsin
