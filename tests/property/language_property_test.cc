// Each construct of the language, engine against reference evaluator, over
// short streams in any order; what a late event changes in a rule that looks at
// it is not compared. A failure prints the fewest events that still differ.
// TOCSIN_SEED replays one case, TOCSIN_ROUNDS sets how many are tried.
#include <cstdlib>
#include <string>
#include <vector>

#include "dsl/compile/compile.h"
#include "gtest/gtest.h"
#include "tests/property/engine_run.h"
#include "tests/property/exact_case.h"
#include "tests/property/generators.h"
#include "tests/testing/rule_text.h"

namespace tocsin::testing {
namespace {

constexpr std::int64_t kLateness = 5'000'000;

std::string LinesOf(const std::vector<TimedEvent>& events) {
  std::vector<CaseEvent> plain;
  for (const TimedEvent& event : events) {
    plain.push_back({static_cast<double>(event.us) / 1e6, event.members});
  }
  const std::vector<std::string> lines = Lines(plain);
  std::string out;
  for (std::size_t i = 0; i < events.size(); ++i) {
    out += lines[i] + "\n";
    if (events[i].twice) out += lines[i] + "\n";
  }
  return out;
}

std::string Bytes(const EngineRun& run) {
  std::string out;
  for (const Alert& alert : run.alerts) AppendJson(alert, &out);
  return out;
}

class Comparison {
 public:
  explicit Comparison(const std::string& rules)
      : checked_(CheckText(CaseSchema() + rules)) {
    if (checked_.ok()) program_ = dsl::Compile(checked_.rules);
  }

  bool ok() const { return checked_.ok(); }
  std::string Errors() const { return checked_.Errors(); }

  // How the two differ on these events; empty when they agree.
  std::string Run(const std::vector<TimedEvent>& events) {
    const std::vector<std::string> files{LinesOf(events)};
    PipelineOptions options;
    options.lateness_us = kLateness;
    const reference::Result expected =
        reference::Run(checked_.rules, files, {});
    alerts = expected.alerts.size();
    if (OnlyReference()) return "";
    const EngineRun got = RunEngine(program_, files, options);
    if (!got.status.ok()) return "the engine failed";
    return Differences(got, expected, checked_.rules);
  }

  // Whether several workers tell the same, ids too.
  bool SameForWorkers(const std::vector<TimedEvent>& events) {
    const std::vector<std::string> files{LinesOf(events)};
    PipelineOptions options;
    options.lateness_us = kLateness;
    const std::string one = Bytes(RunEngine(program_, files, options));
    options.workers = 3;
    return one == Bytes(RunEngine(program_, files, options, 7));
  }

  std::size_t alerts = 0;

 private:
  CheckedText checked_;
  std::shared_ptr<const RuleSet> program_;
};

// Drops events, one at a time, as long as the two still differ.
std::vector<TimedEvent> Shrink(Comparison* comparison,
                               std::vector<TimedEvent> events) {
  for (bool shrunk = true; shrunk;) {
    shrunk = false;
    for (std::size_t i = events.size(); i-- > 0 && events.size() > 1;) {
      std::vector<TimedEvent> fewer = events;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
      if (comparison->Run(fewer).empty()) continue;
      events = std::move(fewer);
      shrunk = true;
    }
  }
  return events;
}

std::string Describe(Comparison* comparison, const LanguageCase& made,
                     std::uint64_t seed) {
  const std::vector<TimedEvent> events = Shrink(comparison, made.events);
  return "TOCSIN_SEED=" + std::to_string(seed) + "\n" + made.rules +
         LinesOf(events) + comparison->Run(events);
}

void Compare(Construct construct, std::uint64_t first_seed) {
  const bool replay = std::getenv("TOCSIN_SEED") != nullptr;
  const int rounds = replay ? 1 : RoundsOr(500);
  std::size_t alerts = 0;
  int tried = 0, refused = 0;
  for (std::uint64_t seed = SeedOr(first_seed); tried < rounds; ++seed) {
    const LanguageCase made = GenerateLanguageCase(seed, construct, kLateness);
    Comparison comparison(made.rules);
    if (!comparison.ok()) {
      ASSERT_LT(++refused, rounds) << made.rules << comparison.Errors();
      continue;
    }
    ++tried;
    ASSERT_EQ(comparison.Run(made.events), "")
        << Describe(&comparison, made, seed);
    alerts += comparison.alerts;
    if (seed % 16 == 0 && !OnlyReference()) {
      ASSERT_TRUE(comparison.SameForWorkers(made.events))
          << Describe(&comparison, made, seed);
    }
  }
  // A property that never met an alert would prove nothing.
  if (!replay) {
    EXPECT_GT(alerts, static_cast<std::size_t>(rounds / 10));
  }
  ::testing::Test::RecordProperty("alerts", static_cast<int>(alerts));
  ::testing::Test::RecordProperty("refused", refused);
}

TEST(LanguagePropertyTest, AfterFiring) {
  Compare(Construct::kAfterFiring, 1'000'001);
}
TEST(LanguagePropertyTest, Sequences) {
  Compare(Construct::kSequence, 2'000'001);
}
TEST(LanguagePropertyTest, SequencesThatCompareFields) {
  Compare(Construct::kWhere, 3'000'001);
}
TEST(LanguagePropertyTest, SequencesWithout) {
  Compare(Construct::kWithout, 4'000'001);
}
TEST(LanguagePropertyTest, OneThenNotTheOther) {
  Compare(Construct::kThenNot, 5'000'001);
}
TEST(LanguagePropertyTest, NotTheOneThenTheOther) {
  Compare(Construct::kNotThen, 6'000'001);
}
TEST(LanguagePropertyTest, PartsInAnyOrder) {
  Compare(Construct::kParts, 7'000'001);
}
TEST(LanguagePropertyTest, FirstSeen) { Compare(Construct::kNew, 8'000'001); }
TEST(LanguagePropertyTest, Silence) { Compare(Construct::kSilent, 9'000'001); }
TEST(LanguagePropertyTest, Sums) { Compare(Construct::kSum, 10'000'001); }
TEST(LanguagePropertyTest, TestsOverAggregates) {
  Compare(Construct::kTest, 11'000'001);
}
TEST(LanguagePropertyTest, WindowsThatDoNotSlide) {
  Compare(Construct::kWindow, 12'000'001);
}
TEST(LanguagePropertyTest, JoinedConditions) {
  Compare(Construct::kJoined, 13'000'001);
}

}  // namespace
}  // namespace tocsin::testing
