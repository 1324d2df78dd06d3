// The same alerts, byte for byte, whoever runs which step when; and through
// crashes at any chunk border.
#include <map>
#include <set>

#include "engine/pipeline/pipeline.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/engine/pipeline/pipeline_run.h"

namespace tocsin {
namespace {

using testing::kManyRules;
using testing::MemorySource;
using testing::Ran;
using testing::RandomLines;
using testing::RulesOf;
using testing::RunPipeline;
using testing::RunText;
using ::testing::SizeIs;
using testing::WithClosed;
using testing::WithRulesOverAlerts;

std::string Totals(const PipelineCounts& counts) {
  std::string out = absl::StrFormat("%d %d %d %d %d", counts.input.events,
                                    counts.input.late, counts.input.duplicates,
                                    counts.input.matched, counts.input.lines);
  for (const RuleTotals& rule : counts.rules) {
    out += absl::StrFormat(" %s:%d,%d,%d,%d,%d,%d", rule.name, rule.matches,
                           rule.detections, rule.alerts, rule.folded,
                           rule.evictions, rule.keys);
  }
  return out;
}

// By turns without rules over alerts and with.
std::shared_ptr<const RuleSet> SomeRules(std::uint64_t seed) {
  return RulesOf(seed % 2 == 0 ? kManyRules : WithRulesOverAlerts());
}

class SameBytesTest : public ::testing::TestWithParam<int> {};

// 120 schedules a number of workers, in reads of a few bytes to a few lines.
TEST_P(SameBytesTest, ForAnySchedule) {
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    SCOPED_TRACE(seed);
    const auto rules = SomeRules(seed);
    const std::string lines = RandomLines(seed % 5, 250);
    const Ran expected = RunText(rules, lines);
    SeededExecutor executor(GetParam(), seed);
    PipelineOptions options = WithClosed();
    options.executor = &executor;
    options.rows_per_step = 1 + seed % 4;
    const Ran got = RunText(rules, lines, options, seed);
    ASSERT_EQ(got.alerts, expected.alerts);
    ASSERT_EQ(Totals(got.counts), Totals(expected.counts));
  }
}

TEST_P(SameBytesTest, OnRealThreads) {
  const std::string lines = RandomLines(9, 3'000);
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    const auto rules = SomeRules(seed);
    const Ran expected = RunText(rules, lines);
    ASSERT_THAT(expected.list, SizeIs(::testing::Gt(300u)));
    PipelineOptions options = WithClosed();
    options.workers = GetParam();
    options.rows_per_step = 4;
    const Ran got = RunText(rules, lines, options, seed);
    ASSERT_EQ(got.alerts, expected.alerts);
    ASSERT_EQ(Totals(got.counts), Totals(expected.counts));
  }
}

INSTANTIATE_TEST_SUITE_P(Workers, SameBytesTest,
                         ::testing::Values(1, 2, 8, 16));

// The process dies (the source fails) before its n-th read.
class DyingSource : public MemorySource {
 public:
  DyingSource(std::string bytes, std::uint64_t split_seed, int reads)
      : MemorySource({std::move(bytes)}, split_seed), reads_(reads) {}
  absl::StatusOr<ReadOutcome> Read(char* into, std::size_t capacity) override {
    if (reads_-- == 0) return absl::AbortedError("the process died");
    return MemorySource::Read(into, capacity);
  }

 private:
  int reads_;
};

// Alerts once each: an id that was given before the crash comes again as it
// was.
void Merge(const std::vector<Alert>& more, std::vector<std::string>* order,
           std::map<std::string, std::string>* seen) {
  for (const Alert& alert : more) {
    std::string line;
    AppendJson(alert, &line);
    const std::string name =
        alert.id + (alert.kind == AlertKind::kClosed ? " closed" : "");
    const auto [found, fresh] = seen->emplace(name, line);
    EXPECT_EQ(found->second, line);
    if (fresh) order->push_back(line);
  }
}

TEST(RestartTest, ACrashAtAnyPlaceChangesNoAlert) {
  testing::Random random(4);
  for (int run = 0; run < 60; ++run) {
    SCOPED_TRACE(run);
    const auto rules = SomeRules(run / 2);
    const std::string lines = RandomLines(run, 200);
    const Ran expected = RunText(rules, lines);
    MemoryStateStore store;
    PipelineOptions options = WithClosed();
    options.store = &store;
    options.checkpoint_chunks = 1 + run % 4;
    SeededExecutor executor(1 + run % 3, run);
    if (run % 2 == 1) options.executor = &executor;
    std::vector<std::string> order;
    std::map<std::string, std::string> seen;
    bool done = false;
    for (int life = 0; !done; ++life) {
      ASSERT_LT(life, 1'000);
      const int reads =
          life == 999 ? -1 : 8 + static_cast<int>(random.Below(60));
      if (random.Chance(20)) store.FailNextSync(random.Chance(50));
      DyingSource source(lines, random.Next() | 1, reads);
      const Ran ran = RunPipeline(rules, {&source}, options);
      Merge(ran.list, &order, &seen);
      done = ran.status.ok();
      store.Crash();
    }
    std::string all;
    for (const std::string& line : order) all += line;
    ASSERT_EQ(all, expected.alerts);
  }
}

TEST(RestartTest, ADamagedCheckpointIsRefusedByName) {
  MemoryStateStore store;
  StoreBatch batch;
  batch.Put(Family::kMeta, "checkpoint", "nonsense");
  ASSERT_TRUE(store.Write(batch, true).ok());
  PipelineOptions options = WithClosed();
  options.store = &store;

  const Ran ran = RunText(RulesOf(kManyRules), RandomLines(1, 10), options);

  EXPECT_EQ(ran.status.code(), absl::StatusCode::kDataLoss);
}

// Publishes new rules when the reads have come so far.
class PublishingSource : public MemorySource {
 public:
  using MemorySource::MemorySource;
  absl::StatusOr<ReadOutcome> Read(char* into, std::size_t capacity) override {
    if (--reads_left == 0) publish();
    return MemorySource::Read(into, capacity);
  }
  int reads_left = 0;
  std::function<void()> publish;
};

// Rules of the same meaning, published at any place: as if nothing had been.
TEST(PublishTest, StateOfUnchangedRulesStays) {
  const auto rules = RulesOf(kManyRules);
  const auto more =
      RulesOf(std::string("rule aaa { where door == \"none\" }") + kManyRules);
  for (const int workers : {1, 3}) {
    for (int reads = 1; reads < 40; reads += 3) {
      const std::string lines = RandomLines(reads, 200);
      const Ran expected = RunText(rules, lines);
      PublishingSource source({lines}, reads);
      source.reads_left = reads;
      PipelineOptions options = WithClosed();
      options.workers = workers;
      const Ran got =
          RunPipeline(rules, {&source}, options, [&](Pipeline* pipeline) {
            source.publish = [pipeline, more] { pipeline->Publish(more); };
          });
      ASSERT_EQ(got.alerts, expected.alerts);
    }
  }
}

// The gauge is what the shards hold, whatever a rule was called before.
TEST(PublishTest, KeysAreCountedAnewForNewRulesAndAfterARestart) {
  std::string first;
  for (int i = 0; i < 9; ++i)
    first += absl::StrFormat("{\"at\":%d,\"id\":\"e%d\",\"who\":\"u%d\"}\n",
                             1'000 + i, i, i);
  const std::string second = "{\"at\":1100,\"id\":\"y\",\"who\":\"u0\"}\n";
  const std::string third = "{\"at\":1200,\"id\":\"z\",\"who\":\"u0\"}\n";
  const auto rule = [](int count) {
    return RulesOf(absl::StrFormat(
        "rule r { by who when count() >= %d within 1h }", count));
  };
  PublishingSource source({first, second, third});
  source.reads_left = 3;  // The second file's; the third is the next chunk.
  const Ran ran =
      RunPipeline(rule(3), {&source}, WithClosed(), [&](Pipeline* pipeline) {
        source.publish = [&rule, pipeline] { pipeline->Publish(rule(4)); };
      });
  EXPECT_EQ(ran.counts.rules[0].keys, 1u);

  MemoryStateStore store;
  PipelineOptions options = WithClosed();
  options.store = &store;
  MemorySource before({first});
  EXPECT_EQ(RunPipeline(rule(3), {&before}, options).counts.rules[0].keys, 9u);
  MemorySource after({first});
  EXPECT_EQ(RunPipeline(rule(3), {&after}, options).counts.rules[0].keys, 9u);
}

TEST(PublishTest, TheNextChunkSeesTheNewRules) {
  PublishingSource source({"{\"at\":1000,\"door\":\"a\"}\n",
                           "{\"at\":2000,\"door\":\"a\"}\n",
                           "{\"at\":3000,\"door\":\"a\"}\n"});
  source.reads_left = 3;  // The second line's; the third is the next chunk.

  const Ran ran = RunPipeline(
      RulesOf("rule old { where door == \"a\" }"), {&source}, WithClosed(),
      [&](Pipeline* pipeline) {
        source.publish = [pipeline] {
          pipeline->Publish(RulesOf("rule new_one { where door == \"a\" }"));
        };
      });

  ASSERT_THAT(ran.list, SizeIs(3));
  EXPECT_EQ(ran.list[0].rule, "old");
  EXPECT_EQ(ran.list[2].rule, "new_one");
}

}  // namespace
}  // namespace tocsin
