#include "app/profile/test_costs.h"

#include <algorithm>
#include <limits>

#include "engine/base/clock.h"
#include "engine/match/match.h"
#include "engine/program/index_plan.h"

namespace tocsin {
namespace {

constexpr std::size_t kTimedRows = 1'024;  // Of one test.
constexpr int kRuns = 3;
// Of one run: enough that a microsecond is little of it.
constexpr std::size_t kEvaluations = 4'096;

}  // namespace

TestCosts::TestCosts(const RuleSet* rules)
    : rules_(*rules),
      evaluator_(rules),
      tried_(rules->feeds.size()),
      tests_(rules->feeds.size()) {
  for (SchemaIndex& plan : PlanIndex(*rules)) {
    indexes_.emplace_back(rules, std::move(plan));
  }
}

void TestCosts::Measure(const Sample& sample) {
  SymbolTables symbols(rules_.projection);
  Matcher matcher(&rules_, &symbols, kReplayKeySeed);
  const std::unique_ptr<Extractor> extractor = MakeSimdjsonExtractor();
  MatchResult result;
  for (const std::string& chunk : sample.chunks()) {
    auto batch = std::make_unique<EventBatch>();
    ExtractChunk(chunk, rules_, &symbols, extractor.get(), batch.get());
    matcher.Match(batch.get(), &result);  // For schema and time of its rows.
    batches_.push_back(std::move(batch));
    Count(static_cast<std::uint32_t>(batches_.size() - 1));
  }
  for (auto& [test, of] : of_) Time(test, &of);
  batches_.clear();
}

void TestCosts::Count(std::uint32_t number) {
  EventBatch* const batch = batches_[number].get();
  for (std::uint32_t row = 0; row < batch->rows.size(); ++row) {
    const Row& of_row = batch->rows[row];
    if (of_row.fate != Fate::kEvent) continue;
    ++events_;
    if (of_row.schema == kNoSchema) continue;
    ++row_;
    evaluator_.Begin(batch, row);
    evaluator_.SetTime(of_row.time_us);
    CandidateIndex& index = indexes_[of_row.schema];
    for (const CandidateIndex::Candidate& candidate : index.Find(&evaluator_)) {
      ++tried_[candidate.feed];
      for (const ExprId test : index.Tests(candidate)) {
        Of& of = of_[test];
        ++of.asked;
        if (of.last_row != row_) {
          of.last_row = row_;
          ++of.rows;
          if (of.sample.size() < kTimedRows) of.sample.push_back({number, row});
        }
        TestCount& count = tests_[candidate.feed][test];
        ++count.evaluated;
        if (!evaluator_.Test(test)) break;
        ++count.passed;
      }
    }
  }
}

// Twice over the same events, with the test and without; the least of several.
void TestCosts::Time(ExprId test, Of* of) {
  double best[2] = {std::numeric_limits<double>::max(),
                    std::numeric_limits<double>::max()};
  std::uint64_t passed = 0;
  const std::size_t rows = std::max<std::size_t>(1, of->sample.size());
  const std::size_t rounds = std::max<std::size_t>(1, kEvaluations / rows);
  for (int run = 0; run < kRuns; ++run) {
    for (const bool with : {false, true}) {
      const std::int64_t start = RealClock()->SteadyMicros();
      for (std::size_t round = 0; round < rounds; ++round) {
        for (const auto& [batch, row] : of->sample) {
          evaluator_.Begin(batches_[batch].get(), row);
          evaluator_.SetTime(batches_[batch]->rows[row].time_us);
          if (with) passed += evaluator_.Test(test) ? 1 : 0;
        }
      }
      const double ns =
          1e3 * static_cast<double>(RealClock()->SteadyMicros() - start);
      best[with ? 1 : 0] = std::min(best[with ? 1 : 0], ns);
    }
  }
  static_cast<void>(passed);
  of->ns =
      std::max(0.0, best[1] - best[0]) / static_cast<double>(rows * rounds);
}

double TestCosts::ns(ExprId test) const {
  const auto found = of_.find(test);
  return found == of_.end() ? 0 : found->second.ns;
}

double TestCosts::share(ExprId test) const {
  const auto found = of_.find(test);
  if (found == of_.end() || found->second.asked == 0) return 0;
  return found->second.ns * static_cast<double>(found->second.rows) /
         static_cast<double>(found->second.asked);
}

}  // namespace tocsin
