// Which tests of which rules a sample of events evaluates, as the matcher does,
// how many pass, and what one evaluation takes.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "app/profile/sample.h"
#include "engine/match/candidate_index.h"
#include "engine/match/evaluator.h"
#include "engine/program/rule_set.h"

namespace tocsin {

struct TestCount {
  std::uint64_t evaluated = 0, passed = 0;
};

class TestCosts {
 public:
  // `rules` outlives it.
  explicit TestCosts(const RuleSet* rules);

  // Walks the sample once for the counts, then times each test on events that
  // it was evaluated on.
  void Measure(const Sample& sample);

  std::uint64_t events() const { return events_; }
  // Events that the index left to the feed, and what its tests said of them.
  std::uint64_t tried(std::size_t feed) const { return tried_[feed]; }
  const absl::flat_hash_map<ExprId, TestCount>& tests(std::size_t feed) const {
    return tests_[feed];
  }
  // Nanoseconds of one evaluation on an event that nothing was asked of yet.
  double ns(ExprId test) const;
  // The part of them that a rule pays when several ask the same of an event.
  double share(ExprId test) const;

 private:
  struct Of {
    std::uint64_t asked = 0, rows = 0;
    std::uint64_t last_row = 0;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> sample;
    double ns = 0;
  };
  void Count(std::uint32_t batch);
  void Time(ExprId test, Of* of);

  const RuleSet& rules_;
  std::vector<CandidateIndex> indexes_;
  Evaluator evaluator_;
  std::vector<std::unique_ptr<EventBatch>> batches_;
  std::vector<std::uint64_t> tried_;
  std::vector<absl::flat_hash_map<ExprId, TestCount>> tests_;
  absl::flat_hash_map<ExprId, Of> of_;
  std::uint64_t events_ = 0, row_ = 0;
};

}  // namespace tocsin
