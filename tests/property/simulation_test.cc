// Whatever order the steps take, wherever the process dies, and however the
// sources were merged, every alert of that merge reaches the sink, under one
// id, as if nothing had been.
//
// TOCSIN_SEED=n runs that seed alone; TOCSIN_SIMULATIONS=n so many.
#include "tests/property/simulation.h"

#include <cstdlib>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/engine/pipeline/pipeline_run.h"

namespace tocsin {
namespace {

using testing::EventShape;
using testing::kManyRules;
using testing::Random;
using testing::RandomStreams;
using testing::Simulation;
using testing::SimulationEnd;
using testing::WithRulesOverAlerts;

constexpr int kShares = 4;
constexpr std::uint64_t kSimulations = 10'000;
// Of the budget: each is far longer.
constexpr std::uint64_t kBudgetSimulations = 200;

SimulationEnd& operator+=(SimulationEnd& all, const SimulationEnd& one) {
  all.lives += one.lives;
  all.alerts += one.alerts;
  all.over_budget += one.over_budget;
  return all;
}

// So many of them, or the one that was asked for.
template <typename Run>
SimulationEnd Share(std::uint64_t share, std::uint64_t count, const Run& run) {
  if (const char* const one = std::getenv("TOCSIN_SEED")) {
    return run(std::strtoull(one, nullptr, 10));
  }
  if (const char* const many = std::getenv("TOCSIN_SIMULATIONS")) {
    count = std::strtoull(many, nullptr, 10) * count / kSimulations;
  }
  SimulationEnd all;
  for (std::uint64_t seed = share; seed < count; seed += kShares) {
    all += run(seed);
    if (::testing::Test::HasFailure()) break;
  }
  return all;
}

class SimulationTest : public ::testing::TestWithParam<int> {};

TEST_P(SimulationTest, NothingIsLostAndNothingIsTwoThings) {
  Share(GetParam(), kSimulations, [](std::uint64_t seed) {
    Random random(seed);
    Simulation simulation;
    simulation.seed = random.Next();
    simulation.rules =
        seed % 2 == 0 ? std::string(kManyRules) : WithRulesOverAlerts();
    simulation.streams = RandomStreams(EventShape(), &random);
    SCOPED_TRACE(absl::StrFormat("TOCSIN_SEED=%d", seed));
    return Simulate(simulation);
  });
}

// Rules that live whole and rules that are spread, with keys of every kind:
// whoever has to forget has to forget the same after a crash.
constexpr char kRulesOfBudget[] = R"(
rule fresh { by who when new(door) within 20s learn 2s }
rule fresh_elsewhere { by who, door when count() >= 1 within 9s
  and new(ok) within 9s learn 1s }
rule averaged { by who when avg(at) >= 1 within 12s then once per 5s }
rule hopped { by who when count() >= 3 within 12s hopping 4s then every }
rule sessions { by who when count() >= 3 and max(at) >= 1
  within session gap 2s max 9s then every }
rule bounded { where not ok by who keys <= 60 when count() >= 2 within 30s
  then once per 9s collect door as seen alert "{who} {seen}" }
)";

TEST_P(SimulationTest, ABudgetForgetsTheSame) {
  const SimulationEnd all =
      Share(GetParam(), kBudgetSimulations, [](std::uint64_t seed) {
        Random random(seed);
        Simulation simulation;
        simulation.seed = random.Next();
        simulation.rules =
            (seed % 2 == 0 ? std::string(kManyRules) : WithRulesOverAlerts()) +
            kRulesOfBudget;
        simulation.streams = RandomStreams(
            EventShape{300, 700, 20 + random.Below(200), 9, 60}, &random);
        simulation.state_bytes = 10'000 + random.Below(60'000);
        SCOPED_TRACE(absl::StrFormat("TOCSIN_SEED=%d", seed));
        return Simulate(simulation);
      });
  EXPECT_GE(all.over_budget, all.lives / 20) << "the budget was out of reach";
}

INSTANTIATE_TEST_SUITE_P(Shares, SimulationTest, ::testing::Range(0, kShares));

}  // namespace
}  // namespace tocsin
