// How often checkpoints are made.
#include <algorithm>

#include "absl/strings/str_format.h"
#include "engine/pipeline/pipeline.h"
#include "gtest/gtest.h"
#include "tests/testing/memory_source.h"
#include "tests/unit/engine/pipeline/pipeline_run.h"

namespace tocsin {
namespace {

using testing::kSecond;
using testing::MemorySource;
using testing::RulesOf;
using testing::RunPipeline;

enum class Pace { kBacklog, kCaughtUp, kLittleRoom };

// Each of its files is a chunk and takes a tenth of a second.
class SteadySource : public MemorySource {
 public:
  SteadySource(std::size_t chunks, ManualClock* clock, Pace pace)
      : MemorySource(Files(chunks)), clock_(clock), pace_(pace) {}
  absl::StatusOr<ReadOutcome> Read(char* into, std::size_t capacity) override {
    waits_ = pace_ == Pace::kCaughtUp && !waits_;
    if (waits_) return ReadOutcome{ReadKind::kNothing};
    absl::StatusOr<ReadOutcome> outcome = MemorySource::Read(into, capacity);
    if (outcome.ok() && outcome->kind == ReadKind::kData) {
      clock_->Advance(kSecond / 10);
    }
    return outcome;
  }
  bool WantsCheckpoint() const override { return pace_ == Pace::kLittleRoom; }

 private:
  static std::vector<std::string> Files(std::size_t chunks) {
    std::vector<std::string> files;
    for (std::size_t i = 0; i < chunks; ++i) {
      files.push_back(absl::StrFormat(
          "{\"at\":%d,\"id\":\"%d\",\"who\":\"eve\"}\n", 1'000 + 100 * i, i));
    }
    return files;
  }
  ManualClock* const clock_;
  const Pace pace_;
  bool waits_ = false;  // Every second time.
};

// To make a checkpoint valid takes it `cost_us`.
class SlowStore : public MemoryStateStore {
 public:
  SlowStore(std::int64_t cost_us, ManualClock* clock)
      : cost_us_(cost_us), clock_(clock) {}
  absl::Status Write(const StoreBatch& batch, bool sync) override {
    const bool makes_valid = std::any_of(
        batch.changes().begin(), batch.changes().end(),
        [](const auto& change) { return change.family == Family::kMeta; });
    if (makes_valid) {
      clock_->Advance(cost_us_);
      valid_at_us.push_back(clock_->SteadyMicros());
    }
    return MemoryStateStore::Write(batch, sync);
  }
  std::vector<std::int64_t> valid_at_us;

 private:
  const std::int64_t cost_us_;
  ManualClock* const clock_;
};

// From one checkpoint that is made in time to the next: the first is made at
// the start, the last at the end.
std::vector<std::int64_t> Gaps(std::int64_t cost_us, Pace pace) {
  ManualClock clock;
  SteadySource source(200, &clock, pace);
  SlowStore store(cost_us, &clock);
  PipelineOptions options;
  options.clock = &clock;
  options.store = &store;
  options.checkpoint_us = kSecond;
  RunPipeline(RulesOf("rule r { by who then once per 60s }"), {&source},
              options);
  std::vector<std::int64_t> gaps;
  const std::vector<std::int64_t>& at = store.valid_at_us;
  for (std::size_t i = 2; i + 1 < at.size(); ++i) {
    gaps.push_back(at[i] - at[i - 1]);
  }
  return gaps;
}

TEST(MarksTest, ACheckpointIsMadeEachInterval) {
  const std::vector<std::int64_t> gaps = Gaps(0, Pace::kCaughtUp);
  EXPECT_EQ(gaps, std::vector<std::int64_t>(19, kSecond));
}

TEST(MarksTest, OneThatTakesLongIsMadeSeldomer) {
  const std::vector<std::int64_t> gaps = Gaps(kSecond / 5, Pace::kCaughtUp);
  ASSERT_GE(gaps.size(), 5u);
  for (const std::int64_t gap : gaps) EXPECT_EQ(gap, 2 * kSecond);
}

TEST(MarksTest, OneThatTakesVeryLongIsMadeEachThreeIntervals) {
  const std::vector<std::int64_t> gaps = Gaps(kSecond, Pace::kCaughtUp);
  ASSERT_GE(gaps.size(), 5u);
  for (const std::int64_t gap : gaps) EXPECT_EQ(gap, 3 * kSecond);
}

TEST(MarksTest, ABacklogHasOneEachThreeIntervals) {
  const std::vector<std::int64_t> gaps = Gaps(0, Pace::kBacklog);
  EXPECT_EQ(gaps, std::vector<std::int64_t>(5, 3 * kSecond));
}

TEST(MarksTest, ASourceWithLittleRoomHasOneEachInterval) {
  const std::vector<std::int64_t> gaps = Gaps(kSecond / 5, Pace::kLittleRoom);
  EXPECT_EQ(gaps, std::vector<std::int64_t>(gaps.size(), kSecond));
  EXPECT_GE(gaps.size(), 15u);
}

// Whoever asks while state is read is told to wait.
TEST(ReplayingTest, FromBeforeTheStateIsReadUntilTheLogHasBeen) {
  MemoryStateStore store;
  for (const bool durable : {true, false}) {
    ManualClock clock;
    SteadySource source(3, &clock, Pace::kBacklog);
    PipelineOptions options = testing::WithClosed();
    options.store = durable ? &store : nullptr;
    Pipeline pipeline(options, RulesOf(testing::kManyRules), {&source},
                      [](std::span<const Alert>) { return absl::OkStatus(); });
    EXPECT_EQ(pipeline.Counts().durable.replaying, durable);
    ASSERT_TRUE(pipeline.Run().ok());
    EXPECT_FALSE(pipeline.Counts().durable.replaying);
  }
}

}  // namespace
}  // namespace tocsin
