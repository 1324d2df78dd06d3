// The engine against the reference evaluator: generated schemas, rules and
// streams give identical alerts, for any split of the input and any number of
// workers. TOCSIN_SEED replays one case, TOCSIN_ROUNDS sets how many are tried.
#include <cstdlib>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "dsl/compile/compile.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/property/engine_run.h"
#include "tests/property/generators.h"
#include "tests/property/reference_evaluate.h"
#include "tests/testing/random.h"
#include "tests/testing/rule_text.h"

namespace tocsin::testing {
namespace {

// A generated case that the checker took.
struct Ready {
  GeneratedCase text;
  CheckedText checked;
  std::shared_ptr<const RuleSet> rules;
};

// nullopt when the checker refuses the text: drawn too wildly.
std::optional<Ready> Prepare(std::uint64_t seed, Order order,
                             std::int64_t lateness_us) {
  Ready out;
  out.text = GenerateCase(seed, order, lateness_us);
  out.checked = CheckText(out.text.rules);
  if (!out.checked.ok()) return std::nullopt;
  out.rules = dsl::Compile(out.checked.rules);
  return out;
}

std::string Describe(const Ready& ready, std::uint64_t seed) {
  return "TOCSIN_SEED=" + std::to_string(seed) + "\n" + ready.text.rules +
         "---- lines\n" + Join(ready.text.lines);
}

// Everything the engine told, ids too, as it left.
std::string Bytes(const EngineRun& run) {
  std::string out;
  for (const Alert& alert : run.alerts) AppendJson(alert, &out);
  for (const Alert& alert : run.internal) AppendJson(alert, &out);
  return out;
}

std::vector<std::string> Split(const std::vector<std::string>& lines,
                               Random* random) {
  std::vector<std::string> files(1);
  for (const std::string& line : lines) {
    if (random->Chance(15)) files.emplace_back();
    files.back() += line + "\n";
  }
  if (random->Chance(50) && !files.back().empty()) files.back().pop_back();
  return files;
}

// Lines and items that are no event. Which reason a hopeless line is given may
// differ between two readers of JSON.
std::uint64_t Dropped(const InputCounts& input) {
  return input.malformed + input.too_deep + input.not_an_object;
}
std::uint64_t Dropped(const reference::Reading& reading) {
  return reading.malformed + reading.too_deep + reading.not_an_object;
}

constexpr std::int64_t kLateness = 5'000'000;

struct Tally {
  int tried = 0, refused = 0;
  std::size_t alerts = 0, held = 0, disordered = 0;
};

void CompareRounds(Order order, int rounds, std::uint64_t first_seed) {
  const bool replay = std::getenv("TOCSIN_SEED") != nullptr;
  const std::uint64_t start = SeedOr(first_seed);
  Tally tally;
  for (std::uint64_t seed = start; tally.tried < (replay ? 1 : rounds);
       ++seed) {
    const std::optional<Ready> ready = Prepare(seed, order, kLateness);
    if (!ready) {
      ASSERT_LT(++tally.refused, 20 * rounds + 20)
          << CheckText(GenerateCase(seed, order, kLateness).rules).Errors()
          << GenerateCase(seed, order, kLateness).rules;
      continue;
    }
    ++tally.tried;
    PipelineOptions options;
    options.lateness_us = kLateness;
    const std::vector<std::string> files{Join(ready->text.lines)};
    const reference::Result expected =
        reference::Run(ready->checked.rules, files, {});
    const EngineRun got = RunEngine(ready->rules, files, options);
    ASSERT_TRUE(got.status.ok()) << got.status;
    EXPECT_EQ(Dropped(got.counts.input), Dropped(expected.reading))
        << Describe(*ready, seed);
    ASSERT_EQ(Differences(got, expected, ready->checked.rules), "")
        << Describe(*ready, seed);
    // An event that comes a quarter of an hour behind the clock is not
    // remembered: delivered twice it tells twice, under one id.
    std::set<std::string> ids;
    for (const Alert& alert : got.alerts) ids.insert(alert.id);
    if (order != Order::kWild) {
      ASSERT_EQ(ids.size(), got.alerts.size()) << Describe(*ready, seed);
    }
    tally.alerts += expected.alerts.size();
    for (const reference::Told& told : expected.alerts) {
      tally.held += told.alert.folded;
      tally.disordered += told.in_order ? 0 : 1;
    }
  }
  if (replay) return;
  // A property that never met an alert would prove nothing.
  EXPECT_GT(tally.alerts, static_cast<std::size_t>(rounds));
  EXPECT_GT(tally.held, 0u);
  EXPECT_EQ(tally.disordered > 0, order != Order::kInTime);
  ::testing::Test::RecordProperty("alerts", static_cast<int>(tally.alerts));
  ::testing::Test::RecordProperty("refused", tally.refused);
}

TEST(EnginePropertyTest, TellsWhatTheReferenceTellsForStreamsInTimeOrder) {
  CompareRounds(Order::kInTime, RoundsOr(150), 1);
}

TEST(EnginePropertyTest, TellsWhatTheReferenceTellsForAnyOrderInTheLateness) {
  CompareRounds(Order::kWithinLateness, RoundsOr(300), 100'001);
}

TEST(EnginePropertyTest, TellsWhatTheReferenceTellsAmongLateAndWildClocks) {
  CompareRounds(Order::kWild, RoundsOr(150), 200'001);
}

TEST(EnginePropertyTest, NoSplitOfReadsOrFilesChangesAByte) {
  const int rounds = RoundsOr(60);
  int tried = 0;
  for (std::uint64_t seed = SeedOr(300'001); tried < rounds; ++seed) {
    const std::optional<Ready> ready = Prepare(seed, Order::kWild, kLateness);
    if (!ready) continue;
    ++tried;
    const std::vector<std::string> whole{Join(ready->text.lines)};
    const std::string once = Bytes(RunEngine(ready->rules, whole, {}));
    EXPECT_EQ(once, Bytes(RunEngine(ready->rules, whole, {}, seed)))
        << Describe(*ready, seed);
    Random random(seed);
    const std::vector<std::string> files = Split(ready->text.lines, &random);
    EXPECT_EQ(once, Bytes(RunEngine(ready->rules, files, {}, seed + 1)))
        << Describe(*ready, seed);
  }
}

TEST(EnginePropertyTest, NoNumberOfWorkersChangesAByte) {
  const int rounds = RoundsOr(40);
  int tried = 0;
  for (std::uint64_t seed = SeedOr(400'001); tried < rounds; ++seed) {
    const std::optional<Ready> ready = Prepare(seed, Order::kWild, kLateness);
    if (!ready) continue;
    ++tried;
    const std::vector<std::string> files{Join(ready->text.lines)};
    PipelineOptions options;
    const std::string one =
        Bytes(RunEngine(ready->rules, files, options, seed));
    for (const int workers : {2, 8, 16}) {
      options.workers = workers;
      EXPECT_EQ(one, Bytes(RunEngine(ready->rules, files, options, seed)))
          << workers << " workers\n"
          << Describe(*ready, seed);
    }
  }
}

}  // namespace
}  // namespace tocsin::testing
