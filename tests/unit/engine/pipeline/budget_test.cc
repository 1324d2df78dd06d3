// The state budget: a flood of keys gives way to itself, and to nobody else,
// the same whatever the workers and the chunks.
#include "engine/shard/budget.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/engine/pipeline/pipeline_run.h"

namespace tocsin {
namespace {

using ::testing::Gt;
using ::testing::Lt;
using testing::Ran;
using testing::RulesOf;
using testing::RunText;
using ::testing::SizeIs;

constexpr std::uint64_t kBudget = 1u << 20;
constexpr std::uint64_t kEvery = 8'192;  // No chunk has as many events.
constexpr int kFlood = 60'000;

constexpr const char* kRules =
    "rule flooded { severity high by who when count() >= 3 within 5h }\n"
    "rule whole { severity high by who keys <= 50000 "
    "when count() >= 3 within 5h }\n"
    "rule other { severity low by door when count() >= 1000 within 5h }\n";

std::string Line(std::int64_t ms, const std::string& who, int door) {
  return absl::StrFormat(
      R"({"at":%d,"id":"e%d","who":"%s","door":"d%d","ok":false})"
      "\n",
      ms, ms, who, door);
}

// Somebody at 2 of 3, then many others, then the third.
std::string Flood() {
  std::string lines = Line(1, "victim", 1) + Line(2, "victim", 1);
  for (int i = 0; i < kFlood; ++i) {
    lines += Line(10 + i, absl::StrFormat("w%d", i), i % 50);
  }
  return lines + Line(100 + kFlood, "victim", 1);
}

PipelineOptions Small(int workers) {
  PipelineOptions options = testing::WithClosed();
  options.workers = workers;
  options.state_bytes = kBudget;
  options.budget_events = kEvery;
  return options;
}

std::vector<std::string> OfVictim(const Ran& ran) {
  std::vector<std::string> rules;
  for (const Alert& alert : ran.list) {
    if (!alert.rule.starts_with("tocsin.")) rules.push_back(alert.rule);
  }
  std::sort(rules.begin(), rules.end());
  return rules;
}

TEST(BudgetTest, AFloodGivesWayToItself) {
  const Ran ran = RunText(RulesOf(kRules), Flood(), Small(1));

  ASSERT_TRUE(ran.status.ok()) << ran.status;
  EXPECT_THAT(OfVictim(ran), ::testing::Contains("flooded"));
  EXPECT_THAT(OfVictim(ran), ::testing::Contains("whole"));
  const std::vector<RuleTotals>& rules = ran.counts.rules;
  std::uint64_t bytes = 0;
  for (const RuleTotals& rule : rules) bytes += rule.bytes;
  // What two stretches between looks add comes on top.
  EXPECT_THAT(bytes, Lt(kBudget + 2 * kEvery * 2 * 80));
  EXPECT_THAT(bytes, Gt(kBudget / 2));
  for (const RuleTotals& rule : rules) {
    if (rule.name == "other") {
      EXPECT_EQ(rule.over_budget, 0u);
      EXPECT_EQ(rule.keys, 100u);  // Windows and holds.
    } else {
      EXPECT_THAT(rule.over_budget, Gt(10'000u)) << rule.name;
      EXPECT_THAT(rule.evictions, ::testing::Ge(rule.over_budget));
    }
  }
  EXPECT_THAT(ran.alerts, ::testing::HasSubstr("tocsin.state_budget"));
}

TEST(BudgetTest, WithoutOneAllIsKept) {
  PipelineOptions options = Small(1);
  options.state_bytes = 0;
  const Ran ran = RunText(RulesOf(kRules), Flood(), options);

  EXPECT_EQ(ran.counts.rules[0].over_budget, 0u);
  EXPECT_EQ(ran.counts.rules[0].keys, kFlood + 2u);  // One hold.
}

TEST(BudgetTest, WorkersAndReadsChangeNothing) {
  const auto rules = RulesOf(kRules);
  const std::string lines = Flood();
  const Ran one = RunText(rules, lines, Small(1));
  for (const int workers : {2, 3}) {
    for (const std::uint64_t seed : {0, 7}) {
      const Ran other = RunText(rules, lines, Small(workers), seed);
      EXPECT_EQ(other.alerts, one.alerts);
      for (std::size_t i = 0; i < one.counts.rules.size(); ++i) {
        EXPECT_EQ(other.counts.rules[i].bytes, one.counts.rules[i].bytes);
        EXPECT_EQ(other.counts.rules[i].over_budget,
                  one.counts.rules[i].over_budget);
      }
    }
  }
}

// What a deadline takes out of a window changes who goes next.
TEST(BudgetTest, KeysThatADeadlineChangedCanGo) {
  const auto rules = RulesOf(
      "rule sessions { by who keys <= 4 when max(at) >= 1 "
      "within session gap 20ms max 90ms then every }\n"
      "rule unanswered { by who keys <= 4 event a = not ok event b = ok "
      "when a then not b within 30ms }\n"
      "rule averaged { by who keys <= 4 when avg(at) >= 1_000_000 within 50ms "
      "}\n");
  std::string lines;
  // Two events a key, and their deadlines have passed when the next one comes.
  for (int i = 0; i < 500; ++i) {
    const std::string who = absl::StrFormat("w%d", i * i % 61);
    lines += Line(1 + i * 50, who, 1) + Line(2 + i * 50, who, 2);
  }
  PipelineOptions options = testing::WithClosed();
  options.lateness_us = 10'000;
  const Ran ran = RunText(rules, lines, options);

  ASSERT_TRUE(ran.status.ok()) << ran.status;
  for (const RuleTotals& rule : ran.counts.rules) {
    EXPECT_THAT(rule.keys, Lt(10u)) << rule.name;
    EXPECT_THAT(rule.keys, Gt(0u)) << rule.name;
  }
}

TEST(BudgetLevelTest, WhatIsLeftGoesToTheLargestAndWhatIsMissingComesFromThem) {
  EXPECT_EQ(BudgetLevel({100, 650}, 1'000), kNoBudget);
  EXPECT_EQ(BudgetLevel({100, 651}, 1'000), 651u + 249u);
  EXPECT_EQ(BudgetLevel({100, 900}, 1'000), 900u);
  EXPECT_EQ(BudgetLevel({100, 901}, 1'000), 900u);
  EXPECT_EQ(BudgetLevel({100, 5'000, 700}, 1'000), 450u);
  EXPECT_EQ(BudgetLevel({500, 500, 500}, 900), 300u);
}

}  // namespace
}  // namespace tocsin
