// A test is a run of the engine: its events replayed give the same alerts, and
// restarts and reloads between them change none.
#include <algorithm>

#include "absl/strings/str_format.h"
#include "app/rule_tests/test_run.h"
#include "engine/match/match.h"
#include "engine/pipeline/pipeline.h"
#include "gtest/gtest.h"
#include "tests/testing/memory_source.h"
#include "tests/testing/random.h"
#include "tests/unit/app/rule_tests/testing_rules.h"

namespace tocsin {
namespace {

std::vector<std::string> Json(const std::vector<Alert>& alerts) {
  std::vector<std::string> out;
  for (const Alert& alert : alerts) {
    out.emplace_back();
    AppendJson(alert, &out.back());
  }
  return out;
}

// Some sends, far and near; with `between` in front of each.
std::string Statements(std::uint64_t seed, const std::string& between) {
  testing::Random random(seed);
  std::string out;
  std::int64_t at = 0;
  for (int i = 0; i < 30; ++i) {
    at += static_cast<std::int64_t>(random.Below(40));
    out += absl::StrFormat(
        "%s\nat %ds send failure x%d with sourceIPs = [\"192.0.2.%d\"]",
        between, at, 1 + random.Below(3), random.Below(3));
    if (random.Chance(30)) out += absl::StrFormat(" late %ds", random.Below(8));
    out += "\n";
  }
  return out + "expect alert {}\n";
}

TestOutcome PlayAll(const std::string& statements) {
  return testing::RunText(testing::kBurst +
                          "test \"t\" for burst, any_failure {\n" +
                          testing::kFailure + statements + "}\n");
}

TEST(ReplayPropertyTest, TheEventsOfATestReplayedGiveItsAlerts) {
  const auto checked = testing::CheckText(testing::kBurst);
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const TestOutcome outcome = PlayAll(Statements(seed, ""));
    ASSERT_GT(outcome.events.size(), 30u);
    std::string lines;
    for (const std::string& event : outcome.events) lines += event + "\n";
    testing::MemorySource source({lines});
    PipelineOptions options;
    options.key_seed = kReplayKeySeed;
    std::vector<Alert> alerts;
    Pipeline pipeline(options, dsl::Compile(checked.rules), {&source},
                      [&](std::span<const Alert> more) {
                        alerts.insert(alerts.end(), more.begin(), more.end());
                        return absl::OkStatus();
                      });
    ASSERT_TRUE(pipeline.Run().ok());
    EXPECT_EQ(Json(outcome.alerts), Json(alerts)) << "seed " << seed;
  }
}

TEST(ReplayPropertyTest, RestartsAndReloadsChangeNoAlert) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const auto plain = Json(PlayAll(Statements(seed, "")).alerts);
    EXPECT_EQ(Json(PlayAll(Statements(seed, "restart")).alerts), plain);
    EXPECT_EQ(Json(PlayAll(Statements(seed, "reload")).alerts), plain);
  }
}

}  // namespace
}  // namespace tocsin
